"""Into the pool by hand: an owner gives records back, a manager or whoever runs the pool puts some in.

Also the lock, which keeps a record with its owner whatever the rules say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from keqiao.access.rights import Action
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.due import RULES
from keqiao.customers.pool.known import home_pool, is_administrator, known, pools_of
from keqiao.customers.pool.models import PoolMove
from keqiao.customers.pool.moving import Moved, into_pool, on_behalf_of
from keqiao.customers.pool.refusal import PoolRefusal
from keqiao.records.drafts import Draft, Saved
from keqiao.records.query import records
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool
    from keqiao.records.drafts import Source


def pools_to_release_into(access: Access, declared: ObjectType) -> list[Pool]:
    """Return the pools a person may give records to: the own home first, then others he is in."""
    home = home_pool(declared, access.user_id)
    found = [home] if home is not None and home.is_active else []
    others = pools_of(access, declared)
    if access.is_administrator:
        others = [pool for pool in known().pools.values() if pool.object_key == declared.key]
    return found + [pool for pool in others if pool.is_active and pool not in found]


def release(
    access: Access, pool: Pool, ids: Sequence[int], reason: str, *, source: Source
) -> Moved:
    """Give records back to the pool, with the reason the next one will read."""
    declared = object_type(pool.object_key)
    reason = " ".join(reason.split())[:200]
    if pool not in pools_to_release_into(access, declared):
        raise PoolRefusal(
            _("You cannot return records into this pool. Please choose one of yours."), "pool"
        )
    if pool.needs_reason and not reason:
        raise PoolRefusal(_("Please say why: the next colleague will want to know."), "reason")
    wanted = sorted(set(ids))
    with transaction.atomic():
        reach = records(access, declared, Action.CHANGE).filter(pk__in=wanted, pool__isnull=True)
        mine = list(reach.order_by("pk").select_for_update(of=("self",)))
        refused = {
            pk: _("It is in a pool already, or you may not change it.")
            for pk in set(wanted) - {row.pk for row in mine}
        }
        rows = []
        for row in mine:
            if row.pool_locked and not is_administrator(access, pool):  # type: ignore[attr-defined]
                refused[row.pk] = _(
                    "It is locked against return. Whoever runs the pool can unlock it."
                )
            else:
                rows.append(row)
        acting = on_behalf_of(
            access,
            _("Returned to the pool “%(pool)s”: %(reason)s")
            % {"pool": pool.name, "reason": reason or "—"},
        )
        what = PoolMove.What.RELEASED
        moved = into_pool(
            acting, declared, pool, rows, {row.pk: reason for row in rows}, what=what, source=source
        )
    moved.refused |= refused
    return moved


def move(
    access: Access, source_pool: Pool, target: Pool, ids: Sequence[int], *, source: Source
) -> Moved:
    """Take records from one pool into another; for those who run both."""
    if target.object_key != source_pool.object_key or not (
        is_administrator(access, source_pool) and is_administrator(access, target)
    ):
        raise PoolRefusal(
            _("Only somebody who runs both pools may move records between them."), "forbidden"
        )
    declared = object_type(source_pool.object_key)
    with transaction.atomic():
        inside = records(RULES, declared).filter(pool_id=source_pool.pk, pk__in=sorted(set(ids)))
        rows = list(inside.order_by("pk").select_for_update(of=("self",)))
        acting = on_behalf_of(
            access,
            _("Moved from the pool “%(from)s” to “%(to)s”")
            % {"from": source_pool.name, "to": target.name},
        )
        reasons = {row.pk: row.pool_reason for row in rows}  # type: ignore[attr-defined]
        return into_pool(
            acting, declared, target, rows, reasons, what=PoolMove.What.ADDED, source=source
        )


# --- the lock ----------------------------------------------------------------------------------------


def may_lock(access: Access, declared: ObjectType, owner_id: int | None) -> bool:
    """Tell whether this person may keep records out of the rules: whoever runs the owner's pool."""
    home = home_pool(declared, owner_id)
    return home is not None and is_administrator(access, home)


def set_lock(
    access: Access,
    declared: ObjectType,
    ids: Sequence[int],
    *,
    locked: bool,
    source: Source,
) -> Moved:
    """Lock records against return, or let the rules have them again."""
    wanted = sorted(set(ids))
    with transaction.atomic():
        reach = records(access, declared).filter(pk__in=wanted, pool__isnull=True)
        rows = [
            row
            for row in reach.order_by("pk").select_for_update(of=("self",))
            if may_lock(access, declared, row.owner_id)  # type: ignore[attr-defined]
        ]
        moved = Moved()
        refusal = _("Only those who run the pool of its owner may lock or unlock it.")
        moved.refused = dict.fromkeys(set(wanted) - {row.pk for row in rows}, refusal)
        reason = _("Locked against return") if locked else _("Unlocked for return")
        drafts = [Draft({}, record_id=row.pk, settled={"pool_locked": locked}) for row in rows]
        outcomes = save_records(
            on_behalf_of(access, reason), declared, drafts, source=source, allow_duplicates=True
        )
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, Saved):
                moved.done.append(row.pk)
            else:
                moved.refused[row.pk] = refusal
    return moved
