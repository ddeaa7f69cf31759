"""When overdue work is reported, and to whom: steps counted in working days, each taken once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

WorkingDays = Callable[[date, date], int]


@dataclass(frozen=True)
class Step:
    """What happens when something has been overdue for so many working days."""

    after_days: int
    tells_owner: bool = True
    tells_superior: bool = False
    marks_risk: bool = False


DEFAULT_STEPS = (
    Step(3),
    Step(5, tells_superior=True),
    Step(7, tells_superior=True, marks_risk=True),
)
MOST_STEPS = 6
# What has lain for longer after the last step came in by an import or was given up long ago: a
# report about it would only drown the others.
SILENT_AFTER_DAYS = 30


@dataclass(frozen=True)
class Overdue:
    """An open piece of work and how many steps of the ladder it has been taken up already."""

    key: str
    due_on: date
    level: int = 0


@dataclass(frozen=True)
class Escalated:
    """A step that is taken now: `level` counts from 1."""

    key: str
    level: int
    days: int
    step: Step
    is_silent: bool = False


def reached(steps: Sequence[Step], days: int) -> int:
    """Return how many steps are reached after so many working days overdue."""
    return sum(step.after_days <= days for step in steps)


def escalate(
    items: Sequence[Overdue], steps: Sequence[Step], today: date, working_days: WorkingDays
) -> list[Escalated]:
    """Return the steps to take today.

    After an outage only the highest step is taken; what it passes over would be old news.
    """
    taken = []
    silent_after = (steps[-1].after_days if steps else 0) + SILENT_AFTER_DAYS
    for item in items:
        days = working_days(item.due_on, today)
        level = reached(steps, days)
        if level > item.level:
            is_silent = days > silent_after
            taken.append(Escalated(item.key, level, days, steps[level - 1], is_silent))
    return taken


def is_at_risk(steps: Sequence[Step], level: int) -> bool:
    return any(step.marks_risk for step in steps[:level])
