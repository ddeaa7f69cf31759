"""The dialogs of planned work: look at it, finish it and plan the next step, call it off, plan anew."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from keqiao.access.rights import Action
from keqiao.activities import verbs
from keqiao.activities.activity import ACTIVITIES, PLANNED
from keqiao.activities.doing import plannable
from keqiao.automation.working_calendar import next_working_day
from keqiao.base.clock import now, today
from keqiao.base.dates import DateProblem, parse_date
from keqiao.catalog.pointer import pointed_to, pointer
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Conflict, Rejected, Saved
from keqiao.records.present import present, titles_of
from keqiao.records.query import get_record
from keqiao.ui.cells import cell_html
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, back_to, go, is_partial, require, signed_in, source_of
from keqiao.ui.navigation import sentence
from keqiao.ui.picking import picked_or_typed

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Outcome

CHANGED = "activitiesChanged"
USUAL_HOUR = 9
EVENT_MINUTES = (30, 60, 90, 120, 240)


# --- one piece of work ----------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET"])
def activity_page(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    access, declared = access_of(request), _activity_type(key)
    require(access, Action.VIEW, declared)
    record: Any = get_record(access, declared, record_id)
    mask = access.fields(declared)
    names = ("about", "contacts", "at", "ends_at", "place", "participants", "owner", "body")
    shown = [name for name in names if name in declared.builtin_fields and not mask.is_hidden(name)]
    [row] = present(access, declared, [record], [*shown, "state"])
    may = access.reaches(Action.CHANGE, declared, record)
    lines = [
        (
            sentence(declared.field(name).label),
            cell_html(row.cells[name], declared.field(name), wide=True),
        )
        for name in shown
        if row.cells[name].text
    ]
    context = {
        "title": row.title,
        "type": declared,
        "lines": lines,
        "state": row.cells["state"].text,
        "is_open": record.state == PLANNED,
        "may": may,
        "url": f"/{declared.path}/{record_id}/",
        "base": f"/activities/{key}/{record_id}/",
        "version": row.version,
        "move_url": f"/calendar/move/?object={key}&id={record_id}&field=at&end_field=ends_at",
        "cancel_url": back_to(request, "/calendar/"),
    }
    return _dialog(request, "activity", row.title, context)


def _activity_type(key: str) -> ObjectType:
    if key not in ACTIVITIES:
        raise Http404
    return object_type(key)


@signed_in
@require_http_methods(["GET", "POST"])
def complete_page(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    """Finish work: one line of what came of it, and the next step if there is one."""
    access, declared = access_of(request), _activity_type(key)
    record: Any = get_record(access, declared, record_id, Action.CHANGE)
    problem, given = "", request.POST
    if request.method == "POST":
        problem = _complete(request, access, declared, record_id)
        if not problem:
            return _done(request, _("Done."))
    context = {
        "title": present(access, declared, [record], ())[0].title,
        "action_url": f"/activities/{key}/{record_id}/complete/",
        "cancel_url": back_to(request, f"/{declared.path}/{record_id}/"),
        "version": given.get("version") or record.version,
        "note": given.get("note", ""),
        "next_name": given.get("next_name", ""),
        "next_day": given.get("next_day", ""),
        "next_time": given.get("next_time", ""),
        "choices": next_days(),
        "next": back_to(request, ""),
        "problem": problem,
    }
    return _dialog(request, "complete", _("Complete"), context)


def _complete(request: HttpRequest, access: Access, declared: ObjectType, record_id: int) -> str:
    given = request.POST
    name, day = given.get("next_name", "").strip(), given.get("next_day", "")
    step = None
    if name or day:
        at = _moment(day or next_days()[0]["day"], given.get("next_time", ""))
        if at is None:
            return _("When is the next step? Write the day like 2026-11-21.")
        again = titles_of(access, declared, [record_id]).get(record_id, "")
        step = verbs.Next(at=at, name=name or again, type=declared.key)
    logged = verbs.complete(
        access,
        pointer(declared.key, record_id),
        given.get("note", "").strip(),
        next=step,
        version=whole_number(given.get("version", "")),
        source=source_of(request),
    )
    if logged.following is not None and not isinstance(logged.following, Saved):
        return _problem(logged.following)
    return _problem(logged.outcome)


def next_days() -> list[dict[str, Any]]:
    """Return the days offered for a next step; none of them is a day on which nobody works."""
    first = today()
    monday = first + timedelta(days=7 - first.weekday())
    return [
        {"label": label, "day": next_working_day(day - timedelta(days=1)).isoformat()}
        for label, day in (
            (_("Tomorrow"), first + timedelta(days=1)),
            (_("In 3 days"), first + timedelta(days=3)),
            (_("Next Monday"), monday),
        )
    ]


@signed_in
@require_POST
def check_off(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    """Tick or untick work in a list, without a dialog."""
    access, source = access_of(request), source_of(request)
    _activity_type(key)
    if request.POST.get("undo"):
        outcome = verbs.reopen(access, pointer(key, record_id), source=source)
    else:
        outcome = verbs.complete(access, pointer(key, record_id), source=source).outcome
    return _answer(request, outcome, _("Done."))


@signed_in
@require_POST
def call_off(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    _activity_type(key)
    outcome = verbs.cancel(access_of(request), pointer(key, record_id), source=source_of(request))
    return _answer(request, outcome, _("Called off."))


def _answer(request: HttpRequest, outcome: Outcome, text: str) -> HttpResponse:
    problem = _problem(outcome)
    if not problem:
        return _done(request, text)
    if is_partial(request):
        return HttpResponse(
            status=204,
            headers={
                "HX-Trigger": json.dumps({"toast": {"text": problem, "bad": True}, CHANGED: {}})
            },
        )
    messages.error(request, problem)
    return go(request, back_to(request, "/my-tasks/"))


def _problem(outcome: Outcome) -> str:
    match outcome:
        case Saved():
            return ""
        case Rejected():
            return " ".join(str(problem.message) for problem in outcome.problems)
        case Conflict():
            by = outcome.fields[0].by if outcome.fields else _("Somebody")
            text = _("%(person)s has changed this in the meantime. Please look at it again.")
            return text % {"person": by}
    return _("It could not be saved like this. Please open the record and save it there.")


def _done(request: HttpRequest, text: str) -> HttpResponse:
    if is_partial(request):
        events = {"closeDialog": {}, CHANGED: {}, "toast": {"text": text}}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
    messages.success(request, text)
    return go(request, back_to(request, "/my-tasks/"))


# --- something new --------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def plan_page(request: HttpRequest) -> HttpResponse:
    """Plan work: from a calendar's empty place, a record's clock, or the task list."""
    access = access_of(request)
    types = plannable(access)
    given = request.POST if request.method == "POST" else request.GET
    chosen = next(
        (one for one in types if one.key == given.get("type")), types[0] if types else None
    )
    if chosen is None:
        return _dialog(request, "cannot_plan", _("Plan"), {"cancel_url": back_to(request, "/")})
    problem = ""
    if request.method == "POST":
        problem = _plan(request, access, chosen)
        if not problem:
            return _done(request, _("Planned."))
    about, title = _about(access, given)
    context = {
        "types": [
            {"key": one.key, "label": sentence(one.label), "icon": one.icon, "on": one == chosen}
            for one in types
        ],
        "name": given.get("name", ""),
        "day": given.get("day", "") or today().isoformat(),
        "time": given.get("time", ""),
        "minutes": whole_number(given.get("minutes", "")) or 60,
        "lengths": EVENT_MINUTES,
        "about": about,
        "about_title": title or given.get("about", "") if request.method == "POST" else title,
        "body": given.get("body", ""),
        "choices": next_days(),
        "next": back_to(request, ""),
        "cancel_url": back_to(request, "/calendar/"),
        "problem": problem,
    }
    return _dialog(request, "plan", _("Plan"), context)


def _about(access: Access, given: Any) -> tuple[str, str]:
    """Return the record it is about and what that is called, if this person may see it."""
    text = picked_or_typed(given, "about")
    found = pointed_to(text)
    if found is None:
        return "", ""
    try:
        declared = object_type(found[0])
    except UnknownObject:
        return "", ""
    title = titles_of(access, declared, [found[1]]).get(found[1], "")
    return (text, title) if title else ("", "")


def _plan(request: HttpRequest, access: Access, declared: ObjectType) -> str:
    given = request.POST
    at = _moment(given.get("day", ""), given.get("time", ""), declared)
    if at is None:
        return _("This is not a day or time. Write them like 2026-11-21 and 14:30.")
    values: dict[str, Any] = {"name": given.get("name", "").strip(), "at": at}
    if not values["name"]:
        return _("What is to be done? A few words are enough.")
    if about := picked_or_typed(given, "about"):
        values["about"] = about
    if body := given.get("body", "").strip():
        values["body"] = body
    if declared.key == "event":
        minutes = whole_number(given.get("minutes", "")) or 60
        values["ends_at"] = at + timedelta(minutes=min(minutes, 24 * 60))
    about = values.pop("about", "")
    outcome = verbs.plan(access, about, type=declared.key, values=values, source=source_of(request))
    return _problem(outcome)


def _moment(day: str, clock: str, declared: ObjectType | None = None) -> datetime | None:
    """Return the local moment; a task without a time is due at the end of the working day."""
    try:
        found: date = parse_date(day).value
        is_task = declared is not None and declared.key == "task"
        usual = "18:00" if is_task else f"{USUAL_HOUR:02}:00"
        hours, _colon, minutes = (clock or usual).partition(":")
        wall = datetime(found.year, found.month, found.day, int(hours), int(minutes or 0))
        return timezone.make_aware(wall)
    except (DateProblem, ValueError, OverflowError):
        return None


def _dialog(request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if context.get("problem") else HTTPStatus.OK
    template = f"activities/dialogs/{name}.html"
    everything = {**context, "page_title": title, "dialog_template": template, "now": now()}
    return render(
        request, template if is_partial(request) else "ui/dialog.html", everything, status=status
    )
