"""Keeps the search words of records in step with the records, in the same transaction."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING

from keqiao.access.access import reach_columns
from keqiao.access.rights import Action
from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_types
from keqiao.records.bulk_rows import insert_rows
from keqiao.records.models import LIVE, SearchEntry
from keqiao.records.search_terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import Model

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.models import Record

# Each object type has a stretch of the index of its own, in the order of its records: a question
# to one type reads nothing of the others. With all types in one row of numbers, five types took
# five walks over every hit (27 ms at 0.5 M entries where this takes 2).
STRETCH = 1 << 40
_STRETCHES = 1 << 22


@cache
def first_place(object_key: str) -> int:
    """Return where the stretch of an object type begins in the index."""
    digest = blake2b(object_key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _STRETCHES * STRETCH


def place_of(object_key: str, record_id: int) -> int:
    return first_place(object_key) + record_id


def index_records(
    object_type: ObjectType, rows: Sequence[Record], fields: dict[str, Field]
) -> None:
    """Write the search words of `rows`, replacing older ones; of what is archived there are none."""
    key, first = object_type.key, first_place(object_type.key)
    if laid_aside := [row.pk for row in rows if getattr(row, "archived_at", None) is not None]:
        drop_from_index(object_type, laid_aside)
        rows = [row for row in rows if getattr(row, "archived_at", None) is None]
    insert_rows(
        SearchEntry,
        ("id", "object_key", "record_id", "terms"),
        # In the index's own order: FTS5 begins a new piece with each step back.
        [
            (first + row.pk, key, row.pk, " ".join(record_terms(object_type, row, fields)))
            for row in sorted(rows, key=attrgetter("pk"))
        ],
        on_conflict="ON CONFLICT (id) DO UPDATE SET terms = excluded.terms",
    )


def record_terms(object_type: ObjectType, row: Record, fields: dict[str, Field]) -> list[str]:
    found = {f"_k{object_type.key}"}
    for owner, team in reach_columns(object_type, Action.VIEW):
        found.add(f"_o{getattr(row, owner)}")
        found.add(f"_t{getattr(row, team)}")
    found -= {"_oNone", "_tNone"}
    found |= row.reach_terms()
    found |= terms_of_fields(row, {name: fields[name] for name in object_type.search})
    return sorted(found)


def terms_of_fields(row: Model, fields: dict[str, Field]) -> set[str]:
    found: set[str] = set()
    for field in fields.values():
        value = field.value(row)
        if not field.kind.is_empty(value):
            found.update(terms_of(field, value))
    return found


def drop_from_index(object_type: ObjectType, ids: Sequence[int]) -> None:
    first = first_place(object_type.key)
    SearchEntry.objects.filter(pk__in=[first + number for number in ids]).delete()


def rebuild(report: Callable[[str, int], None] | None = None) -> dict[str, int]:
    """Write all search words anew, in portions of one transaction each; return counts by type."""
    counts: dict[str, int] = {}
    for declared in object_types():
        if Feature.SEARCH not in declared.features:
            continue
        manager = declared.model._default_manager
        last, counts[declared.key] = 0, 0
        while True:
            rows = list(manager.filter(LIVE, pk__gt=last).order_by("pk")[:1000])
            if not rows:
                break
            index_records(declared, rows, declared.fields())  # type: ignore[arg-type]
            last = rows[-1].pk
            counts[declared.key] += len(rows)
            if report:
                report(declared.key, counts[declared.key])
    return counts
