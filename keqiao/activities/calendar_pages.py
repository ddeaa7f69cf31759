"""The calendar: a month, a week or a day of one's own, a colleague's or the team's work."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.matrix import matrix
from keqiao.activities.doing import plannable
from keqiao.activities.person_calendar import person_entries, team_of
from keqiao.base.clock import today
from keqiao.ui.calendar import agenda, month_grid, month_range, time_grid, week_range
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, signed_in
from keqiao.ui.picking import picked_or_typed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access

VIEWS = ("month", "week", "day")
FIRST_YEAR, LAST_YEAR = 1990, 2150


@signed_in
@require_http_methods(["GET"])
def calendar_page(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "month"
    day = _day(request.GET.get("day", ""))
    who, people, name = _whose(access, request)
    first, last = _period(view, day)
    found = person_entries(access, people, first, last)
    url = _addresses(view, who)
    may_plan = bool(plannable(access))
    new_url = (
        (lambda one: f"/activities/plan/?type=event&day={one.isoformat()}") if may_plan else None
    )
    grid: dict[str, Any]
    if view == "month":
        grid = month_grid(day, found.entries, day_url=lambda one: url("day", one), new_url=new_url)
        shown = agenda(found.entries, day.replace(day=1), _last_of_month(day))
    else:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        grid = time_grid(days, found.entries, day_url=lambda one: url("day", one), new_url=new_url)
        shown = agenda(found.entries, first, last)
    context = {
        "page_title": _("Calendar"),
        "view": view,
        "period": _period_text(view, first, last, day),
        "grid": grid,
        "agenda": shown,
        "is_cut": found.is_cut,
        "before_url": url(view, _step(view, day, -1)),
        "after_url": url(view, _step(view, day, 1)),
        "today_url": url(view, today()),
        "views": [
            {"label": label, "url": url(key, day), "current": key == view}
            for key, label in (("month", _("Month")), ("week", _("Week")), ("day", _("A day")))
        ],
        "whose": _whose_links(access, view, day, who),
        "who_name": name,
        "state": {"view": view, "day": day.isoformat()},
        "may_plan": may_plan,
        "plan_url": f"/activities/plan/?type=event&day={max(first, min(last, today())).isoformat()}",
    }
    return render(request, "activities/calendar.html", context)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today()
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else today()


def _whose(access: Access, request: HttpRequest) -> tuple[str, list[int], str]:
    """Return whose calendar is asked for: the word of the address, the people, a colleague's name."""
    wanted = picked_or_typed(request.GET, "who")
    mine = access.user_id or 0
    if wanted == "team":
        return "team", team_of(access) or [mine], ""
    number = whole_number(wanted)
    people = matrix().people
    if number is None and wanted:
        named = [person.id for person in people.values() if person.name == wanted]
        number = named[0] if len(named) == 1 else None
    if number is not None and number != mine and number in people:
        return str(number), [number], people[number].name
    return "", [mine], ""


def _whose_links(access: Access, view: str, day: date, who: str) -> list[dict[str, Any]]:
    found = [{"label": _("Mine"), "url": _addresses(view, "")(view, day), "current": not who}]
    if len(team_of(access)) > 1:
        url = _addresses(view, "team")(view, day)
        found.append({"label": _("My team"), "url": url, "current": who == "team"})
    return found


def _addresses(view: str, who: str) -> Any:
    def address(wanted: str, day: date) -> str:
        pairs = {"view": wanted, "day": day.isoformat(), **({"who": who} if who else {})}
        return f"/calendar/?{urlencode(pairs)}"

    return address


def _period(view: str, day: date) -> tuple[date, date]:
    if view == "month":
        return month_range(day)
    return week_range(day) if view == "week" else (day, day)


def _last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _step(view: str, day: date, way: int) -> date:
    if view == "day":
        return day + timedelta(days=way)
    if view == "week":
        return day + timedelta(days=7 * way)
    return (day.replace(day=1) + timedelta(days=-1 if way < 0 else 32)).replace(day=1)


def _period_text(view: str, first: date, last: date, day: date) -> str:
    if view == "month":
        return date_format(day, "YEAR_MONTH_FORMAT")
    if view == "day":
        return f"{date_format(day, 'DATE_FORMAT')} {date_format(day, 'l')}"
    return f"{first.isoformat()} – {last:%m-%d}"
