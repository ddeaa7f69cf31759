"""Writes calendars other programs read (RFC 5545): text escaped, lines folded, times with their zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LINE_OCTETS = 75  # RFC 5545, section 3.1
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ud800-\udfff]")
_NEW_LINE = re.compile(r"\r\n|\r|\n")
# No rule of a clock change is written: a zone that had one in these years goes out in UTC.
_STEADY_YEARS = range(2000, 2038)


@dataclass(frozen=True)
class IcsEvent:
    """One entry of a calendar."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    changed_at: datetime
    description: str = ""
    location: str = ""
    url: str = ""
    is_all_day: bool = False
    is_private: bool = False


def write_calendar(name: str, events: Iterable[IcsEvent], zone: ZoneInfo) -> bytes:
    """Return a whole calendar as the bytes of an .ics file."""
    steady = is_steady(zone)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Keqiao//Keqiao//ZH", "CALSCALE:GREGORIAN"]
    lines += ["METHOD:PUBLISH", f"X-WR-CALNAME:{escaped(name)}", f"X-WR-TIMEZONE:{zone.key}"]
    # How often readers that honour it come again.
    lines += ["REFRESH-INTERVAL;VALUE=DURATION:PT15M", "X-PUBLISHED-TTL:PT15M"]
    if steady:
        lines += _zone_lines(zone)
    for event in events:
        lines += _event_lines(event, zone, steady=steady)
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def is_steady(zone: ZoneInfo) -> bool:
    """Tell whether the zone's clocks have stood still, as those of Shanghai have since 1991."""
    moments = (datetime(year, month, 1, tzinfo=zone) for year in _STEADY_YEARS for month in (1, 7))
    return len({moment.utcoffset() for moment in moments}) == 1


def _zone_lines(zone: ZoneInfo) -> list[str]:
    moment = datetime(2020, 1, 1, tzinfo=zone)
    offset = _offset(moment.utcoffset() or timedelta())
    return [
        "BEGIN:VTIMEZONE",
        f"TZID:{zone.key}",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        f"TZOFFSETFROM:{offset}",
        f"TZOFFSETTO:{offset}",
        f"TZNAME:{escaped(moment.tzname() or zone.key)}",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _event_lines(event: IcsEvent, zone: ZoneInfo, *, steady: bool) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{escaped(event.uid)}"
    yield f"DTSTAMP:{_in_utc(event.changed_at)}"
    yield f"LAST-MODIFIED:{_in_utc(event.changed_at)}"
    if event.is_all_day:
        first, last = event.start.astimezone(zone).date(), event.end.astimezone(zone).date()
        yield f"DTSTART;VALUE=DATE:{_day(first)}"
        # The end is not part of the event (section 3.6.1), and at least one day later.
        yield f"DTEND;VALUE=DATE:{_day(max(last, first) + timedelta(days=1))}"
    else:
        yield f"DTSTART{_moment(event.start, zone, steady=steady)}"
        yield f"DTEND{_moment(max(event.end, event.start), zone, steady=steady)}"
    yield f"SUMMARY:{escaped(event.summary)}"
    if event.description:
        yield f"DESCRIPTION:{escaped(event.description)}"
    if event.location:
        yield f"LOCATION:{escaped(event.location)}"
    if event.url:
        yield f"URL:{_CONTROL.sub('', event.url)}"
    if event.is_private:
        yield "CLASS:PRIVATE"
    yield "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _moment(moment: datetime, zone: ZoneInfo, *, steady: bool) -> str:
    if not steady:
        return f":{_in_utc(moment)}"
    return f";TZID={zone.key}:{moment.astimezone(zone):%Y%m%dT%H%M%S}"


def _in_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def escaped(text: str) -> str:
    """Return text as a TEXT value (section 3.3.11)."""
    text = _CONTROL.sub("", text.replace("\u2028", "\n").replace("\u2029", "\n"))
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return _NEW_LINE.sub(r"\\n", text)


def folded(line: str) -> bytes:
    """Return a line in pieces of at most 75 octets, no character cut in two."""
    pieces: list[bytes] = []
    piece, limit = b"", LINE_OCTETS
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > limit:
            pieces.append(piece)
            # The blank that begins a continued line counts as well.
            piece, limit = b"", LINE_OCTETS - 1
        piece += octets
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
