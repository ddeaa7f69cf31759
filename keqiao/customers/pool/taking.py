"""The pool as a taker: new records made straight into it, and what a leaving colleague held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.customers.pool.known import known
from keqiao.customers.pool.models import PoolMove
from keqiao.customers.pool.pooled import can_be_pooled
from keqiao.customers.pool.refusal import PoolRefusal
from keqiao.customers.pool.release import pools_to_release_into, release
from keqiao.records.derived import register_derivation
from keqiao.records.drafts import Problem, Rejected
from keqiao.records.handing_over import HandedOver
from keqiao.records.takers import Taker, register_taker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch, Item
    from keqiao.records.derived import Written
    from keqiao.records.drafts import Source
    from keqiao.records.handing_over import Handover


def register() -> None:
    register_taker(Taker("pool", gettext_lazy("Pool"), _offered, _give, _named, keep=_put_new_into))
    register_derivation(_note_new)


def _offered(access: Access, declared: ObjectType) -> list[tuple[int, str]]:
    if not can_be_pooled(declared):
        return []
    return [(pool.pk, pool.name) for pool in pools_to_release_into(access, declared)]


def _named(_access: Access, number: int) -> str:
    pool = known().pools.get(number)
    return _("the pool “%(pool)s”") % {"pool": pool.name} if pool else _("a pool that is gone")


def _give(
    access: Access,
    _declared: ObjectType,
    ids: Sequence[int],
    number: int,
    _handover: Handover,
    source: Source,
) -> HandedOver:
    """Return records to the pool; contacts go along and shares end, as with every return."""
    reason = source.note or _("The owner has left the company")
    result = HandedOver()
    try:
        moved = release(access, known().pools[number], ids, reason, source=source)
    except (KeyError, PoolRefusal) as refusal:
        text = getattr(refusal, "message", _("Please choose one of the pools offered."))
        result.refused = {pk: Rejected([Problem("owner", text, "pool")]) for pk in ids}
        return result
    result.done = moved.done
    result.refused = {
        pk: Rejected([Problem("owner", text, "pool")]) for pk, text in moved.refused.items()
    }
    return result


# --- new records -------------------------------------------------------------------------------------


def _put_new_into(batch: Batch, item: Item, number: int) -> None:
    given = {"pool_id": number, "pooled_at": batch.at, "pool_reason": batch.source.note}
    for name, value in given.items():
        (item.values if name in batch.fields else item.columns)[name] = value


def _note_new(written: Written) -> None:
    """Keep a line of each record that was made in a pool; the pool's own moves keep theirs."""
    if written.what != "saved" or not written.created or not can_be_pooled(written.object_type):
        return
    rows: list[Any] = [row for row in written.records if row.pk in written.created]
    PoolMove.objects.bulk_create(
        PoolMove(
            pool_id=row.pool_id,
            object_key=written.object_type.key,
            record_id=row.pk,
            what=PoolMove.What.ADDED,
            actor_id=written.access.user_id,
            at=row.pooled_at,
        )
        for row in rows
        if row.pool_id
    )
