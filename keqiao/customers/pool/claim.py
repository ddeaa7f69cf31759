"""Out of the pool: a member claims records, whoever runs the pool assigns them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.base.clock import now, today
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.due import RULES
from keqiao.customers.pool.known import is_administrator, is_member, lens_of, may_hold
from keqiao.customers.pool.limits import (
    check_claims,
    check_room,
    lock_person,
    still_cooling,
    still_fresh,
)
from keqiao.customers.pool.models import PoolMove
from keqiao.customers.pool.moving import Moved, on_behalf_of, out_of_pool
from keqiao.customers.pool.refusal import PoolRefusal
from keqiao.records.query import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model

    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool
    from keqiao.records.drafts import Source

MOST_AT_ONCE = 200
_JUST_NOW = timedelta(hours=1)


def claim(access: Access, pool: Pool, ids: Sequence[int], *, source: Source) -> Moved:
    """Make the person the owner of pooled records.

    Limits refuse the wish as a whole (`PoolRefusal`); a record that cannot be had is named with
    the reason, and the others are claimed.
    """
    declared = _checked_pool(access, pool, ids)
    if access.user_id is None or not may_hold(access, declared):
        raise PoolRefusal(_cannot_hold(declared), "forbidden")
    wanted = sorted(set(ids))
    with transaction.atomic():
        lock_person(access.user_id)
        check_claims(pool, access.user_id, len(wanted))
        check_room(declared, access.user_id, len(wanted), own=True)
        rows, refused = _claimable(access, declared, pool, wanted)
        acting = on_behalf_of(access, _("Claimed from the pool “%(pool)s”") % {"pool": pool.name})
        moved = out_of_pool(
            acting, declared, pool, rows, access.user_id, what=PoolMove.What.CLAIMED, source=source
        )
    moved.refused |= refused
    return moved


def _checked_pool(access: Access, pool: Pool, ids: Sequence[int]) -> ObjectType:
    if not (pool.is_active and is_member(access, pool)):
        raise PoolRefusal(_not_a_member(pool), "not_a_member")
    if not 0 < len(set(ids)) <= MOST_AT_ONCE:
        raise PoolRefusal(
            _("Please choose between 1 and %(most)s records.") % {"most": MOST_AT_ONCE}, "count"
        )
    return object_type(pool.object_key)


def _not_a_member(pool: Pool) -> str:
    return _(
        "You are not a member of this pool, or it is closed. Please ask an administrator to let"
        " you in."
    )


def _cannot_hold(declared: ObjectType) -> str:
    return _(
        "Your role lets you have no %(objects)s of your own, so you cannot claim any. Please ask"
        " an administrator."
    ) % {"objects": declared.label_plural}


def _claimable(
    access: Access, declared: ObjectType, pool: Pool, wanted: list[int]
) -> tuple[list[Model], dict[int, str]]:
    """Lock what still lies in the pool and may be had by this person; say why of the others."""
    rows: list[Model] = []
    refused: dict[int, str] = {}
    found = {row.pk: row for row in _locked_in_pool(declared, pool, wanted)}
    for pk in wanted:
        row = found.get(pk)
        if row is None:
            refused[pk] = _gone(access, pool, pk)
        elif reason := why_not(access, pool, row):
            refused[pk] = reason
        else:
            rows.append(row)
    return rows, refused


def _locked_in_pool(declared: ObjectType, pool: Pool, ids: Sequence[int]) -> list[Model]:
    # The condition is asked again once the lock is held: of fifty who wait for one, one finds it.
    in_pool = records(RULES, declared).filter(Q(pool_id=pool.pk), pk__in=ids)
    return list(in_pool.order_by("pk").select_for_update(of=("self",)))


def why_not(access: Access, pool: Pool, row: Model) -> str:
    """Return why this person cannot have a pooled record yet; empty: it can be claimed."""
    if is_administrator(access, pool):
        return ""
    previous, since = row.previous_owner_id, row.pooled_at  # type: ignore[attr-defined]
    cooling = still_cooling(pool, previous, since, access.user_id or 0)
    if cooling:
        return _(
            "You were its owner until it came into the pool. Colleagues come first: you can claim it"
            " again from %(day)s."
        ) % {"day": _in_days(cooling)}
    fresh = still_fresh(pool, since)
    if fresh:
        return _("It has only just come into the pool. It can be claimed from %(day)s.") % {
            "day": _in_days(fresh)
        }
    return ""


def _in_days(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


def _gone(access: Access, pool: Pool, record_id: int) -> str:
    """Say who was quicker, if it lay in this very pool a moment ago; nothing about other records."""
    moves = PoolMove.objects.filter(
        pool=pool, object_key=pool.object_key, record_id=record_id, at__gte=now() - _JUST_NOW
    )
    last = moves.order_by("-pk").first()
    if last is not None and last.to_id:
        name = access.person_name(last.to_id)
        return _("%(name)s was quicker: it has just left the pool. Please choose another.") % {
            "name": name
        }
    return _("It is no longer in this pool. Please choose another.")


def assign(
    access: Access, pool: Pool, ids: Sequence[int], user_id: int, *, source: Source
) -> Moved:
    """Give pooled records to a colleague; for those who run the pool. Limits of claims do not count."""
    if not is_administrator(access, pool):
        raise PoolRefusal(
            _("Only those who run this pool may assign its records to others."), "forbidden"
        )
    declared = _checked_pool(access, pool, ids)
    taker = User.objects.filter(pk=user_id, is_active=True).first()
    if taker is None:
        raise PoolRefusal(_("Please choose a colleague from the suggestions."), "taker")
    if not may_hold(Access.for_user(taker), declared):
        text = _(
            "The role of %(name)s lets nobody own %(objects)s. Please choose another colleague."
        )
        given = {"name": taker.name, "objects": declared.label_plural}
        raise PoolRefusal(text % given, "taker")
    wanted = sorted(set(ids))
    with transaction.atomic():
        lock_person(taker.pk)
        check_room(declared, taker.pk, len(wanted), own=taker.pk == access.user_id)
        rows = _locked_in_pool(declared, pool, wanted)
        refused = {pk: _gone(access, pool, pk) for pk in set(wanted) - {row.pk for row in rows}}
        acting = on_behalf_of(access, _("Assigned from the pool “%(pool)s”") % {"pool": pool.name})
        moved = out_of_pool(
            acting, declared, pool, rows, taker.pk, what=PoolMove.What.ASSIGNED, source=source
        )
    moved.refused |= refused
    return moved


def titles_in_pool(access: Access, pool: Pool, ids: Sequence[int]) -> dict[int, str]:
    """Return what pooled records are called, for messages; hidden names stay hidden."""
    from keqiao.records.present import titles_of

    declared = object_type(pool.object_key)
    return titles_of(lens_of(access, pool), declared, ids)
