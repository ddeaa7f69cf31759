"""Moves a record on a calendar: by mouse, by keyboard or by form, each with the record's version."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.rights import Action
from keqiao.catalog.problems import UnknownField, UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Conflict, Draft, Rejected, Saved
from keqiao.records.present import present
from keqiao.records.query import get_record
from keqiao.records.save import save_records
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import (
    access_of,
    back_to,
    go,
    is_local,
    is_partial,
    require,
    signed_in,
    source_of,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row

MOST_DAYS = 3_660
MINUTES_A_DAY = 24 * 60


@signed_in
@require_http_methods(["GET", "POST"])
def move_page(request: HttpRequest) -> HttpResponse:
    """Move one record, or (GET) ask whereto: the twin of dragging for keyboards and phones."""
    given = request.POST if request.method == "POST" else request.GET
    access = access_of(request)
    declared, name = _place(given)
    require(access, Action.CHANGE, declared)
    record_id = whole_number(given.get("id", "")) or 0
    record = get_record(access, declared, record_id)
    end_name = given.get("end_field", "")
    names = [one for one in (name, end_name) if one and _is_known(declared, one)]
    [row] = present(access, declared, [record], names)
    if request.method == "GET":
        return _ask(request, declared, row, name, end_name)
    values = _moved(row, name, end_name if end_name in names else "", given)
    if values is None:
        text = _("This is not a day or time. Write them like 2026-11-21 and 14:30.")
        return _ask(request, declared, row, name, end_name, problem=text)
    return _save(request, access, declared, row, values, given)


def _place(given: QueryDict) -> tuple[ObjectType, str]:
    try:
        declared = object_type(given.get("object", ""))
        own = declared.field(given.get("field", ""))
    except (UnknownObject, UnknownField):
        raise Http404 from None
    if own.kind.key not in {"date", "datetime"}:
        raise Http404
    return declared, own.name


def _is_known(declared: ObjectType, name: str) -> bool:
    try:
        return declared.field(name).kind.key in {"date", "datetime"}
    except UnknownField:
        return False


def _moved(row: Row, name: str, end_name: str, given: QueryDict) -> dict[str, Any] | None:
    """Return the new values: the same length, on the new day, at the old time unless told."""
    start = row.cells[name].value
    if not isinstance(start, date):
        start = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0)
    target = _target(start, given)
    if target is None:
        return None
    values: dict[str, Any] = {name: target}
    end = row.cells[end_name].value if end_name else None
    if end is not None and type(end) is type(target):
        values[end_name] = target + (end - start)
    return values


def _target(start: date | datetime, given: QueryDict) -> date | datetime | None:
    day, minutes = given.get("day", ""), given.get("time", "")
    local = timezone.localtime(start) if isinstance(start, datetime) else None
    try:
        goal = date.fromisoformat(day) if day else (local.date() if local else start)
        days = int(given.get("shift_days", "") or 0)
        if abs(days) > MOST_DAYS:
            return None
        goal += timedelta(days=days)
        if local is None:
            return goal
        clock = _minutes(minutes) if minutes else local.hour * 60 + local.minute
        clock += int(given.get("shift_minutes", "") or 0)
        if not 0 <= clock < MINUTES_A_DAY:
            return None
        wall = datetime(goal.year, goal.month, goal.day, clock // 60, clock % 60, local.second)
        return timezone.make_aware(wall)
    except (ValueError, OverflowError):
        return None


def _minutes(text: str) -> int:
    hours, _colon, minutes = text.partition(":")
    if int(minutes or 0) > 59:
        raise ValueError
    return int(hours) * 60 + int(minutes or 0)


def _save(
    request: HttpRequest,
    access: Access,
    declared: ObjectType,
    row: Row,
    values: dict[str, Any],
    given: QueryDict,
) -> HttpResponse:
    version = whole_number(given.get("version", ""))
    draft = Draft(values, record_id=row.id, version=version or row.version)
    [outcome] = save_records(access, declared, [draft], source=source_of(request, "calendar"))
    name = given.get("field", "")
    match outcome:
        case Saved():
            if request.headers.get("HX-Target") or not is_partial(request):
                return go(request, back_to(request, f"/{declared.path}/{row.id}/"))
            return HttpResponse(
                _("Moved to %(when)s.") % {"when": _when(values[name])}, content_type="text/plain"
            )
        case Conflict():
            first = outcome.fields[0] if outcome.fields else None
            text = _("%(person)s has moved this in the meantime to %(when)s. Nothing was changed.")
            problem = text % {"person": first.by, "when": first.theirs} if first else ""
            fresh = get_record(access, declared, row.id)
            [row] = present(access, declared, [fresh], list(values))
            end = next((one for one in values if one != name), "")
            return _ask(request, declared, row, name, end, problem=problem, status=409)
        case Rejected():
            problem = " ".join(str(one.message) for one in outcome.problems)
        case _:
            problem = _("It could not be moved. Please open the record and change the date there.")
    end = next((one for one in values if one != name), "")
    return _ask(request, declared, row, name, end, problem=problem)


def _ask(
    request: HttpRequest,
    declared: ObjectType,
    row: Row,
    name: str,
    end_name: str,
    *,
    problem: str = "",
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HttpResponse:
    value = row.cells[name].value
    local = timezone.localtime(value) if isinstance(value, datetime) else None
    context = {
        "page_title": _("Move"),
        "dialog_template": "ui/dialogs/move.html",
        "title": row.title,
        "day": (local.date() if local else value).isoformat() if value else "",
        "time": f"{local:%H:%M}" if local else "",
        "has_time": declared.field(name).kind.key == "datetime",
        "hidden": {
            "object": declared.key,
            "id": row.id,
            "version": row.version,
            "field": name,
            "end_field": end_name,
            "next": back_to(request, _asked_from(request)),
        },
        "cancel_url": back_to(request, f"/{declared.path}/{row.id}/"),
        "problem": problem,
    }
    template = "ui/dialogs/move.html" if is_partial(request) else "ui/dialog.html"
    return render(request, template, context, status=status if problem else HTTPStatus.OK)


def _asked_from(request: HttpRequest) -> str:
    """Return the page over which the question opened: there one goes on."""
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    address = urlunsplit(("", "", shown.path, shown.query, ""))
    return address if is_local(request, address) else ""


def _when(value: date | datetime) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    return value.isoformat()
