"""A list as a calendar: the same records under the same filters, each on the day of one of its dates."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.object_type import OnCalendar
from keqiao.ui.calendar import CalendarEvents, calendar_events, toned
from keqiao.ui.calendar_spans import days_of, known_day, spread
from keqiao.ui.clock import NEXT_STEP
from keqiao.ui.displays import calendar_dates, parts
from keqiao.ui.gate import access_of, go, is_partial, require, signed_in
from keqiao.ui.list_state import CALENDAR
from keqiao.ui.listing import frame
from keqiao.ui.navigation import sentence
from keqiao.ui.saved_views import open_list

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.list_state import ListState


@signed_in
@require_GET
def list_calendar_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    dates = calendar_dates(access, declared)
    if not dates:
        raise Http404
    if is_partial(request) and not _is_here(request):
        return go(request, request.get_full_path())  # the calendar brings files of its own
    opened = open_list(access, declared, request.GET)
    _way, by, span = parts(opened.state.display)
    by = by if by in dates else dates[0]
    day = known_day(opened.state.day)
    state = replace(opened.state, display=_display(by, span), day=day.isoformat())
    status, problem, found = HTTPStatus.OK, "", CalendarEvents()
    try:
        found = _events(access, state, by, *days_of(span, day))
    except FilterProblem as refused:
        status, problem = HTTPStatus.UNPROCESSABLE_ENTITY, str(refused.message)

    def url(wanted: str, one: date) -> str:
        return state.url(display=_display(by, wanted), day=one.isoformat())

    context = frame(access, replace(opened, state=state))
    context |= {
        "calendar": spread(span, day, found.entries, url=url),
        "is_cut": found.is_cut,
        "problem": problem,
        "dates": _date_choices(state, dates, by, span),
        "here": state.url(),
    }
    if is_partial(request):
        response = render(request, "ui/list_calendar.html#part", context, status=status)
        response["HX-Push-Url"] = state.url()
        return response
    return render(request, "ui/list_calendar.html", context, status=status)


def _is_here(request: HttpRequest) -> bool:
    return urlsplit(request.headers.get("HX-Current-URL", "")).path == request.path


def _display(by: str, span: str) -> str:
    return f"{CALENDAR}:{by}:{span}"


def _events(access: Access, state: ListState, by: str, first: date, last: date) -> CalendarEvents:
    named = state.declared.list.calendar or OnCalendar("")
    is_named = by == named.by
    found = calendar_events(
        access,
        state.declared,
        by,
        first,
        last,
        state.tree(),
        search=state.search,
        end_field=named.until if is_named else "",
        waits=named.waits if is_named else ("", ""),
    )
    if by == NEXT_STEP:
        return replace(found, entries=[toned(one, is_done=False) for one in found.entries])
    return found


def _date_choices(state: ListState, dates: list[str], by: str, span: str) -> list[dict[str, Any]]:
    return [
        {
            "label": sentence(state.declared.field(name).label),
            "url": state.url(display=_display(name, span)),
            "current": name == by,
        }
        for name in dates
    ]
