"""The one way records go into a pool and out of it: owner, what follows the record, shares, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from keqiao.access.access import Access, Actor
from keqiao.access.models import Collaborator
from keqiao.base.clock import now
from keqiao.catalog.registry import object_types
from keqiao.customers.pool.models import PoolMove
from keqiao.records.drafts import Draft, Saved, Source
from keqiao.records.query import records
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model

    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool

BELOW_AT_ONCE = 500


@dataclass
class Moved:
    """What became of a wish: records done, and for each of the others why not."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def on_behalf_of(access: Access, reason: str) -> Access:
    """Return the product acting on this person's word: the log names both the person and why.

    The verbs here have checked what the person may do; the records lie out of anybody's reach.
    """
    return Access(
        Actor("system", access.user_id, access.actor.name, reason=reason[:200]),
        department_id=access.department_id,
        is_administrator=True,
    )


def into_pool(
    access: Access,
    declared: ObjectType,
    pool: Pool,
    rows: Sequence[Model],
    reasons: dict[int, str],
    *,
    what: PoolMove.What,
    source: Source,
    at: datetime | None = None,
) -> Moved:
    """Put locked rows into the pool: nobody owns them, nobody was let in to them any more."""
    at = at or now()
    drafts = [
        Draft(
            {"owner": None, "team": None},
            record_id=row.pk,
            settled={
                "pool_id": pool.pk,
                "pooled_at": at,
                "pool_reason": reasons.get(row.pk, "")[:200],
                "previous_owner": row.owner_id or row.previous_owner_id,  # type: ignore[attr-defined]
                "pool_locked": False,
                "returns_on": None,
            },
        )
        for row in rows
    ]
    moved = _save(access, declared, rows, drafts, source)
    _end_shares(declared, moved.done)
    _take_along(access, declared, moved.done, None, source)
    _note_moves(access, declared, pool, rows, moved.done, what, None, reasons)
    return moved


def out_of_pool(
    access: Access,
    declared: ObjectType,
    pool: Pool,
    rows: Sequence[Model],
    owner_id: int,
    *,
    what: PoolMove.What,
    source: Source,
) -> Moved:
    """Hand locked rows of the pool to a person; their follow-up clock starts now."""
    drafts = [Draft({"owner": owner_id}, record_id=row.pk, settled=left_pool()) for row in rows]
    moved = _save(access, declared, rows, drafts, source)
    _take_along(access, declared, moved.done, owner_id, source)
    _note_moves(access, declared, pool, rows, moved.done, what, owner_id, {})
    return moved


def left_pool() -> dict[str, Any]:
    """Return the columns of a record that has just left a pool."""
    return {
        "pool_id": None, "pooled_at": None, "pool_reason": "", "claimed_at": now(),
        "pool_locked": False,
    }  # fmt: skip


def _save(
    access: Access,
    declared: ObjectType,
    rows: Sequence[Model],
    drafts: list[Draft],
    source: Source,
) -> Moved:
    moved = Moved()
    outcomes = save_records(access, declared, drafts, source=source, allow_duplicates=True)
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, Saved):
            moved.done.append(row.pk)
        else:
            problems = getattr(outcome, "problems", ())
            moved.refused[row.pk] = " ".join(str(problem.message) for problem in problems)
    return moved


def _end_shares(declared: ObjectType, ids: list[int]) -> None:
    Collaborator.objects.filter(object_key=declared.key, record_id__in=ids).delete()


def _take_along(
    access: Access, declared: ObjectType, ids: list[int], owner_id: int | None, source: Source
) -> None:
    """Contacts go with their customer: whoever gave it back must not keep calling them.

    What people did (activities) stays theirs; only master data of the record is taken along.
    """
    for below in object_types():
        for name in below.belongs_to:
            if below.module != declared.module or below.builtin_fields[name].target != declared.key:
                continue
            _take_along_type(access, below, Q((f"{name}_id__in", ids)), owner_id, source)


def _take_along_type(
    access: Access, below: ObjectType, linked: Q, owner_id: int | None, source: Source
) -> None:
    found = records(access, below).filter(linked)
    if owner_id is not None:
        found = found.filter(owner__isnull=True)
    ids = list(found.order_by("pk").values_list("pk", flat=True))
    values: dict[str, Any] = {"owner": owner_id} if owner_id else {"owner": None, "team": None}
    for start in range(0, len(ids), BELOW_AT_ONCE):
        part = ids[start : start + BELOW_AT_ONCE]
        drafts = [Draft(dict(values), record_id=pk) for pk in part]
        save_records(access, below, drafts, source=source, allow_duplicates=True)
        if owner_id is None:
            _end_shares(below, part)


def _note_moves(
    access: Access,
    declared: ObjectType,
    pool: Pool,
    rows: Sequence[Model],
    done: list[int],
    what: PoolMove.What,
    owner_id: int | None,
    reasons: dict[int, str],
) -> None:
    before = {row.pk: row.owner_id for row in rows}  # type: ignore[attr-defined]
    at = now()
    PoolMove.objects.bulk_create(
        PoolMove(
            pool=pool,
            object_key=declared.key,
            record_id=pk,
            what=what,
            actor_id=access.user_id,
            from_id=before[pk],
            to_id=owner_id,
            at=at,
            reason=reasons.get(pk, "")[:200],
        )
        for pk in done
    )
