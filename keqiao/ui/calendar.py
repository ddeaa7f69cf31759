"""Shows records on a calendar: any object type with a date, as a month, a week or a day."""

from __future__ import annotations

from calendar import Calendar
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import get_language

from keqiao.access.rights import Action
from keqiao.base.clock import now, today
from keqiao.catalog.filter import AllOf, Condition, FilterTree
from keqiao.catalog.problems import UnknownField
from keqiao.records.query import MAX_LIMIT, ListQuery, run_list
from keqiao.ui.cells import record_url

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row

ONE_DAY = timedelta(days=1)
SHOWN_A_DAY = 4
MOST_ENTRIES = 2_000
SLOT_MINUTES = 30
SLOTS = 24 * 60 // SLOT_MINUTES
# Columns of one day in the week; divisible by as many entries side by side as remain readable.
LANES = 12
MOST_SIDE_BY_SIDE = 4


@dataclass(frozen=True)
class CalendarEntry:
    """One record on the calendar. `field` holds its begin, `end_field` (if any) its end."""

    object_key: str
    id: int
    version: int
    title: str
    start: datetime | date
    end: datetime | date | None = None
    field: str = ""
    end_field: str = ""
    icon: str = ""
    tone: str = ""  # late, today, planned, done, or nothing
    url: str = ""
    dialog_url: str = ""
    note: str = ""
    is_movable: bool = False
    is_all_day: bool = False
    changed_at: datetime | None = None

    @property
    def first_day(self) -> date:
        return _local_day(self.start)

    @property
    def last_day(self) -> date:
        if self.end is None:
            return self.first_day
        end = self.end
        if isinstance(end, datetime) and end > self._start_moment:
            # What ends at midnight does not reach into the next day.
            end -= timedelta(microseconds=1)
        return max(_local_day(end), self.first_day)

    @property
    def _start_moment(self) -> datetime:
        start = self.start
        return start if isinstance(start, datetime) else _midnight(start)

    @property
    def has_time(self) -> bool:
        return isinstance(self.start, datetime) and not self.is_all_day

    @property
    def time_text(self) -> str:
        return timezone.localtime(self._start_moment).strftime("%H:%M") if self.has_time else ""

    @property
    def span_text(self) -> str:
        """Return begin and end as people read them: "09:00-10:30"."""
        if not self.has_time:
            return ""
        if isinstance(self.end, datetime) and self.end > self._start_moment:
            return f"{self.time_text}-{timezone.localtime(self.end):%H:%M}"
        return self.time_text

    @property
    def key(self) -> str:
        return f"{self.object_key}:{self.id}"

    @property
    def move_url(self) -> str:
        """Return where a person is asked whereto it moves; empty: it cannot be moved."""
        if not self.is_movable:
            return ""
        asked = {"object": self.object_key, "id": self.id, "field": self.field}
        if self.end_field:
            asked["end_field"] = self.end_field
        return f"/calendar/move/?{urlencode(asked)}"


@dataclass(frozen=True)
class CalendarEvents:
    """The entries of a period; `is_cut` when there are more than a calendar can show."""

    entries: list[CalendarEntry] = field(default_factory=list)
    is_cut: bool = False


def calendar_events(
    access: Access,
    object_type: ObjectType,
    date_field: str,
    start: date,
    end: date,
    filter: FilterTree | None = None,
    *,
    search: str = "",
    end_field: str = "",
    waits: tuple[str, str] = ("", ""),
    most: int = MOST_ENTRIES,
) -> CalendarEvents:
    """Return the records whose `date_field` lies from `start` up to and with the day `end`.

    It reads through `run_list`, so rights, masks and filters are those of the list. Raises
    `FilterProblem` like the list does. `waits` is a choice and the value it has until all is done.
    """
    own = object_type.field(date_field)
    period: FilterTree = AllOf(
        (
            Condition(date_field, "at_least", start.isoformat()),
            Condition(date_field, "at_most", end.isoformat()),
        )
    )
    tree = period if filter is None else AllOf((period, filter))
    query = ListQuery(
        object_type=object_type,
        columns=tuple(filter_known(object_type, (date_field, end_field, waits[0]))),
        filter=tree,
        search=search,
        sort=date_field if own.sort_ready else "",
        count=False,
    )
    rows, is_cut = _all_rows(access, query, most)
    may_move = (
        access.can(Action.CHANGE, object_type)
        and not own.read_only
        and access.fields(object_type).is_writable(own.name)
    )
    entries = [
        entry
        for row in rows
        if (entry := _entry(object_type, row, date_field, end_field, may_move=may_move))
    ]
    if waits[0] and access.fields(object_type).is_readable(waits[0]):
        states = {row.id: row.cells[waits[0]].value for row in rows}
        entries = [toned(one, is_done=states[one.id] != waits[1]) for one in entries]
    return CalendarEvents(entries, is_cut)


def _all_rows(access: Access, query: ListQuery, most: int) -> tuple[list[Row], bool]:
    """Read a list page by page, and tell whether there was more than `most`."""
    rows: list[Row] = []
    cursor = None
    while True:
        size = min(MAX_LIMIT, most - len(rows))
        page = run_list(access, replace(query, cursor=cursor, limit=size))
        rows += page.rows
        cursor = page.next_cursor
        if cursor is None or len(rows) >= most:
            return rows, cursor is not None


def filter_known(object_type: ObjectType, names: Iterable[str]) -> list[str]:
    found = []
    for name in names:
        try:
            found.append(object_type.field(name).name if name else "")
        except UnknownField:
            continue
    return [name for name in found if name]


def _entry(
    object_type: ObjectType, row: Row, date_field: str, end_field: str, *, may_move: bool
) -> CalendarEntry | None:
    start = row.cells[date_field].value
    if not isinstance(start, date):
        return None
    end = row.cells[end_field].value if end_field in row.cells else None
    return CalendarEntry(
        object_type.key,
        row.id,
        row.version,
        row.title,
        start,
        end if isinstance(end, type(start)) else None,
        date_field,
        end_field,
        object_type.icon,
        url=record_url(object_type.key, row.id),
        is_movable=may_move,
        is_all_day=_fills_days(start, end),
    )


def _fills_days(start: date | datetime, end: Any) -> bool:
    """Tell whether a moment stands for its day: what begins at midnight and ends with a day."""
    ends = [timezone.localtime(one) for one in (start, end) if isinstance(one, datetime)]
    last = ends[1:] or ends
    return (
        bool(ends)
        and not (ends[0].hour or ends[0].minute)
        and all(one.strftime("%H:%M") in {"00:00", "23:59"} for one in last)
    )


def date_fields(access: Access, object_type: ObjectType) -> list[str]:
    """Return the fields by which this person may put records of a type on a calendar."""
    mask = access.fields(object_type)
    return [
        name
        for name, own in object_type.fields().items()
        if own.kind.key in {"date", "datetime"} and own.filterable and mask.is_readable(name)
    ]


# --- marks on days (holidays) -------------------------------------------------------------------

DayMark = tuple[str, str]  # css class, text
_day_marks: list[Callable[[date], DayMark | None]] = []


def register_day_mark(mark: Callable[[date], DayMark | None]) -> None:
    """Let a package mark days on every calendar: holidays, make-up working days."""
    _day_marks.append(mark)


def day_mark(day: date) -> DayMark | None:
    return next((found for mark in _day_marks if (found := mark(day))), None)


# --- a month ------------------------------------------------------------------------------------


def month_days(day: date) -> list[list[date]]:
    return Calendar().monthdatescalendar(day.year, day.month)


def month_range(day: date) -> tuple[date, date]:
    """Return the first and last day that the grid of a month shows."""
    weeks = month_days(day)
    return weeks[0][0], weeks[-1][-1]


def week_range(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + 6 * ONE_DAY


def month_grid(
    day: date,
    entries: Sequence[CalendarEntry],
    *,
    day_url: Callable[[date], str],
    new_url: Callable[[date], str] | None = None,
    shown: int = SHOWN_A_DAY,
) -> dict[str, Any]:
    """Return what the month template shows; beyond `shown` a day says how many more there are."""
    by_day = entries_by_day(entries, *month_range(day))
    weeks = [
        [_month_cell(one, day.month, by_day[one], day_url, new_url, shown) for one in week]
        for week in month_days(day)
    ]
    return {"weeks": weeks, "weekdays": [weekday_name(number) for number in range(7)]}


def _month_cell(
    day: date,
    month: int,
    entries: list[CalendarEntry],
    day_url: Callable[[date], str],
    new_url: Callable[[date], str] | None,
    shown: int,
) -> dict[str, Any]:
    mark = day_mark(day)
    # One line is needed to say how many more there are.
    head = entries if len(entries) <= shown else entries[: shown - 1]
    return {
        "day": day.isoformat(),
        "number": day.day,
        "label": date_format(day, "DATE_FORMAT"),
        "is_other": day.month != month,
        "is_today": day == today(),
        "mark": mark[1] if mark else "",
        "mark_css": mark[0] if mark else "",
        "entries": head,
        "more": len(entries) - len(head),
        "count": len(entries),
        "url": day_url(day),
        "new_url": new_url(day) if new_url else "",
    }


def entries_by_day(
    entries: Iterable[CalendarEntry], first: date, last: date
) -> defaultdict[date, list[CalendarEntry]]:
    """Return the entries of each day, what lasts for several days on each of them."""
    found: defaultdict[date, list[CalendarEntry]] = defaultdict(list)
    for entry in sorted(entries, key=_order):
        day, end = max(entry.first_day, first), min(entry.last_day, last)
        while day <= end:
            found[day].append(entry)
            day += ONE_DAY
    return found


def _order(entry: CalendarEntry) -> tuple[date, bool, str, str, int]:
    return (entry.first_day, entry.has_time, entry.time_text, entry.object_key, entry.id)


# --- a week or a day ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Placed:
    """An entry in the time grid of a day: from which half hour, how many, how far to the right."""

    entry: CalendarEntry
    row: int
    height: int
    column: int
    width: int


def time_grid(
    days: Sequence[date],
    entries: Sequence[CalendarEntry],
    *,
    day_url: Callable[[date], str],
    new_url: Callable[[date], str] | None = None,
) -> dict[str, Any]:
    """Return what the week template shows: whole days above, half hours below."""
    by_day = entries_by_day(entries, days[0], days[-1])
    return {
        "days": [_grid_day(day, by_day[day], day_url, new_url) for day in days],
        "hours": [f"{hour:02}:00" for hour in range(24)],
        "is_single": len(days) == 1,
        "now_row": _now_row(days),
    }


def _grid_day(
    day: date,
    entries: list[CalendarEntry],
    day_url: Callable[[date], str],
    new_url: Callable[[date], str] | None,
) -> dict[str, Any]:
    mark = day_mark(day)
    timed = [entry for entry in entries if entry.has_time and entry.last_day == entry.first_day]
    return {
        "day": day.isoformat(),
        "number": day.day,
        "label": date_format(day, "DATE_FORMAT"),
        "weekday": weekday_name(day.weekday()),
        "is_today": day == today(),
        "mark": mark[1] if mark else "",
        "mark_css": mark[0] if mark else "",
        "whole": [entry for entry in entries if entry not in timed],
        "placed": place(timed),
        "url": day_url(day),
        "new_url": new_url(day) if new_url else "",
    }


def place(entries: Sequence[CalendarEntry]) -> list[Placed]:
    """Put entries that overlap side by side; more than four at once share the last place."""
    found: list[Placed] = []
    group: list[tuple[CalendarEntry, int, int, int]] = []  # entry, row, end, lane
    lanes: list[int] = []

    def close() -> None:
        width = LANES // max(len(lanes), 1)
        found.extend(Placed(e, row, end - row, lane * width, width) for e, row, end, lane in group)
        group.clear()
        lanes.clear()

    for entry in entries:
        row, end = _rows(entry)
        if lanes and row >= max(lanes):
            close()
        lane = next((n for n, until in enumerate(lanes) if until <= row), len(lanes))
        if lane == MOST_SIDE_BY_SIDE:
            lane -= 1
        elif lane == len(lanes):
            lanes.append(end)
        lanes[lane] = max(lanes[lane], end)
        group.append((entry, row, end, lane))
    close()
    return found


def _rows(entry: CalendarEntry) -> tuple[int, int]:
    start = timezone.localtime(entry._start_moment)
    row = (start.hour * 60 + start.minute) // SLOT_MINUTES
    minutes = SLOT_MINUTES
    if isinstance(entry.end, datetime):
        minutes = max(int((entry.end - entry._start_moment).total_seconds() // 60), SLOT_MINUTES)
    begin = (start.hour * 60 + start.minute) % SLOT_MINUTES
    height = -(-(begin + minutes) // SLOT_MINUTES)
    return row, min(row + height, SLOTS)


def _now_row(days: Sequence[date]) -> int | None:
    if today() not in days:
        return None
    local = timezone.localtime(now())
    return (local.hour * 60 + local.minute) // SLOT_MINUTES


def agenda(
    entries: Sequence[CalendarEntry], first: date, last: date
) -> list[tuple[str, str, list[CalendarEntry]]]:
    """Return the days that hold something: day, its name and what it holds (for phones)."""
    by_day = entries_by_day(entries, first, last)
    return [(day.isoformat(), date_format(day, "n-j l"), by_day[day]) for day in sorted(by_day)]


# --- small parts --------------------------------------------------------------------------------


def toned(entry: CalendarEntry, *, is_done: bool) -> CalendarEntry:
    """Colour an entry by what it asks of people: late, today, planned, done."""
    if is_done:
        return replace(entry, tone="done")
    if entry.last_day < today():
        return replace(entry, tone="late")
    return replace(entry, tone="today" if entry.first_day <= today() else "planned")


def weekday_name(number: int) -> str:
    name = str(WEEKDAYS[number])
    return f"周{name[-1]}" if (get_language() or "").startswith("zh") else name[:3]


def _local_day(moment: datetime | date) -> date:
    return timezone.localtime(moment).date() if isinstance(moment, datetime) else moment


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))
