"""Working days and minutes against a model that walks through every single minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.automation.arrangements import shipped
from keqiao.automation.working_calendar import DEFAULT_WEEK
from keqiao.automation.working_time import DayKind, DayRule, NoWorkingTime, WorkingTime

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
OFFICIAL = {day: rule for days in shipped().values() for day, rule in days.items()}
CHINA = WorkingTime(DEFAULT_WEEK, OFFICIAL, SHANGHAI)
MINUTE = timedelta(minutes=1)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-02-13 17:30", 60, "2026-02-14 09:30"),  # into a make-up Saturday
        ("2026-02-14 17:30", 60, "2026-02-24 09:30"),  # over Spring Festival
        ("2026-09-30 17:30", 480, "2026-10-08 18:00"),  # over National Day, to the end of a day
        ("2026-10-10 09:00", 240, "2026-10-10 14:30"),
        ("2026-05-08 11:45", 60, "2026-05-08 14:15"),  # over lunch
        ("2026-01-03 10:00", 60, "2026-01-04 10:00"),  # a Saturday off, the Sunday worked
        ("2025-12-31 17:59", 2, "2026-01-04 09:01"),  # over the turn of the year
    ],
)
def test_working_minutes_reach_the_known_moments(start: str, minutes: int, end: str) -> None:
    assert CHINA.add_working_minutes(at(start), minutes) == at(end)
    assert CHINA.working_minutes_between(at(start), at(end)) == minutes


def test_official_years_have_as_many_days_off_and_made_up_as_their_notices() -> None:
    def counts(year: int) -> tuple[int, int]:
        days = shipped()[year]
        off = sum(rule.kind is DayKind.HOLIDAY and day.weekday() < 5 for day, rule in days.items())
        return off, sum(rule.kind is DayKind.WORKING for rule in days.values())

    assert {year: counts(year) for year in shipped()} == {
        2024: (19, 8),
        2025: (18, 5),
        2026: (19, 6),
    }
    weekdays = {day for day, rule in OFFICIAL.items() if rule.kind is DayKind.WORKING}
    assert all(day.weekday() >= 5 for day in weekdays), "only weekend days are made up for"
    assert all("国办发明电" in rule.source for rule in OFFICIAL.values())


# --- against the model --------------------------------------------------------------------------

periods = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda one: one[0] < one[1]),
    max_size=3,
).map(lambda found: _apart(found))


def _apart(found: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    kept: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if not kept or first >= kept[-1][1]:
            kept.append((first, last))
    return tuple(kept)


# The last days of a year and the first of the next one, in both of which everything may happen.
near_new_year = st.dates(date(2025, 12, 26), date(2026, 1, 8))
rules = st.builds(DayRule, st.sampled_from(list(DayKind)), st.just(""), st.none() | periods)
calendars = st.builds(
    WorkingTime,
    st.tuples(*[periods] * 7).filter(any),
    st.dictionaries(near_new_year, rules, max_size=8),
    st.sampled_from([SHANGHAI, ZoneInfo("UTC"), ZoneInfo("America/New_York")]),
)
moments = st.datetimes(datetime(2025, 12, 27), datetime(2026, 1, 6)).map(
    lambda one: one.replace(tzinfo=UTC)
)


def works_at(calendar: WorkingTime, moment: datetime) -> bool:
    """The plain rule: is this one minute worked?"""
    wall = moment.astimezone(calendar.zone)
    rule = calendar.days.get(wall.date())
    usual = calendar.week[wall.weekday()]
    if rule is None or rule.kind is DayKind.ORDINARY:
        hours = usual
    elif rule.kind is DayKind.HOLIDAY:
        hours = ()
    else:
        hours = rule.periods or usual or next(one for one in calendar.week if one)
    minute = wall.hour * 60 + wall.minute
    return any(first <= minute < last for first, last in hours)


def counted(calendar: WorkingTime, start: datetime, end: datetime) -> int:
    moment, stop = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    found = 0
    while moment < stop:
        found += works_at(calendar, moment)
        moment += MINUTE
    return found


@settings(max_examples=60, deadline=None)
@given(calendars, moments, moments)
def test_working_minutes_agree_with_counting_each(
    calendar: WorkingTime, first: datetime, second: datetime
) -> None:
    start, end = sorted((first, second))
    assert calendar.working_minutes_between(start, end) == counted(calendar, start, end)
    assert calendar.working_minutes_between(end, start) == 0


@settings(max_examples=60, deadline=None)
@given(calendars, moments, st.integers(1, 2000))
def test_adding_working_minutes_ends_right_after_the_last_of_them(
    calendar: WorkingTime, start: datetime, minutes: int
) -> None:
    end = calendar.add_working_minutes(start, minutes)
    assert calendar.working_minutes_between(start, end) == minutes
    assert works_at(calendar, end - MINUTE), "one minute earlier it was not yet done"


@settings(max_examples=100, deadline=None)
@given(calendars, st.lists(moments, min_size=3, max_size=3))
def test_parts_of_an_interval_add_up(calendar: WorkingTime, three: list[datetime]) -> None:
    a, b, c = sorted(three)
    between = calendar.working_minutes_between
    assert between(a, b) + between(b, c) == between(a, c)


@settings(max_examples=100, deadline=None)
@given(calendars, near_new_year, st.integers(-15, 15))
def test_working_days_agree_with_walking(calendar: WorkingTime, day: date, count: int) -> None:
    walked, left = day, abs(count)
    while left:
        walked += timedelta(days=1 if count > 0 else -1)
        left -= calendar.is_working(walked)
    assert calendar.add_working_days(day, count) == walked
    if count > 0:
        assert calendar.working_days_between(day, walked) == count


@settings(max_examples=40, deadline=None)
@given(st.datetimes(datetime(2026, 3, 27), datetime(2026, 3, 31)), st.integers(1, 1500))
def test_minutes_are_real_minutes_where_clocks_change(start: datetime, minutes: int) -> None:
    """Berlin skips an hour in the night to 29 March 2026."""
    calendar = WorkingTime((((0, 1440),),) * 7, {}, BERLIN)
    begin = start.replace(tzinfo=UTC, second=0, microsecond=0)
    assert calendar.add_working_minutes(begin, minutes) == begin + timedelta(minutes=minutes)
    end = begin + timedelta(minutes=minutes)
    assert calendar.working_minutes_between(begin, end) == minutes


def test_a_calendar_without_any_working_time_says_so_instead_of_running_for_ever() -> None:
    idle = WorkingTime(((),) * 7, {}, SHANGHAI)
    with pytest.raises(NoWorkingTime):
        idle.add_working_days(date(2026, 1, 1), 1)
    with pytest.raises(NoWorkingTime):
        idle.add_working_minutes(at("2026-01-01 09:00"), 1)
    assert idle.working_minutes_between(at("2020-01-01 09:00"), at("2026-01-01 09:00")) == 0
