"""Compares corrections with the truth: which were right, which came back, which rule did what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.registry import object_type
from keqiao.quality.cleaning.confidence import Record
from keqiao.quality.cleaning.engine import correct
from keqiao.quality.cleaning.knowledge import Knowledge
from keqiao.quality.cleaning.proposal import RecordView, read_as
from keqiao.quality.cleaning.rules import RULES
from tests.quality.cleaning.injected import FIELDS, Damaged


@dataclass
class Score:
    """Counts of changes by rule (right, wrong), and of injected errors (repaired, all)."""

    applied_right: Counter[str] = field(default_factory=Counter)
    applied_wrong: Counter[str] = field(default_factory=Counter)
    proposed_right: Counter[str] = field(default_factory=Counter)
    proposed_wrong: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    injected: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        right, wrong = self.applied_right.total(), self.applied_wrong.total()
        return right / (right + wrong)

    @property
    def recall(self) -> float:
        return self.repaired.total() / self.injected.total()


def account_fields() -> dict[str, Any]:
    known = object_type("account").builtin_fields
    return {name: known[name] for name in FIELDS}


def score(records: list[Damaged], *, unlocked: bool = False) -> Score:
    """Correct every record. `unlocked` trusts all rules, to count how often each is right."""
    fields = account_fields()
    history = {rule.id: Record(kept=10**6) for rule in RULES} if unlocked else {}
    knowledge = Knowledge()
    for one in records:
        knowledge.learn_mail(one.values["email"] if "@" in one.values["email"] else "")
    found = Score()
    for one in records:
        result = correct(RecordView(fields, dict(one.values), knowledge), history)
        for right, wrong, proposals in (
            (found.applied_right, found.applied_wrong, result.applied),
            (found.proposed_right, found.proposed_wrong, result.proposed),
        ):
            for proposal in proposals:
                is_right = _same(fields, proposal.field, proposal.after, one.truth[proposal.field])
                (right if is_right else wrong)[proposal.rule] += 1
                if not is_right and wrong is found.applied_wrong:
                    found.examples.append(
                        f"{proposal.rule} {proposal.field}: {proposal.before!r} -> {proposal.after!r},"
                        f" true {one.truth[proposal.field]!r} {one.kinds}"
                    )
        for name in one.repairable:
            kind = ",".join(one.kinds)
            found.injected[name] += 1
            if _same(fields, name, result.view.values[name], one.truth[name]):
                found.repaired[name] += 1
            else:
                found.missed.append(
                    f"{name}: {one.values[name]!r} -> {result.view.values[name]!r} {kind}"
                )
    return found


def _same(fields: dict[str, Any], name: str, value: Any, truth: Any) -> bool:
    left, right = read_as(fields[name], value), read_as(fields[name], truth)
    if isinstance(left, FieldProblem):
        return False
    return left == right or (value == truth)
