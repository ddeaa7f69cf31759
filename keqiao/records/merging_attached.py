"""Rows of packages above that are about a record (a star, a share, a pool's line): they move along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Q

from keqiao.access.models import Collaborator
from keqiao.catalog.pointer import pointer
from keqiao.records.merging_log import whole_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model

    from keqiao.records.merging_log import Log

Combine = Callable[[Any, Any], None]


@dataclass(frozen=True)
class AttachedRows:
    """A table whose rows are about records of any type, by `object_key` and `record_id`.

    `pointed_by` names the one column that holds both instead ("account:42"). Rows with the same
    values in `once` may exist only once a record: then the survivor's stays, and `combine` puts into
    it what the other one has more. `is_bound` tells for which rows that holds (None: for all), and
    `release` closes a row that is one too many, which then moves along as well; without it, it goes.
    """

    model: type[Model]
    once: tuple[str, ...] = ()
    pointed_by: str = ""
    combine: Combine | None = None
    is_bound: Callable[[Any], bool] | None = None
    release: Callable[[Any], None] | None = None

    def about(self, object_key: str, ids: Sequence[int]) -> Q:
        if self.pointed_by:
            return Q((f"{self.pointed_by}__in", [pointer(object_key, pk) for pk in ids]))
        return Q(object_key=object_key, record_id__in=ids)

    def record_of(self, row: Any) -> int:
        if self.pointed_by:
            return int(getattr(row, self.pointed_by).partition(":")[2])
        return row.record_id  # type: ignore[no-any-return]

    def point(self, row: Any, object_key: str, record_id: int) -> None:
        if self.pointed_by:
            setattr(row, self.pointed_by, pointer(object_key, record_id))
        else:
            row.record_id = record_id


_attached: dict[str, AttachedRows] = {}


def register_attached(rows: AttachedRows) -> AttachedRows:
    """Have rows about a record follow it when it is merged; packages above call this at start-up."""
    _attached[rows.model._meta.label] = rows
    return rows


Mover = Callable[[str, int, "Sequence[int]", "Log"], None]
_movers: list[Mover] = []


def register_mover(mover: Mover) -> Mover:
    """Have rows that are about several records at once (pairs of duplicates) follow a merge.

    It is called as `move_attached` is, within the merge, and notes what it writes in the log.
    """
    if mover not in _movers:
        _movers.append(mover)
    return mover


def move_attached(object_key: str, survivor_id: int, loser_ids: Sequence[int], log: Log) -> None:
    """Let the rows about the losers be about the survivor."""
    for attached in _with_rows_about(object_key, loser_ids):
        _move(attached, object_key, survivor_id, loser_ids, log)
    for mover in _movers:
        mover(object_key, survivor_id, loser_ids, log)


def _with_rows_about(object_key: str, ids: Sequence[int]) -> list[AttachedRows]:
    """Return the tables that have rows about these records: most have none, and one question tells."""
    tables = list(_attached.values())
    parts: list[str] = []
    values: list[str | int] = []
    marks = ", ".join(["%s"] * len(ids))
    for place, attached in enumerate(tables):
        meta = attached.model._meta
        if attached.pointed_by:
            condition = f'"{_column(meta, attached.pointed_by)}" IN ({marks})'
            values += [pointer(object_key, pk) for pk in ids]
        else:
            condition = f"object_key = %s AND record_id IN ({marks})"
            values += [object_key, *ids]
        parts.append(
            f'SELECT {place} WHERE EXISTS (SELECT 1 FROM "{meta.db_table}" WHERE {condition})'  # noqa: S608
        )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return [tables[place] for (place,) in cursor.fetchall()]


def _column(meta: Any, name: str) -> str:
    return str(meta.get_field(name).column)


def _move(
    attached: AttachedRows, object_key: str, survivor_id: int, loser_ids: Sequence[int], log: Log
) -> None:
    manager = attached.model._default_manager
    ids = [survivor_id, *loser_ids]
    rows = list(manager.filter(attached.about(object_key, ids)).order_by("pk").select_for_update())
    if not any(attached.record_of(row) != survivor_id for row in rows):
        return
    before = whole_rows(rows)
    taken: dict[tuple[Any, ...], Any] = {}
    gone: set[int] = set()
    for row in sorted(rows, key=lambda one: ids.index(attached.record_of(one))):
        mark = tuple(getattr(row, name) for name in attached.once)
        is_bound = bool(mark) and (attached.is_bound is None or attached.is_bound(row))
        kept = taken.setdefault(mark, row) if is_bound else row
        if kept is not row and attached.combine:
            attached.combine(kept, row)
        if kept is not row and attached.release is None:
            gone.add(row.pk)
            continue
        if kept is not row and attached.release is not None:
            attached.release(row)
        attached.point(row, object_key, survivor_id)
    left = [row for row in rows if row.pk not in gone]
    after = whole_rows(left)
    manager.filter(pk__in=gone).delete()
    for row in left:
        changed = [name for name, value in after[row.pk].items() if before[row.pk][name] != value]
        if changed:
            row.save(update_fields=changed)
    log.note_difference(attached.model, before, after)


def _wider_share(kept: Any, other: Any) -> None:
    """Whoever was let in twice keeps the more of the two."""
    kept.can_write = kept.can_write or other.can_write
    kept.with_below = kept.with_below or other.with_below
    ends = (kept.expires_at, other.expires_at)
    kept.expires_at = None if None in ends else max(ends)


register_attached(AttachedRows(Collaborator, once=("user_id",), combine=_wider_share))
