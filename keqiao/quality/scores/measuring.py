"""Measures one record: its six dimensions and its score, from its values and what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keqiao.quality.scores.arithmetic import (
    OLDEST_DAYS,
    WHOLE,
    Dimension,
    Part,
    freshness_table,
    score_of,
)
from keqiao.quality.scores.expectations import expectations
from keqiao.quality.scores.facts import day_number, facts_of, stored_form
from keqiao.records.measuring import register_measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import Model

    from keqiao.catalog.field import Field
    from keqiao.quality.scores.expectations import Expectations, Expected
    from keqiao.quality.scores.facts import Facts
    from keqiao.quality.standards.checks import Check
    from keqiao.records.measuring import Unwritten

HALVES = 2  # completeness is counted in half weights: what a rule filled in counts half


@register_measure
def measure(unwritten: Unwritten) -> None:
    """Put facts and score onto records about to be written."""
    plan = expectations(unwritten.object_type)
    fields = unwritten.object_type.fields()
    today = day_number(unwritten.at)
    for row in unwritten.rows:
        facts = facts_of(row.quality_facts)  # type: ignore[attr-defined]
        for name in unwritten.changed.get(row.pk, ()):
            _note_change(row, facts, plan.named(name), today)
        asked = [one for one in plan.fields if one.weight and one.is_asked(row)]
        filled = [one for one in asked if one.is_filled(row)]
        facts.wrong = [
            one.name for one in filled
            if not one.field.kind.is_plausible(one.field.storage.stored(row))
        ]  # fmt: skip
        facts.broken = _held_against(row, fields, plan.checks)
        row.quality_facts = stored_form(facts)  # type: ignore[attr-defined]
        row.quality_score = score_of(  # type: ignore[attr-defined]
            (dimension, part.share)
            for dimension, part in _parts(row, plan, facts, asked, filled, today).items()
        )


def _note_change(row: Model, facts: Facts, one: Expected | None, today: int) -> None:
    """A value that was typed just now is as good as confirmed, and nothing older is known of it."""
    if one is None:
        return
    facts.forget(one.name)
    if one.half_life_months and one.is_filled(row):
        facts.on[one.name] = today


def _held_against(row: Model, fields: Mapping[str, Field], checks: Sequence[Check]) -> list[int]:
    """Return how many rules between fields the record breaks, and how many apply to it."""
    broken = applicable = 0
    for check in checks:
        if not check.looks_at <= fields.keys():
            continue
        values = {name: fields[name].value(row) for name in check.looks_at}
        if check.names and any(fields[name].kind.is_empty(values[name]) for name in check.names):
            continue
        applicable += 1
        broken += check.find(values) is not None
    return [broken, applicable] if applicable else []


def parts_of(row: Model, plan: Expectations, facts: Facts, today: int) -> dict[Dimension, Part]:
    """Return the measured dimensions of one record, `today` as a day number."""
    asked = [one for one in plan.fields if one.weight and one.is_asked(row)]
    return _parts(row, plan, facts, asked, [one for one in asked if one.is_filled(row)], today)


def _parts(
    row: Model,
    plan: Expectations,
    facts: Facts,
    asked: list[Expected],
    filled: list[Expected],
    today: int,
) -> dict[Dimension, Part]:
    parts: dict[Dimension, Part] = {}
    if asked:
        reached = sum(one.weight * (1 if one.name in facts.half else HALVES) for one in filled)
        parts[Dimension.COMPLETENESS] = Part(reached, HALVES * sum(one.weight for one in asked))
    if filled:
        parts[Dimension.VALIDITY] = Part(len(filled) - len(facts.wrong), len(filled))
    if checked := len(facts.ok) + len(facts.bad):
        parts[Dimension.ACCURACY] = Part(len(facts.ok), checked)
    if facts.broken:
        broken, applicable = facts.broken
        parts[Dimension.CONSISTENCY] = Part(applicable - broken, applicable)
    if age := _currentness(row, plan, facts, today):
        parts[Dimension.CURRENTNESS] = age
    if facts.twins or plan.counts_twins:
        parts[Dimension.UNIQUENESS] = Part(max(WHOLE - facts.twins, 0), WHOLE)
    return parts


def _currentness(row: Model, plan: Expectations, facts: Facts, today: int) -> Part | None:
    reached = possible = 0
    made = day_number(row.created_at)  # type: ignore[attr-defined]
    for one in plan.aging:
        if one.is_filled(row):
            weight = one.weight or 1
            reached += weight * freshness(one, facts.on.get(one.name, made), today)
            possible += weight * WHOLE
    return Part(reached, possible) if possible else None


def freshness(one: Expected, confirmed: int, today: int) -> int:
    """Return in thousandths how far a value confirmed on that day is still true."""
    return freshness_table(one.half_life_months)[min(max(today - confirmed, 0), OLDEST_DAYS)]
