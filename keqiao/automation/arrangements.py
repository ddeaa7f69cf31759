"""The holidays and make-up working days (调休) of a year: as shipped, and as somebody pastes them."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from keqiao.automation.working_time import DayKind, DayRule
from keqiao.base.dates import DateProblem, parse_date
from keqiao.base.text import fold_width

SHIPPED = Path(__file__).parent / "data" / "workdays_cn.csv"
LONGEST_LIST = 40_000
LONGEST_HOLIDAY_DAYS = 31
NAME_LENGTH = 40

_HOLIDAY_WORDS = {"holiday", "off", "rest", "休", "放假", "假", "休息", "节假日"}
_WORKING_WORDS = {"working", "workday", "work", "on", "班", "上班", "调休", "补班", "工作日"}
_WEEKDAY = re.compile(r"(?:星期|周|礼拜)[一二三四五六日天]")
_REMARK = re.compile(r"\([^()]*\)")
_DAY = r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})[日号]"
_ONE_DAY = re.compile(_DAY)
_SPAN = re.compile(_DAY + r"(?:(?:至|到|[-~—–])+" + _DAY + ")?")
_ITEM = re.compile(r"[一二三四五六七八九十]+、([^:、。\n]{1,20}(?:、[^:、。\n]{1,20})?):")


@dataclass
class Arrangement:
    """The days of one year that differ from the week, and the lines nobody understood."""

    year: int
    days: dict[date, DayRule] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def count(self, kind: DayKind) -> int:
        return sum(rule.kind is kind for rule in self.days.values())


@cache
def shipped() -> dict[int, dict[date, DayRule]]:
    """Return the official arrangements the product knows, by year, each day with its notice."""
    found: dict[int, dict[date, DayRule]] = {}
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["day"])
            # A year belongs to its notice: 30 December may be a holiday of the year after.
            rule = DayRule(DayKind(row["kind"]), row["name"], source=row["source"])
            found.setdefault(int(row["year"]), {})[day] = rule
    return found


def read_pasted(text: str, year: int) -> Arrangement:
    """Read a list of days, or the State Council's notice itself, for one year."""
    found = Arrangement(year)
    if len(text) > LONGEST_LIST:
        found.problems.append(_("The text is too long. Paste only the arrangement of one year."))
        return found
    folded = fold_width(text)
    if _ITEM.search(folded):
        _read_notice(folded, found)
    else:
        for line in folded.splitlines():
            if line.strip(" \t,;。"):
                _read_line(line.strip(), found)
    if not found.days and not found.problems:
        found.problems.append(
            _("There is no day in this text. Paste the notice, or one day per line.")
        )
    return found


# --- the notice -------------------------------------------------------------------------------------


def _read_notice(text: str, found: Arrangement) -> None:
    """Read "春节:2月15日至23日放假调休,共9天。2月14日、2月28日上班。" item by item."""
    text = _REMARK.sub("", _WEEKDAY.sub("", text.replace(" ", "")))
    parts = _ITEM.split(text)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        for sentence in re.split(r"[。;\n]", body):
            _read_sentence(name, sentence, found)


def _read_sentence(name: str, sentence: str, found: Arrangement) -> None:
    if "放假" in sentence:
        span = _SPAN.search(sentence.partition("放假")[0])
        days = _span_days(span, found.year) if span else None
        if days is None:
            _misread(sentence, found)
            return
        _put(found, days, DayKind.HOLIDAY, name)
    elif "上班" in sentence:
        days, month = [], None
        for match in _ONE_DAY.finditer(sentence.partition("上班")[0]):
            month = int(match[2] or month or 0)
            day = _a_day(int(match[1] or found.year), month, int(match[3]))
            if day is None:
                _misread(sentence, found)
                return
            days.append(day)
        _put(found, days, DayKind.WORKING, name)


def _span_days(span: re.Match[str], year: int) -> list[date] | None:
    first_year = int(span[1] or year)
    first = _a_day(first_year, int(span[2] or 0), int(span[3]))
    if first is None:
        return None
    if not span[6]:
        return [first]
    month = int(span[5] or first.month)
    last_year = int(span[4] or (first_year + (month < first.month)))
    last = _a_day(last_year, month, int(span[6]))
    return _days(first, last) if last else None


# --- a list -----------------------------------------------------------------------------------------


def _read_line(line: str, found: Arrangement) -> None:
    """Read "2027-02-05 至 2027-02-11, 休, 春节"; the order of kind and name does not matter."""
    words = [
        word
        for word in re.split(r"[\s,;|]+", re.sub(r"(?<=\d)\s*[~至到]\s*(?=\d)", " ~ ", line))
        if word
    ]
    days: list[date] = []
    kind, names = None, []
    for word in words:
        lowered = word.lower()
        if lowered in _HOLIDAY_WORDS:
            kind = DayKind.HOLIDAY
        elif lowered in _WORKING_WORDS:
            kind = DayKind.WORKING
        elif lowered in {"~", "-", "至", "到", "to"} or _WEEKDAY.fullmatch(word):
            continue
        elif word[0].isdigit() and (day := _read_day(word, found.year)):
            days.append(day)
        else:
            names.append(word)
    if not days and not kind:
        # The heading of a table.
        if found.days or found.problems or any(char.isdigit() for char in line):
            _misread(line, found)
        return
    spread = _days(days[0], days[1]) if len(days) == 2 else days
    if not spread or len(days) > 2 or any(word[0].isdigit() for word in names):
        _misread(line, found)
        return
    _put(found, spread, kind or DayKind.HOLIDAY, " ".join(names))


def _read_day(word: str, year: int) -> date | None:
    short = re.fullmatch(r"(\d{1,2})(?:月|[-/.])(\d{1,2})日?", word)
    if short:
        return _a_day(year, int(short[1]), int(short[2]))
    try:
        return parse_date(word).value
    except DateProblem:
        return None


# --- both -------------------------------------------------------------------------------------------


def _put(found: Arrangement, days: list[date], kind: DayKind, name: str) -> None:
    for day in days:
        if abs(day.year - found.year) > 1 or (
            day.year != found.year and not _is_near(day, found.year)
        ):
            text = _("%(day)s does not belong to %(year)s. Check the year.")
            found.problems.append(text % {"day": day.isoformat(), "year": found.year})
            return
        found.days[day] = DayRule(kind, name[:NAME_LENGTH])


def _is_near(day: date, year: int) -> bool:
    """The New Year holiday may begin in the December before, or its weekend end after the year."""
    return day >= date(year - 1, 12, 20) and day <= date(year + 1, 1, 10)


def _days(first: date, last: date) -> list[date] | None:
    count = (last - first).days
    if not 0 <= count < LONGEST_HOLIDAY_DAYS:
        return None
    return [first + timedelta(days=n) for n in range(count + 1)]


def _a_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _misread(line: str, found: Arrangement) -> None:
    text = _("Not understood: “%(line)s”. Write one day per line, like 2027-02-05 休 春节.")
    found.problems.append(text % {"line": line.strip()[:60]})
