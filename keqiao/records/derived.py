"""Values that follow from other records (last and next activity), kept in step in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from keqiao.records.bulk_rows import database_ready, update_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import Model

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch


@dataclass(frozen=True)
class Written:
    """Records of one type that were just saved, deleted or brought back, still in the transaction."""

    access: Access
    object_type: ObjectType
    records: Sequence[Model]
    created: frozenset[int]
    changed: Mapping[int, frozenset[str]]
    what: Literal["saved", "deleted", "restored"]
    before: Mapping[int, Mapping[str, Any]]  # of changed records: the dumped values they had


Derivation = Callable[[Written], None]
_derivations: list[Derivation] = []


def register_derivation(derive: Derivation) -> Derivation:
    """Have `derive` called within the transaction of every write; it must be quick and complete."""
    if derive not in _derivations:
        _derivations.append(derive)
    return derive


Consequence = Callable[["ObjectType", "Mapping[int, Mapping[str, Any]]"], None]
_consequences: list[Consequence] = []


def register_consequence(follow: Consequence) -> Consequence:
    """Have `follow` called after values were derived (a new last activity moves a date on)."""
    if follow not in _consequences:
        _consequences.append(follow)
    return follow


def derive_from_batch(batch: Batch) -> None:
    """End of step 9: let what follows from the saved records follow."""
    items = [item for item in batch.open_items() if item.creating or item.changes]
    if not items:
        return
    run_derivations(
        Written(
            batch.access,
            batch.object_type,
            [item.stored for item in items],
            frozenset(item.stored.pk for item in items if item.creating),
            {item.stored.pk: frozenset(item.changes) for item in items if not item.creating},
            "saved",
            {
                item.stored.pk: {name: change.before for name, change in item.changes.items()}
                for item in items
                if not item.creating
            },
        )
    )


def run_derivations(written: Written) -> None:
    for derive in _derivations:
        derive(written)


def write_derived(object_type: ObjectType, values: Mapping[int, Mapping[str, Any]]) -> None:
    """Write values that the system derives: no version, log line or event, for nobody decided them."""
    _write(object_type, values)
    for follow in _consequences:
        follow(object_type, values)


def _write(object_type: ObjectType, values: Mapping[int, Mapping[str, Any]]) -> None:
    fields = object_type.builtin_fields
    names = {name for row in values.values() for name in row}
    if typed := [name for name in names if not fields[name].read_only]:
        message = f"{object_type.key}: {', '.join(typed)} is typed by people, not derived."
        raise ValueError(message)
    model = object_type.model
    by_names: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    columns = {name: model._meta.get_field(name).attname for name in names}  # type: ignore[union-attr]
    ready = {name: database_ready(model, columns[name]) for name in names}
    for pk, row in values.items():
        given = tuple(sorted(row))
        by_names[given].append((pk, *(ready[name](row[name]) for name in given)))
    for given, rows in by_names.items():
        update_rows(model, [columns[name] for name in given], rows)
