"""Counts in working days and working minutes, for promises and reminders that rest when people do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

Period = tuple[int, int]  # minutes after midnight: from (included), to (not included)
Periods = tuple[Period, ...]

MINUTES_A_DAY = 24 * 60
ONE_DAY = timedelta(days=1)
# More days off in a row than this is a mistake in the table, not a holiday.
LONGEST_PAUSE_DAYS = 800


class DayKind(StrEnum):
    """What a day is instead of what its weekday would make it."""

    HOLIDAY = "holiday"
    WORKING = "working"  # 调休: a Saturday or Sunday worked for a longer holiday
    ORDINARY = "ordinary"  # as its weekday says, whatever the official arrangement holds


@dataclass(frozen=True)
class DayRule:
    """What holds on one day."""

    kind: DayKind
    name: str = ""
    periods: Periods | None = None  # None: those of the week
    source: str = ""


class NoWorkingTime(Exception):
    """The table leaves no working time for years on end, so nothing can be counted in it."""


@dataclass(frozen=True)
class WorkingTime:
    """A week, the days that differ from it, and the time zone it is lived in."""

    week: tuple[Periods, ...]
    days: Mapping[date, DayRule]
    zone: tzinfo

    # --- days -----------------------------------------------------------------------------------

    def rule(self, day: date) -> DayRule | None:
        return self.days.get(day)

    def periods(self, day: date) -> Periods:
        """Return the working periods of a day; none when nobody works."""
        rule = self.days.get(day)
        usual = self.week[day.weekday()]
        if rule is None or rule.kind is DayKind.ORDINARY:
            return usual
        if rule.kind is DayKind.HOLIDAY:
            return ()
        return rule.periods or usual or self.usual_periods

    @property
    def usual_periods(self) -> Periods:
        """Return the hours of the first working weekday: a make-up Saturday is worked like it."""
        return next((periods for periods in self.week if periods), ())

    def is_working(self, day: date) -> bool:
        return bool(self.periods(day))

    def next_working_day(self, day: date) -> date:
        """Return the first working day after `day`."""
        return self._step(day, ONE_DAY)

    def _step(self, day: date, step: timedelta) -> date:
        for _count in range(LONGEST_PAUSE_DAYS):
            day += step
            if self.is_working(day):
                return day
        raise NoWorkingTime

    def add_working_days(self, day: date, count: int) -> date:
        """Return the working day `count` working days after `day` (before it, when negative)."""
        step = ONE_DAY if count > 0 else -ONE_DAY
        for _number in range(abs(count)):
            day = self._step(day, step)
        return day

    def working_days_between(self, first: date, last: date) -> int:
        """Count the working days after `first` up to and with `last`; 0 when `last` is not later."""
        days = (last - first).days
        return sum(self.is_working(first + timedelta(days=n)) for n in range(1, days + 1))

    # --- minutes --------------------------------------------------------------------------------

    def working_minutes_between(self, start: datetime, end: datetime) -> int:
        """Count the whole working minutes from `start` up to `end`; 0 when `end` is not later.

        Both are taken as their whole minute, so that the parts of an interval add up to it.
        """
        start, end = _whole_minute(start), _whole_minute(end)
        if end <= start:
            return 0
        last, minutes = end.astimezone(self.zone).date(), 0
        for opens, closes in self._openings(start):
            if opens >= end:
                break
            minutes += max(0, _minutes(min(closes, end) - max(opens, start)))
            if closes.astimezone(self.zone).date() > last:
                break
        return minutes

    def add_working_minutes(self, start: datetime, minutes: int) -> datetime:
        """Return the first moment at which `minutes` working minutes have passed since `start`."""
        if minutes <= 0:
            return start
        begin, left = _whole_minute(start), minutes
        for opens, closes in self._openings(begin):
            opens = max(opens, begin)
            here = max(0, _minutes(closes - opens))
            if here >= left:
                return (opens + timedelta(minutes=left)).astimezone(start.tzinfo)
            left -= here
        raise NoWorkingTime

    def _openings(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working periods from the day of `start` on, as moments, until a pause too long."""
        day, pause = start.astimezone(self.zone).date(), 0
        while pause < LONGEST_PAUSE_DAYS:
            periods = self.periods(day)
            pause = 0 if periods else pause + 1
            for opens, closes in periods:
                yield self._moment(day, opens), self._moment(day, closes)
            day += ONE_DAY

    def _moment(self, day: date, minutes: int) -> datetime:
        """Return the moment a wall clock of this zone shows that many minutes after midnight."""
        if minutes == MINUTES_A_DAY:
            day, minutes = day + ONE_DAY, 0
        wall = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=self.zone)
        # Differences between moments of one zone ignore its clock changes; in UTC they do not.
        return wall.astimezone(UTC)


def _whole_minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60
