"""The ladder of overdue work against a plain diary kept day by day over months."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.activities.escalation import DEFAULT_STEPS, Overdue, Step, escalate, is_at_risk
from keqiao.automation.arrangements import shipped
from keqiao.automation.working_calendar import DEFAULT_WEEK
from keqiao.automation.working_time import WorkingTime

FIRST = date(2025, 12, 1)
DAYS = 120  # over the turn of the year and Spring Festival
OFFICIAL = {day: rule for days in shipped().values() for day, rule in days.items()}
CALENDAR = WorkingTime(DEFAULT_WEEK, OFFICIAL, ZoneInfo("Asia/Shanghai"))

days = st.integers(0, DAYS - 1).map(lambda number: FIRST + timedelta(days=number))
step_lists = st.lists(
    st.builds(Step, st.integers(1, 20), st.booleans(), st.booleans(), st.booleans()),
    min_size=1,
    max_size=4,
    unique_by=lambda step: step.after_days,
).map(lambda found: tuple(sorted(found, key=lambda step: step.after_days)))
lives = st.lists(
    st.fixed_dictionaries(
        {
            "due": days,
            "moved": st.none() | st.tuples(days, days),  # on this day, to that day
            "done": st.none() | days,
        }
    ),
    min_size=1,
    max_size=6,
)


def is_open(life: dict, day: date) -> bool:
    return life["done"] is None or day < life["done"]


def due_on(life: dict, day: date) -> date:
    moved = life["moved"]
    return moved[1] if moved and day >= moved[0] else life["due"]


@settings(max_examples=80, deadline=None)
@given(lives, step_lists, st.sets(days, max_size=30))
def test_every_step_is_taken_once_on_its_working_day(
    lives: list[dict], steps: tuple[Step, ...], outages: set[date]
) -> None:
    taken: dict[tuple[int, date], int] = {}
    diary: list[tuple[date, int, int]] = []
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        if day in outages or not CALENDAR.is_working(day):
            continue
        items = [
            Overdue(f"{n}", due_on(life, day), taken.get((n, due_on(life, day)), 0))
            for n, life in enumerate(lives)
            if is_open(life, day) and due_on(life, day) < day
        ]
        for found in escalate(items, steps, day, CALENDAR.working_days_between):
            n = int(found.key)
            taken[(n, due_on(lives[n], day))] = found.level
            diary.append((day, n, found.level))
    assert diary == plain_diary(lives, steps, outages)


def plain_diary(
    lives: list[dict], steps: tuple[Step, ...], outages: set[date]
) -> list[tuple[date, int, int]]:
    """The same told as a clerk would: each morning, count the worked days since it was due."""
    diary = []
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        if day in outages or not CALENDAR.is_working(day):
            continue
        for n, life in enumerate(lives):
            due = due_on(life, day)
            if not is_open(life, day) or due >= day:
                continue
            worked = sum(
                CALENDAR.is_working(due + timedelta(days=k)) for k in range(1, (day - due).days + 1)
            )
            level = max(
                (i + 1 for i, step in enumerate(steps) if step.after_days <= worked), default=0
            )
            told = [entry[2] for entry in diary if entry[1] == n and due_on(life, entry[0]) == due]
            if level > max(told, default=0):
                diary.append((day, n, level))
    return diary


def test_the_default_ladder_is_three_five_and_seven_working_days() -> None:
    due = date(2026, 2, 12)  # a Thursday; the 14th is worked, the 15th to the 23rd are not
    days_told = {}
    level = 0
    for number in range(30):
        day = due + timedelta(days=number)
        found = escalate(
            [Overdue("a", due, level)], DEFAULT_STEPS, day, CALENDAR.working_days_between
        )
        for one in found:
            level = one.level
            days_told[day.isoformat()] = (
                one.days,
                one.step.tells_superior,
                is_at_risk(DEFAULT_STEPS, level),
            )
    assert days_told == {
        "2026-02-24": (3, False, False),
        "2026-02-26": (5, True, False),
        "2026-02-28": (7, True, True),
    }


def test_what_lay_for_months_is_not_reported_any_more() -> None:
    old = Overdue("a", date(2025, 3, 3))
    [found] = escalate([old], DEFAULT_STEPS, date(2026, 3, 3), CALENDAR.working_days_between)
    assert found.is_silent
