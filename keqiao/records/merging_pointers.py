"""What points at a record, found through the catalog: every kind of link of every object type."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Q

from keqiao.access.access import Access
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.field import Column
from keqiao.catalog.kinds.links import AnyReferenceKind, is_link
from keqiao.catalog.pointer import pointed_to, pointer
from keqiao.catalog.registry import object_types
from keqiao.records.batch import Batch, Item
from keqiao.records.belonging import columns_above, note_records_above
from keqiao.records.drafts import EACH, Change, Draft, Source
from keqiao.records.merging_log import column_of, raw_row
from keqiao.records.models import RecordLink
from keqiao.records.query import records
from keqiao.records.writing import write_list_values, write_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.merging_log import Log

_AT_ONCE = 500
_PARTS_AT_ONCE = 100  # of one question: SQLite takes 500
_SYSTEM = Access.system("links of a record in the recycle bin")


@dataclass(frozen=True)
class Moving:
    """One merge on its way: into which record which ones go, by whom, from where and when."""

    access: Access
    target: ObjectType
    survivor_id: int
    loser_ids: tuple[int, ...]
    source: Source
    at: datetime

    def batch(self, declared: ObjectType, items: list[Item]) -> Batch:
        """Return a batch of changes that the merge decides; the write steps know no other form."""
        return Batch(
            access=self.access,
            object_type=declared,
            items=items,
            source=self.source,
            mode=EACH,
            dry_run=False,
            allow_duplicates=True,
            at=self.at,
        )

    def is_merged(self, declared: ObjectType, pk: int) -> bool:
        return declared == self.target and pk in (self.survivor_id, *self.loser_ids)

    def moved_value(self, own: Field, value: Any) -> Any:
        """Return a link's value with the survivor in the losers' place."""
        if isinstance(own.kind, AnyReferenceKind):
            found = pointed_to(value or "")
            is_gone = found and found[0] == self.target.key and found[1] in self.loser_ids
            return pointer(self.target.key, self.survivor_id) if is_gone else value
        if own.kind.many:
            moved = [self.survivor_id if one in self.loser_ids else one for one in value or ()]
            return list(dict.fromkeys(moved))
        return self.survivor_id if value in self.loser_ids else value


@dataclass
class Pointing:
    """Rows of one object type that point at the losers, with the fields by which they do."""

    declared: ObjectType
    fields: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


def _links_to(declared: ObjectType, target: ObjectType) -> list[Field]:
    """Return the fields of a type that may point at `target`."""
    return [
        own
        for own in declared.fields().values()
        if is_link(own) and (own.target == target.key or isinstance(own.kind, AnyReferenceKind))
    ]


def _own_column(own: Field) -> str | None:
    """Return the column a link lies in; None when its links stand in rows of their own."""
    is_column = isinstance(own.storage, Column) and not own.custom and not own.kind.many
    return own.storage.name if is_column else None  # type: ignore[union-attr]


def _as_stored(own: Field, target: ObjectType, ids: Sequence[int]) -> list[Any]:
    is_any = isinstance(own.kind, AnyReferenceKind)
    return [pointer(target.key, pk) for pk in ids] if is_any else list(ids)


def _in_column(own: Field, target: ObjectType, ids: Sequence[int]) -> Q | None:
    """Return the condition on a link's own column; None when its links stand in rows of their own."""
    column = _own_column(own)
    return None if column is None else Q((f"{column}__in", _as_stored(own, target, ids)))


def _in_rows(declared: ObjectType, own: Field, target: ObjectType, ids: Sequence[int]) -> Any:
    found = RecordLink.objects.filter(target_key=target.key, target_id__in=ids)
    return found.filter(object_key=declared.key, field=own.name)


def find_pointing(target: ObjectType, ids: Sequence[int]) -> list[Pointing]:
    """Return everything that points at records of `target`, also what lies in the recycle bin.

    In one question for the links of all columns: asked one by one they took a fifth of a merge.
    """
    types = list(object_types())
    found = {declared.key: Pointing(declared) for declared in types}
    places: list[tuple[str, str]] = []
    parts: list[str] = []
    values: list[Any] = []
    marks = ", ".join(["%s"] * len(ids))
    in_rows: set[tuple[str, str]] = set()
    for declared in types:
        for own in _links_to(declared, target):
            column = _own_column(own)
            if column is None:
                in_rows.add((declared.key, own.name))
                continue
            wanted = _as_stored(own, target, ids)
            table, kept = declared.model._meta.db_table, declared.model._meta.get_field(column)
            # Apart, because the indexes of links hold live records alone.
            for state in ("NULL", "NOT NULL"):
                parts.append(
                    f'SELECT {len(places)}, id FROM "{table}"'  # noqa: S608
                    f' WHERE "{kept.column}" IN ({marks}) AND deleted_at IS {state}'  # type: ignore[union-attr]
                )
                values += wanted
            places.append((declared.key, own.name))
    for place, pk in _asked(parts, values, len(ids)):
        key, name = places[place]
        found[key].fields[pk].add(name)
    if in_rows:
        rows = RecordLink.objects.filter(target_key=target.key, target_id__in=ids)
        for key, name, pk in rows.values_list("object_key", "field", "record_id"):
            if (key, name) in in_rows:
                found[key].fields[pk].add(name)
    return [pointing for pointing in found.values() if pointing.fields]


def _asked(parts: Sequence[str], values: Sequence[Any], each: int) -> Iterable[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    with connection.cursor() as cursor:
        for start in range(0, len(parts), _PARTS_AT_ONCE):
            some = parts[start : start + _PARTS_AT_ONCE]
            given = values[start * each : (start + len(some)) * each]
            cursor.execute(" UNION ALL ".join(some), given)
            found += cursor.fetchall()
    return found


def count_pointing(access: Access, target: ObjectType, ids: Sequence[int]) -> dict[str, int]:
    """Count by object type what this person sees move; what is out of his reach is not counted."""
    counts: dict[str, int] = {}
    for declared in object_types():
        if not access.can(Action.VIEW, declared):
            continue
        mask, matching = access.fields(declared), Q()
        for own in _links_to(declared, target):
            if not mask.is_readable(own.name):
                continue
            condition = _in_column(own, target, ids)
            if condition is None:
                rows = _in_rows(declared, own, target, ids)
                condition = Q(pk__in=rows.values("record_id"))
            matching |= condition
        if matching and (count := _count(access, declared, matching, target, ids)):
            counts[declared.key] = count
    return counts


def _count(
    access: Access, declared: ObjectType, matching: Q, target: ObjectType, ids: Sequence[int]
) -> int:
    found = records(access, declared).filter(matching)
    return (found.exclude(pk__in=ids) if declared == target else found).count()


def move_pointers(moving: Moving, log: Log) -> tuple[list[Batch], Counter[str]]:
    """Let everything point at the survivor; return the batches to be logged, and counts by type.

    In the order of the catalog, so that customers are moved before the work that names them.
    """
    batches: list[Batch] = []
    counts: Counter[str] = Counter()
    for pointing in find_pointing(moving.target, moving.loser_ids):
        declared = pointing.declared
        ids = sorted(pk for pk in pointing.fields if not moving.is_merged(declared, pk))
        for start in range(0, len(ids), _AT_ONCE):
            rows = declared.model._default_manager.filter(pk__in=ids[start : start + _AT_ONCE])
            locked: list[Any] = list(rows.order_by("pk").select_for_update())
            live = [row for row in locked if row.deleted_at is None]
            binned = [row for row in locked if row.deleted_at is not None]
            if live:
                wanted = {row: _moved(moving, declared, row, pointing) for row in live}
                batches.append(set_values(moving, declared, wanted, log))
                counts[declared.key] += len(live)
            for row in binned:
                set_in_bin(declared, row, _moved(moving, declared, row, pointing), log)
    return batches, counts


def _moved(moving: Moving, declared: ObjectType, row: Any, pointing: Pointing) -> dict[str, Any]:
    fields = declared.fields()
    return {
        name: moving.moved_value(fields[name], fields[name].value(row))
        for name in pointing.fields[row.pk]
    }


def set_values(
    moving: Moving,
    declared: ObjectType,
    wanted: Mapping[Any, Mapping[str, Any]],
    log: Log | None = None,
) -> Batch:
    """Write values onto live rows, with everything that follows from them; return the batch."""
    before = {row.pk: raw_row(row) for row in wanted} if log is not None else {}
    items = []
    for place, (row, values) in enumerate(wanted.items()):
        item = Item(Draft({}, record_id=row.pk), place, record=row)
        item.values = dict(values)
        items.append(item)
    batch = moving.batch(declared, items)
    write_records(batch)
    if log is not None:
        for item in items:
            log.note_change(before[item.stored.pk], item.stored)
    return batch


def set_in_bin(
    declared: ObjectType, row: Any, values: Mapping[str, Any], log: Log | None = None
) -> None:
    """Write links onto a row of the recycle bin; nobody is told, and no search finds it."""
    fields, before = declared.fields(), raw_row(row)
    item = Item(Draft({}, record_id=row.pk), 0, record=row)
    for name, value in values.items():
        fields[name].put(row, value)
        item.values[name] = value
    for rule in declared.filled:
        if set(rule.after) & values.keys():
            rule.by([row])
    if set(declared.belongs_to) & values.keys():
        note_records_above(declared, [row])
    row.version += 1
    named = {name for rule in declared.filled for name in rule.names}
    columns = {"version", *columns_above(declared), *(column_of(fields[one]) for one in values)}
    row.save(update_fields={*columns, *(column_of(fields[name]) for name in named)})
    _relink(declared, item)
    if log is not None:
        log.note_change(before, row)


def _relink(declared: ObjectType, item: Item) -> None:
    """Keep the rows that follow links back in step for a row of the bin."""
    item.changes = {name: Change(None, None) for name in item.values}
    batch = Batch(
        _SYSTEM, declared, [item], Source("merge"), EACH, dry_run=False, allow_duplicates=True,
        at=now(),
    )  # fmt: skip
    write_list_values(batch, [item])
