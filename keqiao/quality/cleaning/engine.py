"""Runs the correction rules over one record and says what was done, what to ask and what stays wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.catalog.problems import FieldProblem
from keqiao.quality.cleaning.confidence import (
    APPLY_FROM,
    SUGGEST_FROM,
    Level,
    Record,
    level_of,
    sure_share,
)
from keqiao.quality.cleaning.proposal import Proposal, RecordView, Repair, Rule
from keqiao.quality.cleaning.rules import RULES

if TYPE_CHECKING:
    from django.utils.functional import Promise

_JUST_BELOW = 1e-6


@dataclass(frozen=True)
class Remaining:
    """Something still wrong with a record, in words."""

    field: str
    message: str | Promise
    code: str
    suggestion: str | None = None
    severity: str = "error"  # a `Severity` of the catalog


@dataclass
class Corrected:
    """What became of one record. `view.values` holds it with everything applied."""

    view: RecordView
    applied: list[Proposal] = field(default_factory=list)
    proposed: list[Proposal] = field(default_factory=list)
    remaining: list[Remaining] = field(default_factory=list)


def confidence_of(rule: Rule, repair: Repair, record: Record) -> float:
    """Return how surely this correction is right: the rule's proven share times the case's strength."""
    share = sure_share(rule.kept + record.kept, rule.undone + record.undone)
    confidence = share * repair.strength
    if rule.ceiling is Level.SUGGEST or record.is_demoted:
        confidence = min(confidence, APPLY_FROM - _JUST_BELOW)
    if rule.ceiling is Level.FLAG:
        confidence = min(confidence, SUGGEST_FROM - _JUST_BELOW)
    return confidence


def correct(
    view: RecordView, records: Mapping[str, Record] | None = None, rules: Sequence[Rule] = RULES
) -> Corrected:
    """Apply what is sure, in the order of the rules, and collect the rest.

    `records` tells by rule id what people did with earlier corrections.
    """
    found = Corrected(view)
    taken: set[str] = set()
    for rule in rules:
        record = (records or {}).get(rule.id, Record())
        for repair in rule.find(view):
            if not repair.changes.keys() <= view.fields.keys():
                continue
            confidence = confidence_of(rule, repair, record)
            level = level_of(confidence)
            group = len(found.applied) + len(found.proposed) + 1
            proposals = [
                Proposal(name, view.values.get(name), after, rule.id, rule.version, confidence, level,
                         repair.evidence, group)
                for name, after in repair.changes.items()
            ]  # fmt: skip
            if level is Level.APPLY:
                view.put(repair.changes)
                found.applied += proposals
            elif not taken & repair.changes.keys():
                found.proposed += proposals
                taken |= repair.changes.keys()
    found.proposed = [one for one in found.proposed if view.values.get(one.field) == one.before]
    found.remaining = list(_remaining(view))
    return found


def _remaining(view: RecordView) -> list[Remaining]:
    wrong = []
    for name, one in view.fields.items():
        value = view.read(name)
        if isinstance(value, FieldProblem):
            wrong.append(Remaining(name, value.message, value.code, value.suggestion))
        elif value is None and one.required:
            wrong.append(
                Remaining(name, _("Please fill in “%(field)s”.") % {"field": one.label}, "required")
            )
    return wrong
