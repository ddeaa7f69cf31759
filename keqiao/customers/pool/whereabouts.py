"""Says of a record out of reach that it lies in a pool, without telling what the pool hides."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from keqiao.access.rights import Action
from keqiao.customers.pool.due import RULES
from keqiao.customers.pool.known import known, lens_of, pools_of
from keqiao.customers.pool.pooled import can_be_pooled
from keqiao.records.places import Place, register_locator
from keqiao.records.present import titles_of
from keqiao.records.query import records

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool


def register() -> None:
    register_locator(_locate)


def _locate(access: Access, declared: ObjectType, ids: set[int]) -> dict[int, Place]:
    if not can_be_pooled(declared) or not known().pools or not ids:
        return {}
    if not access.can(Action.VIEW, declared):
        return {}
    mine = {pool.pk: pool for pool in pools_of(access, declared)}
    pooled = records(RULES, declared).filter(pk__in=ids, pool__isnull=False)
    inside: dict[int, list[int]] = defaultdict(list)
    for pk, number in pooled.values_list("pk", "pool_id"):
        inside[number].append(pk)
    found = {}
    for number, numbers in inside.items():
        pool = mine.get(number)
        if pool is None:
            found.update(dict.fromkeys(numbers, _elsewhere(declared)))
        else:
            found.update(_in_pool(access, declared, pool, numbers))
    return found


def _elsewhere(declared: ObjectType) -> Place:
    """Return what is said to who may not look into the pool: not even which one it is."""
    return Place(
        _("It lies in a pool you are not a member of. Please ask your manager for it."),
        name=_("(%(thing)s in a pool)") % {"thing": declared.label},
    )


def _in_pool(
    access: Access, declared: ObjectType, pool: Pool, numbers: list[int]
) -> dict[int, Place]:
    """Name records as the list of the pool does, or by the pool where it hides their names."""
    lens = lens_of(access, pool)
    text = _("In the pool “%(pool)s”.") % {"pool": pool.name}
    if pool.is_active:
        text = _("In the pool “%(pool)s”: you can claim it there.") % {"pool": pool.name}
    titles: dict[int, str] = {}
    if lens.fields(declared).is_readable(declared.title):
        titles = titles_of(lens, declared, numbers)
    found = {}
    for pk in numbers:
        address = f"/pool/{pool.pk}/{pk}/"
        is_named = pk in titles
        found[pk] = Place(
            text,
            address if pool.is_active else "",
            titles.get(pk) or _("(in the pool “%(pool)s”)") % {"pool": pool.name},
            address if is_named else f"/pool/{pool.pk}/",
        )
    return found
