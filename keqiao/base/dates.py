"""Days and times as people and spreadsheets write them; an unclear one is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Generic, NoReturn, TypeVar

from django.utils import timezone as zone
from django.utils.translation import gettext_lazy as _

from keqiao.base.numbers import parse_chinese
from keqiao.base.problems import Problem
from keqiao.base.text import fold_width

T = TypeVar("T")

FIRST_YEAR, LAST_YEAR = 1900, 2200
# Serial 60 is 29 February 1900, which never was: counting from 30 December 1899 is right after it.
_SERIAL_START = datetime(1899, 12, 30)
# Five-digit serials only (1927 to 2173): shorter numbers are rather years, ages or typing slips.
_SERIALS = (10_000, 99_999)
_ROC_START = 1911

_SEPARATED = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CHINESE = re.compile(r"(民国|民國|公元|西元)?(\d{1,4})年(\d{1,2})月(\d{1,2})[日号號]?")
_CHINESE_NUMERALS = re.compile(
    r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号號]"
)
_ENGLISH = re.compile(
    r"(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?[\s-]*(?P<m1>[a-z]{3,9})\.?,?[\s-]*(?P<y1>\d{4}))"
    r"|(?:(?P<m2>[a-z]{3,9})\.?\s*(?P<d2>\d{1,2})(?:st|nd|rd|th)?,?\s*(?P<y2>\d{4}))"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_TIME = re.compile(
    r"(?P<before>上午|下午|晚上|中午|凌晨|早上|[ap]\.?m\.?)?\s*"
    r"(?P<hour>\d{1,2})(?:[:：](?P<minute>\d{1,2})(?:[:：](?P<second>\d{1,2})(?:[.,]\d{1,9})?)?"
    r"|[时時点點](?:(?P<minute2>\d{1,2})分?(?:(?P<second2>\d{1,2})秒)?|(?P<half>半))?)"
    r"\s*(?P<after>[ap]\.?m\.?)?\s*(?P<offset>z|utc|gmt|[+-]\d{2}:?\d{2})?"
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class DateProblem(Problem):
    """A text that is no day, or could be two different ones."""


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """A value and, if it was not written plainly, the short code of what was mended.

    Codes: from_serial, from_roc, chinese_numerals, day_first, month_first, time_dropped, midnight.
    """

    value: T
    repair: str | None = None


def parse_date(raw: str | float | date | datetime) -> Parsed[date]:
    """Return the calendar day."""
    if isinstance(raw, datetime):
        return _drop_time(Parsed(raw))
    if isinstance(raw, date):
        return Parsed(_checked(raw))
    if not isinstance(raw, str):
        return _drop_time(_from_serial(raw))
    text = _folded(raw)
    found = _read_day(text)
    if found is not None:
        return found
    return _drop_time(_read_moment(text))


def parse_datetime(raw: str | float | date | datetime) -> Parsed[datetime]:
    """Return the moment, aware; a time without an offset is meant in settings.TIME_ZONE."""
    if isinstance(raw, datetime):
        return Parsed(_aware(raw))
    if isinstance(raw, date):
        return Parsed(_aware(datetime.combine(raw, time())), "midnight")
    if not isinstance(raw, str):
        found = _from_serial(raw)
    else:
        text = _folded(raw)
        day = _read_day(text)
        if day is not None:
            return Parsed(_aware(datetime.combine(day.value, time())), day.repair or "midnight")
        found = _read_moment(text)
    return Parsed(_aware(found.value), found.repair)


def _folded(raw: str) -> str:
    if len(raw) > 80:
        _refuse("not_a_date", _("This is not a date. Write it like 2026-11-21."))
    text = " ".join(fold_width(raw).split()).lower()
    if not text:
        _refuse("empty", _("There is no date here. Write it like 2026-11-21."))
    if any(char.isdigit() and not char.isascii() for char in text):
        _refuse("not_a_date", _("This is not a date. Write it like 2026-11-21."))
    return re.sub(r"(?<=[./年月-]) | (?=[./年月日号-])", "", text)


def _read_day(text: str) -> Parsed[date] | None:
    """Return the day if the whole text is one, None if something else stands around it."""
    if found := _COMPACT.fullmatch(text):
        return Parsed(_day(int(found[1]), int(found[2]), int(found[3])))
    if found := _SEPARATED.fullmatch(text):
        return _from_parts(found[1], found[3], found[4])
    if found := _CHINESE.fullmatch(text):
        if found[1] in {"民国", "民國"}:
            return Parsed(
                _day(int(found[2]) + _ROC_START, int(found[3]), int(found[4])), "from_roc"
            )
        if len(found[2]) != 4:
            _refuse_short_year()
        return Parsed(_day(int(found[2]), int(found[3]), int(found[4])))
    if found := _CHINESE_NUMERALS.fullmatch(text):
        year, month, day = (parse_chinese(found[n]) for n in (1, 2, 3))
        return Parsed(_day(year, month, day), "chinese_numerals")
    if found := _ENGLISH.fullmatch(text):
        month = _month(found["m1"] or found["m2"])
        return Parsed(_day(int(found["y1"] or found["y2"]), month, int(found["d1"] or found["d2"])))
    return None


def _from_parts(first: str, second: str, third: str) -> Parsed[date]:
    if len(first) == 4:
        return Parsed(_day(int(first), int(second), int(third)))
    if len(third) != 4:
        _refuse_short_year()
    a, b, year = int(first), int(second), int(third)
    if a <= 12 and b <= 12 and a != b:
        _refuse(
            "ambiguous",
            _("This date could be read in two ways. Write the year first, like 2026-11-21."),
        )
    if a > 12:
        return Parsed(_day(year, b, a), "day_first")
    return Parsed(_day(year, a, b), "month_first")


def _refuse_short_year() -> NoReturn:
    _refuse("short_year", _("Write the year with four digits, like 2026-11-21."))


def _month(name: str) -> int:
    if name[:3] not in _MONTHS or not (name in _FULL_MONTHS or len(name) == 3 or name == "sept"):
        _refuse("not_a_date", _("This is not a date. Write it like 2026-11-21."))
    return _MONTHS.index(name[:3]) + 1


def _read_moment(text: str) -> Parsed[datetime]:
    if _NUMBER.fullmatch(text):
        return _from_serial(float(text))
    text = re.sub(r"(?:星期|周)[一二三四五六日天]", " ", text).strip()
    for separator in ("t", " ", "日", "号"):
        head, found, tail = text.partition(separator)
        if not found or not tail:
            continue
        day_text = head + found if separator in "日号" else head
        clock = _TIME.fullmatch(tail.strip())
        day = _read_day(day_text.strip()) if clock else None
        if clock and day is not None:
            return Parsed(_with_clock(day.value, clock), day.repair)
    # English dates hold blanks themselves: the clock is what stands last.
    for found_clock in re.finditer(r"[ ,]+(?=\d{1,2}:)", text):
        clock = _TIME.fullmatch(text[found_clock.end() :])
        day = _read_day(text[: found_clock.start()]) if clock else None
        if clock and day is not None:
            return Parsed(_with_clock(day.value, clock), day.repair)
    bare = _read_day(text)
    if bare is not None:
        return Parsed(datetime.combine(bare.value, time()), bare.repair)
    if re.fullmatch(r"\d{4}(?:[./-]\d{1,2}|年(?:\d{1,2}月)?)", text):
        _refuse("incomplete", _("The day is missing in this date. Write it like 2026-11-21."))
    _refuse("not_a_date", _("This is not a date. Write it like 2026-11-21."))


def _with_clock(day: date, clock: re.Match[str]) -> datetime:
    hour = int(clock["hour"])
    minute = 30 if clock["half"] else int(clock["minute"] or clock["minute2"] or 0)
    second = int(clock["second"] or clock["second2"] or 0)
    half = (clock["before"] or clock["after"] or "").replace(".", "")
    if half in {"下午", "晚上", "中午", "pm"} and hour < 12 and not (half == "中午" and hour > 9):
        hour += 12
    elif half in {"am", "凌晨", "上午"} and hour == 12:
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        _refuse("no_such_time", _("This time of day does not exist. Write it like 14:30."))
    moment = datetime.combine(day, time(hour, minute, second))
    return moment.replace(tzinfo=_offset(clock["offset"])) if clock["offset"] else moment


def _offset(text: str) -> timezone:
    if text in {"z", "utc", "gmt"}:
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if minutes >= 24 * 60:
        _refuse("no_such_time", _("This time zone does not exist. Leave it out."))
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _from_serial(number: float) -> Parsed[datetime]:
    if isinstance(number, bool) or number != number:
        _refuse("not_a_date", _("This is not a date. Write it like 2026-11-21."))
    if isinstance(number, int) or number == int(min(max(number, -1e15), 1e15)):
        compact = _COMPACT.fullmatch(str(int(number)))
        if compact:
            return Parsed(datetime.combine(_day(*map(int, compact.groups())), time()))
    if not _SERIALS[0] <= number < _SERIALS[1] + 1:
        _refuse("unclear_number", _("This number is not a date. Write the date like 2026-11-21."))
    # Spreadsheets store the time as a fraction of the day; rounding hides its binary dust.
    moment = _SERIAL_START + timedelta(seconds=round(number * 86_400))
    return Parsed(moment, "from_serial")


def _drop_time(found: Parsed[datetime]) -> Parsed[date]:
    moment = found.value
    if moment.tzinfo is not None:
        moment = zone.localtime(_aware(moment))
    timed = moment.time() != time()
    return Parsed(_checked(moment.date()), found.repair or ("time_dropped" if timed else None))


def _aware(moment: datetime) -> datetime:
    _checked(moment.date())
    return moment if moment.tzinfo is not None else zone.make_aware(moment)


def _day(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        _refuse(
            "no_such_day",
            _("This day does not exist in the calendar. Check the month and the day."),
        )
    return _checked(found)


def _checked(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        _refuse("year", _("The year must lie between 1900 and 2200. Check it."))
    return day


def _refuse(code: str, message: Any) -> NoReturn:
    raise DateProblem(code, message)
