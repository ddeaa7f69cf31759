"""The company's working calendar: official holidays, 调休, the own week, and what was changed by hand.

Ask it through the functions below; each process keeps the table until somebody changes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.automation.arrangements import NAME_LENGTH, shipped
from keqiao.automation.models import ArrangedYear, OwnDay, WorkingWeek
from keqiao.automation.working_time import (
    MINUTES_A_DAY,
    DayKind,
    DayRule,
    Period,
    Periods,
    WorkingTime,
)
from keqiao.base.clock import now
from keqiao.catalog import state

if TYPE_CHECKING:
    from keqiao.access.access import Access

VERSION = "working_calendar"
_WORKDAY: Periods = ((9 * 60, 12 * 60), (13 * 60 + 30, 18 * 60))
DEFAULT_WEEK: tuple[Periods, ...] = (*(_WORKDAY for _day in range(5)), (), ())
MOST_PERIODS = 6


class CalendarProblem(Exception):
    """A change of the working calendar that cannot be made; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# --- asking ---------------------------------------------------------------------------------------

_current: tuple[int, str, WorkingTime] | None = None


def working_time() -> WorkingTime:
    """Return the calendar now in force; reads the database only after a change."""
    global _current
    number, zone = state.version(VERSION), timezone.get_default_timezone_name()
    kept = _current
    if kept is None or kept[:2] != (number, zone):
        kept = _current = (number, zone, _load())
    return kept[2]


def forget() -> None:
    """Drop the kept calendar (tests that roll the database back behind its version)."""
    global _current
    _current = None


def _load() -> WorkingTime:
    week = WorkingWeek.objects.order_by("pk").first()
    return WorkingTime(
        week=_as_week(week.periods) if week else DEFAULT_WEEK,
        days={**_official_days(), **_own_days()},
        zone=timezone.get_default_timezone(),
    )


def _official_days() -> dict[date, DayRule]:
    years: dict[int, Mapping[date, DayRule]] = dict(shipped())
    for row in ArrangedYear.objects.all():
        years[row.year] = {
            date.fromisoformat(day): DayRule(DayKind(kind), name, source=row.source)
            for day, (kind, name) in row.days.items()
        }
    # In order: what a later notice says about the turn of the year is the newer word.
    return {day: rule for year in sorted(years) for day, rule in years[year].items()}


def _own_days() -> dict[date, DayRule]:
    return {
        row.day: DayRule(
            DayKind(row.kind), row.name, _as_periods(row.periods) if row.periods else None
        )
        for row in OwnDay.objects.all()
    }


def is_working(day: date) -> bool:
    return working_time().is_working(day)


def next_working_day(day: date) -> date:
    """Return the first working day after `day`."""
    return working_time().next_working_day(day)


def add_working_days(day: date, count: int) -> date:
    """Return the working day `count` working days after `day` (before it, when negative)."""
    return working_time().add_working_days(day, count)


def working_days_between(first: date, last: date) -> int:
    """Count the working days after `first` up to and with `last`."""
    return working_time().working_days_between(first, last)


def working_minutes_between(start: datetime, end: datetime) -> int:
    return working_time().working_minutes_between(start, end)


def add_working_minutes(start: datetime, minutes: int) -> datetime:
    return working_time().add_working_minutes(start, minutes)


def is_arranged(year: int) -> bool:
    """Tell whether the official holidays of a year are known."""
    return year in shipped() or ArrangedYear.objects.filter(year=year).exists()


WARN_FROM_MONTH = 10


def years_without_arrangement(today: date) -> list[int]:
    """Return which years administrators should look after: this one, from October on the next too."""
    wanted = [today.year, *([today.year + 1] if today.month >= WARN_FROM_MONTH else [])]
    return [year for year in wanted if not is_arranged(year)]


# --- changing -------------------------------------------------------------------------------------


def change_week(access: Access, week: Sequence[Sequence[Period]]) -> None:
    """Set the working periods of every weekday."""
    checked = [checked_periods(periods) for periods in week]
    if len(checked) != 7 or not any(checked):
        raise CalendarProblem(_("At least one weekday needs working hours."))
    with transaction.atomic():
        WorkingWeek.objects.all().delete()
        WorkingWeek.objects.create(periods=checked, changed_at=now(), changed_by_id=access.user_id)
        state.bump(VERSION)


def change_day(
    access: Access, day: date, kind: DayKind, name: str = "", periods: Sequence[Period] = ()
) -> None:
    """Say what one day is, whatever the official arrangement holds."""
    hours = checked_periods(periods) if kind is DayKind.WORKING and periods else None
    with transaction.atomic():
        OwnDay.objects.update_or_create(
            day=day,
            defaults={
                "kind": kind.value,
                "name": name.strip()[:NAME_LENGTH],
                "periods": hours,
                "changed_at": now(),
                "changed_by_id": access.user_id,
            },
        )
        state.bump(VERSION)


def reset_day(day: date) -> None:
    """Let a day be again what the official arrangement and its weekday make it."""
    with transaction.atomic():
        OwnDay.objects.filter(day=day).delete()
        state.bump(VERSION)


def arrange_year(access: Access, year: int, days: Mapping[date, DayRule], source: str = "") -> None:
    """Put the official arrangement of one year in force; own changes of single days stay."""
    with transaction.atomic():
        ArrangedYear.objects.update_or_create(
            year=year,
            defaults={
                "days": {
                    day.isoformat(): [rule.kind.value, rule.name] for day, rule in days.items()
                },
                "source": source.strip()[:120],
                "changed_at": now(),
                "changed_by_id": access.user_id,
            },
        )
        state.bump(VERSION)


def reset_year(year: int) -> int:
    """Undo every own change of a year; return how many days were changed back.

    The shipped arrangement returns as well; where none is shipped, the imported one stays.
    """
    with transaction.atomic():
        count, _rows = OwnDay.objects.filter(day__year=year).delete()
        if year in shipped():
            ArrangedYear.objects.filter(year=year).delete()
        state.bump(VERSION)
    return count


def checked_periods(periods: Sequence[Period]) -> list[list[int]]:
    """Return periods in order, or say what is wrong with them."""
    ordered = sorted((int(first), int(last)) for first, last in periods)
    if len(ordered) > MOST_PERIODS:
        raise CalendarProblem(_("A day has at most 6 working periods."))
    for first, last in ordered:
        if not 0 <= first < last <= MINUTES_A_DAY:
            raise CalendarProblem(
                _(
                    "A working period ends after it begins."
                    " Enter a night shift as two: until 24:00, and from 0:00."
                )
            )
    for (_first, last), (following, _end) in pairwise(ordered):
        if following < last:
            raise CalendarProblem(
                _("Two working periods of a day overlap. Please correct the times.")
            )
    return [list(period) for period in ordered]


def _as_periods(stored: Sequence[Sequence[int]]) -> Periods:
    return tuple((first, last) for first, last in stored)


def _as_week(stored: Sequence[Sequence[Sequence[int]]]) -> tuple[Periods, ...]:
    return tuple(_as_periods(periods) for periods in stored)
