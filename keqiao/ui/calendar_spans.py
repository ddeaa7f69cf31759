"""Which days a calendar shows: a month, a week or a day, and what is before and after."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from keqiao.base.clock import today
from keqiao.ui.calendar import agenda, month_grid, month_range, time_grid, week_range

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from keqiao.ui.calendar import CalendarEntry

MONTH, WEEK, DAY = "month", "week", "day"
SPANS = (MONTH, WEEK, DAY)
FIRST_YEAR, LAST_YEAR = 1990, 2150


def known_span(text: str) -> str:
    return text if text in SPANS else MONTH


def known_day(text: str) -> date:
    """Return the day an address names; today when it names none within a person's working life."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today()
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else today()


def days_of(span: str, day: date) -> tuple[date, date]:
    if span == MONTH:
        return month_range(day)
    return week_range(day) if span == WEEK else (day, day)


def spread(
    span: str,
    day: date,
    entries: Sequence[CalendarEntry],
    *,
    url: Callable[[str, date], str],
    new_url: Callable[[date], str] | None = None,
) -> dict[str, Any]:
    """Return what the templates of a calendar show; `url` gives the address of a span and a day."""
    first, last = days_of(span, day)

    def day_url(one: date) -> str:
        return url(DAY, one)

    grid: dict[str, Any]
    if span == MONTH:
        grid = month_grid(day, entries, day_url=day_url, new_url=new_url)
        shown = agenda(entries, day.replace(day=1), _last_of_month(day))
    else:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        grid = time_grid(days, entries, day_url=day_url, new_url=new_url)
        shown = agenda(entries, first, last)
    return {
        "view": span,
        "period": _said(span, first, last, day),
        "grid": grid,
        "agenda": shown,
        "before_url": url(span, _step(span, day, -1)),
        "after_url": url(span, _step(span, day, 1)),
        "today_url": url(span, today()),
        "views": [
            {"label": label, "url": url(key, day), "current": key == span}
            for key, label in ((MONTH, _("Month")), (WEEK, _("Week")), (DAY, _("A day")))
        ],
    }


def _last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _step(span: str, day: date, way: int) -> date:
    if span == DAY:
        return day + timedelta(days=way)
    if span == WEEK:
        return day + timedelta(days=7 * way)
    return (day.replace(day=1) + timedelta(days=-1 if way < 0 else 32)).replace(day=1)


def _said(span: str, first: date, last: date, day: date) -> str:
    if span == MONTH:
        return date_format(day, "YEAR_MONTH_FORMAT")
    if span == DAY:
        return f"{date_format(day, 'DATE_FORMAT')} {date_format(day, 'l')}"
    return f"{first.isoformat()} – {last:%m-%d}"
