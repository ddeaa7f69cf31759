"""What is done with one entry of a timeline: remark on it, pin it, correct its text, remove it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from keqiao.access.rights import Action
from keqiao.activities import verbs
from keqiao.activities.activity import ACTIVITIES, COMMENT
from keqiao.activities.attachment import KEY as ATTACHMENT
from keqiao.activities.composer import problem_of
from keqiao.activities.composer_pages import CHANGED
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Draft
from keqiao.records.present import present
from keqiao.records.query import get_record
from keqiao.records.removal import delete_records
from keqiao.records.save import save_records
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, back_to, go, is_partial, require, signed_in, source_of
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keqiao.catalog.object_type import ObjectType

KINDS = (*ACTIVITIES, COMMENT)
REMOVABLE = (*KINDS, ATTACHMENT)


def _kind(key: str, among: tuple[str, ...] = KINDS) -> ObjectType:
    if key not in among:
        raise Http404
    return object_type(key)


@signed_in
@require_http_methods(["GET", "POST"])
def comment_page(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    """Remark on an activity, or on the record itself."""
    access = access_of(request)
    declared = object_type(key) if key in object_keys() else None
    if declared is None or key == COMMENT:
        raise Http404
    require(access, Action.VIEW, declared)
    record = get_record(access, declared, record_id)
    problem = ""
    if request.method == "POST":
        body = request.POST.get("body", "").strip()
        mentions = [one for text in request.POST.getlist("mentions") if (one := whole_number(text))]
        outcome = verbs.comment(
            access, f"{key}:{record_id}", body, mentions=mentions[:50], source=source_of(request)
        )
        problem = problem_of(outcome)
        if not problem:
            return _done(request, _("Comment saved."), f"/{declared.path}/{record_id}/")
    context = {
        "action_url": f"/activities/{key}/{record_id}/comment/",
        "about": _talk_about(key, record_id, record),
        "body": request.POST.get("body", ""),
        "problem": problem,
        "cancel_url": back_to(request, f"/{declared.path}/{record_id}/"),
    }
    return _part(request, "comment", _("Comment"), context)


def object_keys() -> set[str]:
    from keqiao.catalog.registry import object_types

    return {one.key for one in object_types()}


def _talk_about(key: str, record_id: int, record: Any) -> str:
    """Return the record whose readers can be mentioned: what the activity is about."""
    return str(getattr(record, "about", "") or f"{key}:{record_id}")


@signed_in
@require_http_methods(["GET", "POST"])
def text_page(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    """Correct the text of an entry where it stands."""
    access, declared = access_of(request), _kind(key)
    require(access, Action.VIEW, declared)
    record: Any = get_record(access, declared, record_id, Action.CHANGE)
    problem = ""
    if request.method == "POST":
        version = whole_number(request.POST.get("version", ""))
        draft = Draft({"body": request.POST.get("body", "")}, record_id=record_id, version=version)
        [outcome] = save_records(access, declared, [draft], source=source_of(request))
        problem = problem_of(outcome)
        if not problem:
            return _done(request, _("Saved"), f"/{declared.path}/{record_id}/")
    [row] = present(access, declared, [record], ["body"])
    context = {
        "action_url": f"/activities/{key}/{record_id}/text/",
        "about": _talk_about(key, record_id, record),
        "body": request.POST.get("body", row.cells["body"].text),
        "version": request.POST.get("version") or row.version,
        "whole_url": f"/{declared.path}/{record_id}/edit/",
        "problem": problem,
        "cancel_url": back_to(request, f"/{declared.path}/{record_id}/"),
    }
    return _part(request, "entry_text", _("Correct the text"), context)


@signed_in
@require_http_methods(["GET", "POST"])
def remove_page(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    """Ask once, then put the entry into the recycle bin."""
    access, declared = access_of(request), _kind(key, REMOVABLE)
    require(access, Action.VIEW, declared)
    record: Any = get_record(access, declared, record_id)
    problem = ""
    if request.method == "POST":
        if key == COMMENT and record.owner_id != access.user_id and not access.is_administrator:
            problem = _("Only who wrote a comment can remove it.")
        else:
            removal = delete_records(access, declared, [record_id], source=source_of(request))
            if not removal.done:
                problem = _("You may not delete this. Please ask whoever wrote it.")
        if not problem:
            return _done(request, _("Removed. It lies in the recycle bin."), "/")
    [row] = present(access, declared, [record], ())
    context = {
        "action_url": f"/activities/{key}/{record_id}/remove/",
        "title": row.title,
        "label": sentence(declared.label),
        "problem": problem,
        "next": back_to(request, ""),
        "cancel_url": back_to(request, f"/{declared.path}/{record_id}/"),
    }
    return _part(request, "entry_remove", _("Delete"), context)


@signed_in
@require_POST
def pin_page(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    """Keep an entry at the top of its timeline, or let it go."""
    if key not in ACTIVITIES:
        raise Http404
    access = access_of(request)
    pinned = request.POST.get("pinned") == "1"
    outcome = verbs.pin(access, f"{key}:{record_id}", pinned=pinned, source=source_of(request))
    if problem := problem_of(outcome):
        return _told(request, problem)
    words = _("Pinned to the top.") if pinned else _("No longer pinned.")
    return _done(request, words, f"/{object_type(key).path}/{record_id}/")


# --- answers --------------------------------------------------------------------------------------


def _part(request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
    template = f"activities/dialogs/{name}.html"
    everything = {**context, "page_title": title, "dialog_template": template}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if context.get("problem") else HTTPStatus.OK
    page = template if is_partial(request) else "ui/dialog.html"
    return render(request, page, everything, status=status)


def _done(request: HttpRequest, text: str, address: str) -> HttpResponse:
    if is_partial(request):
        events = {"closeDialog": {}, CHANGED: {}, "toast": {"text": text}}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
    messages.success(request, text)
    return go(request, back_to(request, address))


def _told(request: HttpRequest, problem: str) -> HttpResponse:
    if is_partial(request):
        events = {"toast": {"text": problem, "bad": True}}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
    messages.error(request, problem)
    return go(request, back_to(request, "/"))
