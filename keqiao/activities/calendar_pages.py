"""The calendar: a month, a week or a day of one's own, a colleague's or the team's work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.matrix import matrix
from keqiao.activities.doing import plannable
from keqiao.activities.person_calendar import person_entries, team_of
from keqiao.base.clock import today
from keqiao.ui.calendar_spans import days_of, known_day, known_span, spread
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, signed_in
from keqiao.ui.picking import picked_or_typed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access


@signed_in
@require_http_methods(["GET"])
def calendar_page(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    span, day = known_span(request.GET.get("view", "")), known_day(request.GET.get("day", ""))
    who, people, name = _whose(access, request)
    first, last = days_of(span, day)
    found = person_entries(access, people, first, last)
    may_plan = bool(plannable(access))
    new_url = (
        (lambda one: f"/activities/plan/?type=event&day={one.isoformat()}") if may_plan else None
    )
    context = spread(span, day, found.entries, url=_addresses(who), new_url=new_url) | {
        "page_title": _("Calendar"),
        "is_cut": found.is_cut,
        "whose": _whose_links(access, span, day, who),
        "who_name": name,
        "state": {"view": span, "day": day.isoformat()},
        "may_plan": may_plan,
        "plan_url": f"/activities/plan/?type=event&day={max(first, min(last, today())).isoformat()}",
    }
    return render(request, "activities/calendar.html", context)


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
    found = [{"label": _("Mine"), "url": _addresses("")(view, day), "current": not who}]
    if len(team_of(access)) > 1:
        url = _addresses("team")(view, day)
        found.append({"label": _("My team"), "url": url, "current": who == "team"})
    return found


def _addresses(who: str) -> Callable[[str, date], str]:
    def address(wanted: str, day: date) -> str:
        pairs = {"view": wanted, "day": day.isoformat(), **({"who": who} if who else {})}
        return f"/calendar/?{urlencode(pairs)}"

    return address
