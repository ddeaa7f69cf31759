"""The company's rules of reminding: how early, when in the morning, and the ladder of overdue work."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from keqiao.activities.day_models import FollowUpRules
from keqiao.activities.escalation import DEFAULT_STEPS, MOST_STEPS, Step

LATEST_DAY = 60
LONGEST_WARNING = 240


class RuleProblem(Exception):
    """Rules that cannot be kept; the message says why."""


@dataclass(frozen=True)
class Rules:
    """What holds now."""

    steps: tuple[Step, ...] = DEFAULT_STEPS
    event_minutes: int = 15
    morning: str = "08:30"
    told_on: date | None = None

    @property
    def morning_time(self) -> time:
        return time.fromisoformat(self.morning)


def rules() -> Rules:
    row = FollowUpRules.objects.order_by("pk").first()
    if row is None:
        return Rules()
    steps = tuple(Step(**step) for step in row.steps)
    return Rules(steps, row.event_minutes, row.morning, row.told_on)


def change_rules(steps: list[Step], event_minutes: int, morning: str) -> None:
    """Put new rules in force. What was reported stays reported."""
    if len(steps) > MOST_STEPS:
        raise RuleProblem(_("There are at most 6 steps."))
    ordered = sorted(steps, key=lambda step: step.after_days)
    days = [step.after_days for step in ordered]
    if any(not 1 <= day <= LATEST_DAY for day in days) or len(set(days)) < len(days):
        raise RuleProblem(_("Each step needs another number of working days, from 1 to 60."))
    if any(not (step.tells_owner or step.tells_superior or step.marks_risk) for step in ordered):
        raise RuleProblem(_("A step that does nothing is no step. Please tick what it does."))
    if not 0 <= event_minutes <= LONGEST_WARNING:
        raise RuleProblem(_("People can be reminded up to 240 minutes before an event."))
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", morning):
        raise RuleProblem(_("This is not a time of day. Write it like 08:30."))
    _store(steps=[asdict(step) for step in ordered], event_minutes=event_minutes, morning=morning)


def claim_morning(day: date) -> bool:
    """Tell whether the morning round of `day` is still to be made, and that it is made now."""
    with transaction.atomic():
        _store()
        row = FollowUpRules.objects.select_for_update().order_by("pk").first()
        if row is None or (row.told_on is not None and row.told_on >= day):
            return False
        row.told_on = day
        row.save(update_fields=["told_on"])
    return True


def _store(**values: Any) -> None:
    FollowUpRules.objects.get_or_create(
        pk=1, defaults={"steps": [asdict(step) for step in DEFAULT_STEPS]}
    )
    if values:
        FollowUpRules.objects.filter(pk=1).update(
            steps=values["steps"], event_minutes=values["event_minutes"], morning=values["morning"]
        )
