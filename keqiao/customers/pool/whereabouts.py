"""Says of a duplicate that it lies in a pool, and what to do, without telling what the pool hides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from keqiao.customers.pool.due import RULES
from keqiao.customers.pool.known import known, pools_of
from keqiao.customers.pool.pooled import can_be_pooled
from keqiao.records.duplicates import Place, register_locator
from keqiao.records.query import records

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType


def register() -> None:
    register_locator(_locate)


def _locate(access: Access, declared: ObjectType, ids: set[int]) -> dict[int, Place]:
    if not can_be_pooled(declared) or not known().pools or not ids:
        return {}
    mine = {pool.pk: pool for pool in pools_of(access, declared)}
    pooled = records(RULES, declared).filter(pk__in=ids, pool__isnull=False)
    found = {}
    for pk, number in pooled.values_list("pk", "pool_id"):
        pool = mine.get(number)
        if pool is None:
            text = _("It lies in a pool you are not a member of. Please ask your manager for it.")
            found[pk] = Place(text)
        elif pool.is_active:
            text = _("In the pool “%(pool)s”: you can claim it there.") % {"pool": pool.name}
            found[pk] = Place(text, f"/pool/{pool.pk}/{pk}/")
        else:
            found[pk] = Place(_("In the pool “%(pool)s”.") % {"pool": pool.name})
    return found
