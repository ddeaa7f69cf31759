"""A date is read in one way only, and the reader says what it had to mend."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.base.clock import now, today
from keqiao.base.dates import DateProblem, Parsed, parse_date, parse_datetime

DAY = date(2026, 11, 21)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("raw", "repair"),
    [
        ("2026-11-21", None), ("2026/11/21", None), ("2026.11.21", None), ("2026年11月21日", None),
        ("2026 年 11 月 21 日", None), ("2026年11月21号", None), ("20261121", None), (20261121, None),
        ("２０２６－１１－２１", None), (" 2026-11-21 ", None), ("2026 - 11 - 21", None),
        ("21/11/2026", "day_first"), ("11/21/2026", "month_first"), ("21 Nov 2026", None),
        ("November 21, 2026", None), ("21-Nov-2026", None), ("民国115年11月21日", "from_roc"),
        ("二〇二六年十一月二十一日", "chinese_numerals"), (46347, "from_serial"),
        ("46347", "from_serial"), (46347.75, "from_serial"), ("46347.0", "from_serial"),
        ("2026-11-21 14:30", "time_dropped"), ("2026-11-21 00:00:00", None),
        ("2026-11-21T00:30:00+08:00", "time_dropped"), ("2026-11-20T17:00:00Z", "time_dropped"),
        (DAY, None), (datetime(2026, 11, 21), None), (datetime(2026, 11, 20, 17, tzinfo=UTC), "time_dropped"),
    ],
)  # fmt: skip
def test_one_day_many_spellings(raw: object, repair: str | None) -> None:
    assert parse_date(raw) == Parsed(DAY, repair)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "empty"), ("soon", "not_a_date"), ("05/06/2026", "ambiguous"), ("2026/2/30", "no_such_day"),
        ("2026-13-01", "no_such_day"), ("2025-02-29", "no_such_day"), ("20260230", "no_such_day"),
        ("1899-12-31", "year"), ("2201-01-01", "year"), ("0001-01-01", "year"), (date(9999, 1, 1), "year"),
        ("26/11/21", "short_year"), ("26年11月21日", "short_year"), ("2026-11", "incomplete"),
        ("2026年11月", "incomplete"), (2026, "unclear_number"), ("2026", "unclear_number"),
        (-1, "unclear_number"), (1e300, "unclear_number"), (float("inf"), "unclear_number"),
        (float("nan"), "not_a_date"), (True, "not_a_date"), ("2026-11-21 25:00", "no_such_time"),
        ("2026-11-21 10:00+99:00", "no_such_time"), ("2026-11/21", "not_a_date"),
        ("٢٠٢٦-١١-٢١", "not_a_date"), ("x" * 100, "not_a_date"),
    ],
)  # fmt: skip
def test_refused_dates(raw: object, code: str) -> None:
    with pytest.raises(DateProblem) as refused:
        parse_date(raw)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_the_same_day_and_month_is_not_ambiguous() -> None:
    assert parse_date("05/05/2026").value == date(2026, 5, 5)


def test_spreadsheet_serials_are_right_on_both_sides_of_a_leap_day() -> None:
    assert parse_date(44927).value == date(2023, 1, 1)
    assert parse_date(45350).value == date(2024, 2, 28)
    assert parse_date(45352).value == date(2024, 3, 1)


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)))
def test_every_day_is_read_back_from_every_plain_form(day: date) -> None:
    for form in (
        day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
    ):  # fmt: skip
        assert parse_date(form) == Parsed(day)


@pytest.mark.parametrize(
    ("raw", "hour", "minute"),
    [
        ("2026-11-21 14:30", 14, 30), ("2026-11-21 14:30:00", 14, 30), ("2026年11月21日14:30", 14, 30),
        ("2026年11月21日 下午2点半", 14, 30), ("2026-11-21 上午9时5分", 9, 5), ("2026/11/21 2:30 PM", 14, 30),
        ("Nov 21, 2026 12:15 am", 0, 15), ("2026-11-21 中午12点", 12, 0), ("2026-11-21 星期六 08:00", 8, 0),
        ("2026-11-21T06:30:00Z", 14, 30), ("2026-11-21T14:30:00.123456+08:00", 14, 30),
        ("2026-11-21T06:30+0000", 14, 30), (46347.5, 12, 0), ("2026-11-21", 0, 0),
    ],
)  # fmt: skip
def test_moments(raw: str | float, hour: int, minute: int) -> None:
    found = parse_datetime(raw)
    assert found.value.tzinfo is not None
    assert found.value.astimezone(SHANGHAI).replace(second=0) == datetime(
        2026, 11, 21, hour, minute, tzinfo=SHANGHAI
    )


def test_repairs_of_moments() -> None:
    assert parse_datetime("2026-11-21").repair == "midnight"
    assert parse_datetime(46347.5).repair == "from_serial"
    assert parse_datetime("2026-11-21 14:30").repair is None


def test_the_clock_knows_the_business_day(time_machine: object) -> None:
    time_machine.move_to(datetime(2026, 11, 20, 16, 30, tzinfo=UTC))  # type: ignore[attr-defined]
    assert today() == DAY
    assert now().tzinfo is not None
