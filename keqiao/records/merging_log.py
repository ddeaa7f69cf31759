"""The log of a merge: each row it touches, column by column, so that an undoing restores the bytes."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import TextField
from django.db.models.functions import Cast

from keqiao.catalog.field import Column
from keqiao.catalog.kinds import KINDS
from keqiao.catalog.models import CustomField
from keqiao.catalog.registry import object_type_of, object_types
from keqiao.records.belonging import columns_above
from keqiao.records.measuring import COLUMNS as MEASURED
from keqiao.records.merging_models import Merge, MergeMove

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import Field as DjangoField
    from django.db.models import Model

    from keqiao.catalog.field import Field
    from keqiao.records.models import Record

Raw = dict[str, Any]
CUSTOM, VERSION = "custom", "version"
# The change counter and the times of change go on: with a version that came back, somebody who read
# the merged record could overwrite what others wrote after the undoing, and an ETag would lie. Whom
# the record above belongs to may be another one by then.
NOT_PUT_BACK = frozenset({VERSION, "updated_at", "updated_by_id"})


def raw_value(row: Model, name: str) -> Any:
    """Return what a column holds in a form that JSON keeps without loss."""
    value = getattr(row, name)
    if isinstance(value, (dict, list)):
        return deepcopy(value)  # fields write into it in place
    return value.isoformat() if isinstance(value, date) else value


def raw_row(row: Model) -> Raw:
    return {one.attname: raw_value(row, one.attname) for one in row._meta.concrete_fields}


def python_value(model: type[Model], name: str, raw: Any) -> Any:
    """Return a kept value as the model's instances hold it."""
    column = columns_of(model)[name]
    return column.to_python(raw) if isinstance(raw, str) else raw


def columns_of(model: type[Model]) -> dict[str, DjangoField[Any, Any]]:
    return {one.attname: one for one in model._meta.concrete_fields}


def column_of(own: Field) -> str:
    """Return the column a field's value lies in."""
    return own.storage.name if isinstance(own.storage, Column) else CUSTOM


def sealed_columns(model: type[Model]) -> set[str]:
    """Return the columns of a record's table that hold encrypted values."""
    fields = object_type_of(model).builtin_fields.values()
    return {column_of(own) for own in fields if own.kind.encrypted}


def model_named(table: str) -> type[Model]:
    return apps.get_model(table)


class Log:
    """Gathers the moves of one merge."""

    def __init__(self) -> None:
        self.moves: list[MergeMove] = []

    def note(self, model: type[Model], row_id: int, before: Raw | None, after: Raw | None) -> None:
        self.moves.append(
            MergeMove(
                position=len(self.moves), table=model._meta.label, row_id=row_id,
                before=before, after=after,
            )
        )  # fmt: skip

    def note_change(self, before: Raw, row: Record) -> None:
        """Note which columns of a record differ from what they were, with its version."""
        left_out = {*NOT_PUT_BACK, *columns_above(object_type_of(type(row)))}
        after = {name: value for name, value in raw_row(row).items() if name not in left_out}
        changed = [name for name in after if before[name] != after[name]]
        if changed:
            # Writing the old values back measures the record anew: what was known then is put back too.
            changed += [name for name in MEASURED if name in after and name not in changed]
            self.note(
                type(row), row.pk, {name: before[name] for name in changed},
                {name: after[name] for name in changed} | {VERSION: row.version},
            )  # fmt: skip

    def note_difference(
        self, model: type[Model], before: Mapping[int, Raw], after: Mapping[int, Raw]
    ) -> None:
        """Note what became of whole rows: gone first, so that on the way back they come last."""
        for pk in before.keys() - after.keys():
            self.note(model, pk, before[pk], None)
        for pk, row in after.items():
            if pk not in before:
                self.note(model, pk, None, row)
            elif before[pk] != row:
                changed = [name for name in row if before[pk][name] != row[name]]
                old = {name: before[pk][name] for name in changed}
                self.note(model, pk, old, {name: row[name] for name in changed})

    def store(self, merge: Merge) -> None:
        for move in self.moves:
            move.merge = merge
        MergeMove.objects.bulk_create(self.moves, batch_size=500)


def whole_rows(rows: Iterable[Model]) -> dict[int, Raw]:
    return {row.pk: raw_row(row) for row in rows}


def moves_of(merge: Merge) -> Sequence[MergeMove]:
    """Return the moves in the order of an undoing, the last one first."""
    return list(MergeMove.objects.filter(merge=merge).order_by("-position"))


def keys_of_merge_log() -> Counter[str]:
    """Count the secrets of the log by the key that sealed them.

    They are kept as they were, byte for byte, so their keys are needed until the log is thrown away.
    """
    sealed = {
        (declared.model._meta.label, name)
        for declared in object_types()
        for name in sealed_columns(declared.model)
    }
    custom = {
        (row.object_key, row.key) for row in CustomField.objects.all() if KINDS[row.kind].encrypted
    }
    by_table = {declared.model._meta.label: declared.key for declared in object_types()}
    found: Counter[str] = Counter()
    moves = MergeMove.objects.annotate(text=Cast("before", TextField())).filter(
        table__in=by_table, text__contains=":"
    )
    for table, kept in moves.values_list("table", "before").iterator(chunk_size=2000):
        before = kept or {}
        tokens = [value for name, value in before.items() if (table, name) in sealed]
        tokens += [
            value
            for name, value in (before.get(CUSTOM) or {}).items()
            if (by_table[table], name) in custom
        ]
        found.update(str(token).partition(":")[0] for token in tokens if token)
    return found
