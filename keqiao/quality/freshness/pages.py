"""Verifying a value again with one click, and saying that it is no longer true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from keqiao.access.rights import Action
from keqiao.quality.freshness.marks import State, confirm, find_wrong, states_of
from keqiao.quality.scores.expectations import expectations
from keqiao.records.measuring import is_measured
from keqiao.records.query import get_record
from keqiao.ui.gate import access_of, go, is_partial, refused, require, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType


def _field(access: Access, declared: ObjectType, record_id: int, name: str) -> Field:
    """Return the field; not found where the person may not read it or its age says nothing."""
    require(access, Action.VIEW, declared)
    get_record(access, declared, record_id)
    one = expectations(declared).named(name) if is_measured(declared) else None
    if one is None or not access.fields(declared).is_readable(name):
        raise Http404
    return one.field


def _back(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    return go(request, f"/{declared.path}/{record_id}/?tab=quality")


@signed_in
@require_POST
def verify_page(
    request: HttpRequest, declared: ObjectType, record_id: int, name: str
) -> HttpResponse:
    """Note that the value was verified just now."""
    access = access_of(request)
    _field(access, declared, record_id, name)
    if not confirm(access, declared, [record_id], name):
        raise refused(access, Action.CHANGE, declared, record_id)
    return _back(request, declared, record_id)


@signed_in
@require_http_methods(["GET", "POST"])
def wrong_page(
    request: HttpRequest, declared: ObjectType, record_id: int, name: str
) -> HttpResponse:
    """Ask what is wrong with the value, and note it."""
    access = access_of(request)
    field = _field(access, declared, record_id, name)
    states = states_of(field)
    if request.method == "POST":
        state = next((one for one in states if one == request.POST.get("state")), states[0])
        why = " ".join(request.POST.get("why", "").split())
        if not find_wrong(access, declared, [record_id], name, State(state), why):
            raise refused(access, Action.CHANGE, declared, record_id)
        return _back(request, declared, record_id)
    context: dict[str, Any] = {
        "title": _("“%(field)s” is no longer true") % {"field": sentence(field.label)},
        "states": [{"key": one.value, "label": one.label} for one in states],
        "action_url": f"/{declared.path}/{record_id}/wrong/{name}/",
        "back_url": f"/{declared.path}/{record_id}/?tab=quality",
    }
    context |= {"page_title": context["title"], "dialog_template": "quality/freshness/wrong.html"}
    template = context["dialog_template"] if is_partial(request) else "ui/dialog.html"
    return render(request, template, context)
