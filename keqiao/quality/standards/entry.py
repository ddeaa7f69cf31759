"""Holds drafts against the rules while they are saved: refuses, sends to review, or gives a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keqiao.catalog.quality_rules import Severity
from keqiao.quality.standards.checks import findings
from keqiao.quality.standards.known import checks_of
from keqiao.records.checking import register_quality_check
from keqiao.records.drafts import Problem

if TYPE_CHECKING:
    from keqiao.quality.standards.checks import Check
    from keqiao.records.batch import Batch, Item


def check_standards(batch: Batch) -> None:
    """Run the rules that look at a value of the draft, on the record as it would be.

    A rule that looks at a field hidden from the actor does not run: its message would tell him
    what stands there.
    """
    mask = batch.access.fields(batch.object_type)
    usable = [
        check
        for check in checks_of(batch.object_type)
        if batch.access.is_system or all(mask.is_readable(name) for name in check.looks_at)
    ]
    for item in batch.open_items():
        touched = [
            check for check in usable if item.creating or check.looks_at & item.values.keys()
        ]
        if touched:
            _judge(batch, item, touched)


def _judge(batch: Batch, item: Item, checks: list[Check]) -> None:
    values, mask = {}, batch.access.fields(batch.object_type)
    for name in frozenset().union(*(check.looks_at for check in checks)):
        field = batch.fields.get(name)
        if name in item.values:
            values[name] = item.values[name]
        elif field is not None:
            values[name] = field.kind.empty if item.record is None else field.value(item.record)
    for finding in findings(batch.object_type, values, checks):
        # Nobody is offered a value for a field that is not his to write.
        may_write = batch.access.is_system or mask.is_writable(finding.field)
        repair = finding.repair if may_write else None
        problem = Problem(finding.field, finding.message, finding.code, repair)
        {
            Severity.ERROR: item.problems,
            Severity.REVIEW: item.reviews,
            Severity.HINT: item.hints,
        }[finding.severity].append(problem)
    item.refuse_if_problems()


def register() -> None:
    register_quality_check(check_standards)
