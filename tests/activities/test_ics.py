"""Calendars for other programs: every text comes back as it was, every line is short enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.activities.ics import IcsEvent, escaped, folded, is_steady, write_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YEAR = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai


def unfold(data: bytes) -> list[str]:
    return data.replace(b"\r\n ", b"").decode().split("\r\n")


def unescaped(text: str) -> str:
    found, rest = "", iter(text)
    for char in rest:
        if char != "\\":
            found += char
            continue
        following = next(rest)
        found += "\n" if following in "nN" else following
    return found


def event(**values) -> IcsEvent:
    given = {
        "uid": "event-1@keqiao",
        "start": NEW_YEAR,
        "end": NEW_YEAR + timedelta(hours=1),
        "summary": "拜访",
        "changed_at": NEW_YEAR,
    }
    return IcsEvent(**{**given, **values})


def values_of(data: bytes, name: str) -> list[str]:
    lines = unfold(data)
    return [
        line.partition(":")[2]
        for line in lines[lines.index("BEGIN:VEVENT") :]
        if line.partition(":")[0].partition(";")[0] == name
    ]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=300))
def test_any_text_comes_back_whole(text: str) -> None:
    text = text.replace("\u2028", "").replace("\u2029", "")
    data = write_calendar("客桥", [event(summary=text)], SHANGHAI)
    assert unescaped(values_of(data, "SUMMARY")[0]) == text
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    data.decode()  # no character was cut in two


@pytest.mark.parametrize(
    "text", ["a\r\nEND:VEVENT\r\nBEGIN:VEVENT", "a\nb", "a\rb", "\x00\x1b[2J", "a\u2028b", "\ud800"]
)
def test_no_text_makes_lines_of_its_own(text: str) -> None:
    data = write_calendar(
        text, [event(summary=text, location=text, description=text, uid=text)], SHANGHAI
    )
    lines = unfold(data)
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1
    assert "\x00" not in data.decode()


def test_times_carry_the_zone_and_cross_the_year() -> None:
    data = write_calendar("客桥", [event()], SHANGHAI)
    lines = unfold(data)
    assert "DTSTART;TZID=Asia/Shanghai:20261231T233000" in lines
    assert "DTEND;TZID=Asia/Shanghai:20270101T003000" in lines
    assert lines[lines.index("BEGIN:VTIMEZONE") + 1] == "TZID:Asia/Shanghai"
    assert "TZOFFSETTO:+0800" in lines


def test_zones_with_clock_changes_go_out_in_utc() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert not is_steady(berlin)
    data = write_calendar("客桥", [event()], berlin)
    assert values_of(data, "DTSTART") == ["20261231T153000Z"]
    assert b"VTIMEZONE" not in data


def test_a_whole_day_ends_the_day_after_and_no_event_ends_before_it_begins() -> None:
    data = write_calendar("客桥", [event(is_all_day=True, end=NEW_YEAR)], SHANGHAI)
    assert values_of(data, "DTSTART") == ["20261231"]
    assert values_of(data, "DTEND") == ["20270101"]
    backwards = write_calendar("客桥", [event(end=NEW_YEAR - timedelta(hours=3))], SHANGHAI)
    assert values_of(backwards, "DTEND") == ["20261231T233000"]


def test_lines_are_folded_by_octets() -> None:
    pieces = folded("SUMMARY:" + "桥" * 60).split(b"\r\n")
    assert all(len(piece) <= 75 for piece in pieces)
    assert all(piece.startswith(b" ") for piece in pieces[1:-1])
    assert escaped("a,b;c\\d") == "a\\,b\\;c\\\\d"
