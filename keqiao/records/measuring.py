"""Where the quality of records is measured: within the write path, and when somebody confirms a value.

The package that knows how to measure plugs in here; the write path keeps what it finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from keqiao.access.access import Access
from keqiao.access.rights import Action
from keqiao.records.bulk_rows import database_ready, update_rows
from keqiao.records.models import Measured
from keqiao.records.query import records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from django.db.models import Model

    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch, Item

_AT_ONCE = 2_000
COLUMNS = ("quality_score", "quality_facts")


@dataclass(frozen=True)
class Unwritten:
    """Records of one type about to be written, with the names that change on those that exist."""

    object_type: ObjectType
    rows: Sequence[Model]
    changed: Mapping[int, frozenset[str]]
    at: datetime


Measure = Callable[[Unwritten], None]
_measures: list[Measure] = []


def register_measure(measure: Measure) -> Measure:
    """Have `measure` put score and facts onto the rows of every write; it must be pure and quick."""
    if measure not in _measures:
        _measures.append(measure)
    return measure


def is_measured(object_type: ObjectType) -> bool:
    return issubclass(object_type.model, Measured)


def measure_batch(batch: Batch, items: Sequence[Item]) -> None:
    """Part of step 9: what is about to be written gets its score."""
    if items and is_measured(batch.object_type):
        _measure(
            Unwritten(
                batch.object_type,
                [item.stored for item in items],
                {item.stored.pk: frozenset(item.changes) for item in items if not item.creating},
                batch.at,
            )
        )


def measured_columns(object_type: ObjectType) -> tuple[str, ...]:
    return COLUMNS if is_measured(object_type) else ()


def change_facts(
    access: Access,
    object_type: ObjectType,
    ids: Sequence[int],
    change: Callable[[Model], bool],
    at: datetime,
    action: Action = Action.CHANGE,
) -> list[int]:
    """Let `change` alter the facts of records in reach and measure them anew; return which it did.

    Nobody decided a value, so there is no version and no line in the change log.
    """
    done: list[Model] = []
    with transaction.atomic():
        reach = records(access, object_type, action).filter(pk__in=sorted(set(ids))).order_by("pk")
        done = [row for row in reach.select_for_update() if change(row)]
        measure_again(object_type, done, at)
    return [row.pk for row in done]


def measure_again(object_type: ObjectType, rows: Sequence[Model], at: datetime) -> None:
    """Measure rows whose facts were altered, and write facts and score; within a transaction."""
    if rows:
        nothing = {row.pk: frozenset[str]() for row in rows}
        _measure(Unwritten(object_type, rows, nothing, at))
        _keep(object_type, [(row.pk, *(getattr(row, name) for name in COLUMNS)) for row in rows])


def keep_scores(object_type: ObjectType, scores: Mapping[int, int | None]) -> None:
    """Write scores that were counted anew, in small transactions: nobody waits long to save."""
    rows = list(scores.items())
    for start in range(0, len(rows), _AT_ONCE):
        with transaction.atomic():
            update_rows(object_type.model, ["quality_score"], rows[start : start + _AT_ONCE])


def _keep(object_type: ObjectType, rows: Sequence[tuple[Any, ...]]) -> None:
    ready = database_ready(object_type.model, "quality_facts")
    update_rows(
        object_type.model,
        COLUMNS,
        [(pk, score, ready(facts)) for pk, score, facts in rows],
    )


def _measure(unwritten: Unwritten) -> None:
    for measure in _measures:
        measure(unwritten)
