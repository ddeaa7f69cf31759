"""What people decided about correction rules: which may correct unasked, which only propose, which rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keqiao.base.clock import now
from keqiao.quality.cleaning.confidence import Level, Record, level_of, sure_share
from keqiao.quality.cleaning.engine import confidence_of
from keqiao.quality.cleaning.models import RuleMode, RuleSetting
from keqiao.quality.cleaning.proposal import Repair
from keqiao.quality.cleaning.rules import RULES

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.quality.cleaning.proposal import Rule


@dataclass(frozen=True)
class Standing:
    """A rule as it stands: its proven share, what it may do now, and who said so."""

    rule: Rule
    record: Record
    mode: str  # a `RuleMode`, or empty while nobody has decided
    level: Level | None  # None: switched off

    @property
    def kept(self) -> int:
        return self.rule.kept + self.record.kept

    @property
    def undone(self) -> int:
        return self.rule.undone + self.record.undone

    @property
    def share(self) -> float:
        """The share of right corrections that holds with 95 % certainty."""
        return sure_share(self.kept, self.undone)


def rules_in_use(history: Mapping[str, Record], *, may_apply: bool = True) -> tuple[Rule, ...]:
    """Return the rules with the ceilings people gave them; those switched off are not there."""
    modes = _modes()
    found = []
    for rule in RULES:
        mode = modes.get(rule.id, "")
        if mode == RuleMode.OFF:
            continue
        ceiling = rule.ceiling
        if mode == RuleMode.APPLY:
            ceiling = Level.APPLY
        elif mode == RuleMode.PROPOSE and ceiling is Level.APPLY:
            ceiling = Level.SUGGEST
        if not may_apply and ceiling is Level.APPLY:
            ceiling = Level.SUGGEST
        found.append(rule if ceiling is rule.ceiling else replace(rule, ceiling=ceiling))
    return tuple(found)


def standings(history: Mapping[str, Record]) -> list[Standing]:
    modes = _modes()
    usable = {rule.id: rule for rule in rules_in_use(history)}
    return [
        Standing(
            rule,
            history.get(rule.id, Record()),
            modes.get(rule.id, ""),
            _level(usable[rule.id], history) if rule.id in usable else None,
        )
        for rule in RULES
    ]


def _level(rule: Rule, history: Mapping[str, Record]) -> Level:
    record = history.get(rule.id, Record())
    return level_of(confidence_of(rule, Repair({}, ""), record))


def decide_mode(access: Access, rule_id: str, mode: str) -> None:
    """Let a rule correct, only propose, or rest; empty: its record decides.

    Promoted again, it is judged from now on.
    """
    if not mode:
        RuleSetting.objects.filter(rule=rule_id).delete()
        return
    RuleSetting.objects.update_or_create(
        rule=rule_id,
        defaults={"mode": mode, "changed_at": now(), "changed_by_id": access.user_id},
    )


def _modes() -> dict[str, str]:
    return dict(RuleSetting.objects.values_list("rule", "mode"))
