"""Keeps the day a record returns to the pool noted on it, so that lists can show, filter and sort by it.

The note only proposes: nothing returns without the rules being asked again at that moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.due import RULES, active_rules, dues
from keqiao.customers.pool.pooled import can_be_pooled
from keqiao.customers.pool.reasons import related_types, target_of
from keqiao.records.derived import (
    Written,
    register_consequence,
    register_derivation,
    write_derived,
)
from keqiao.records.query import records

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date
    from typing import Any

    from django.db.models import Model, QuerySet

    from keqiao.catalog.object_type import ObjectType

AT_ONCE = 500
CHUNK = 4_000


def refresh(declared: ObjectType, ids: Collection[int]) -> int:
    """Note the day of return anew on some records; return on how many it changed."""
    wanted = sorted(ids)
    return sum(
        _note(declared, records(RULES, declared).filter(pk__in=wanted[start : start + AT_ONCE]))
        for start in range(0, len(wanted), AT_ONCE)
    )


def refresh_part(declared: ObjectType, behind: int) -> tuple[int, int, int]:
    """Note it on the next records in order; return the last id (0: none left), read and changed."""
    here = records(RULES, declared).filter(pk__gt=behind).order_by("pk")
    ids = list(here.values_list("pk", flat=True)[:CHUNK])
    if not ids:
        return 0, 0, 0
    part = records(RULES, declared).filter(pk__gte=ids[0], pk__lte=ids[-1])
    # Only what somebody looks after can return; the others merely lose an old note.
    part = part.filter(Q(owner__isnull=False) | Q(returns_on__isnull=False))
    return ids[-1], len(ids), _note(declared, part)


def _note(declared: ObjectType, rows: QuerySet[Model]) -> int:
    changed: dict[date | None, list[int]] = {}
    for pk, (answer, noted) in dues(declared, rows).items():
        day = answer.on if answer else None
        if day != noted:
            changed.setdefault(day, []).append(pk)
    values: dict[int, dict[str, Any]] = {
        pk: {"returns_on": day} for day, ids in changed.items() for pk in ids
    }
    if values:
        write_derived(declared, values)
    return len(values)


def _follow_writes(written: Written) -> None:
    """Whatever was saved may fit other rules now, or have another owner."""
    declared = written.object_type
    if can_be_pooled(declared) and written.what != "deleted" and active_rules(declared):
        refresh(declared, [row.pk for row in written.records])


def _follow_dealings(written: Written) -> None:
    """What was made with a customer, or ended, may start or stop its clock."""
    for related in related_types():
        if related.object_key != written.object_type.key or not (key := target_of(related)):
            continue
        declared = object_type(key)
        column = written.object_type.model._meta.get_field(related.by).attname  # type: ignore[union-attr]
        ids = {getattr(row, column) for row in written.records}
        ids |= {before.get(related.by) for before in written.before.values()}
        found = ids - {None}
        if found and can_be_pooled(declared) and active_rules(declared):
            refresh(declared, found)


def _follow_activities(declared: ObjectType, values: Mapping[int, Mapping[str, Any]]) -> None:
    """A follow-up sets the clock back."""
    if Feature.FOLLOW_UP not in declared.features or not can_be_pooled(declared):
        return
    if any("last_activity_at" in row for row in values.values()) and active_rules(declared):
        refresh(declared, values.keys())


def register() -> None:
    register_derivation(_follow_writes)
    register_derivation(_follow_dealings)
    register_consequence(_follow_activities)
