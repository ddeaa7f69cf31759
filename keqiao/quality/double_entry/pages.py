"""The page on which a record is keyed a second time, and the figures that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from keqiao.catalog.registry import object_type
from keqiao.quality.double_entry.keying import (
    EntryProblem,
    entries_to_key,
    key_again,
    keyed_fields,
    next_to_key,
)
from keqiao.quality.double_entry.known import known, rules_keyed_by
from keqiao.quality.double_entry.report import DAYS, report
from keqiao.quality.double_entry.source import facts_of, title_of
from keqiao.quality.queue.waiting import count_text, forget_waiting, waiting_by_source
from keqiao.ui.controls import control_html
from keqiao.ui.converters import whole_number
from keqiao.ui.form_values import posted_raw, shown_again
from keqiao.ui.gate import access_of, administrators_only, go, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.quality.double_entry.models import SecondEntry

ADDRESS = "/quality/second-entry/"


@signed_in
@require_http_methods(["GET", "POST"])
def key_page(request: HttpRequest) -> HttpResponse:
    """Show the next record to be keyed, its fields empty, and take what is keyed."""
    access = access_of(request)
    if not rules_keyed_by(access):
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    after = whole_number(given.get("after", "")) or 0
    if request.method == "GET":
        return _show(request, access, next_to_key(access, after), after)
    number = whole_number(given.get("entry", "")) or 0
    if given.get("do") == "skip":
        return go(request, f"{ADDRESS}?after={number}")
    entry = entries_to_key(access).filter(pk=number).first()
    fields = keyed_fields(access, entry) if entry is not None else []
    try:
        done = key_again(access, number, {own.name: posted_raw(own, given) for own in fields})
    except EntryProblem as problem:
        if entry is None or problem.is_gone:
            messages.error(request, problem.message)
            return go(request, f"{ADDRESS}?after={after}")
        raws = {own.name: shown_again(own, given) for own in fields}
        return _show(request, access, entry, after, raws, problem)
    forget_waiting(access)
    counts = {"equal": done.keyed.filter(is_equal=True).count(), "all": len(fields)}
    messages.success(request, _("Saved: %(equal)s of %(all)s fields agree.") % counts)
    return go(request, f"{ADDRESS}?after={after}")


def _show(
    request: HttpRequest,
    access: Access,
    entry: SecondEntry | None,
    after: int,
    raws: dict[str, Any] | None = None,
    problem: EntryProblem | None = None,
) -> HttpResponse:
    fields = keyed_fields(access, entry) if entry is not None else []
    forget_waiting(access)  # beside the record at hand a number of a minute ago looks wrong
    wrong = problem.fields if problem else {}
    context: dict[str, Any] = {
        "page_title": _("Second entry"),
        "entry": entry,
        "after": after,
        "waiting": count_text(waiting_by_source(access).get("second-entry", 0)),
        "fields": [_field(own, (raws or {}).get(own.name), wrong.get(own.name)) for own in fields],
        "problem": problem.message if problem else "",
    }
    if entry is not None:
        context["title"] = title_of(access, entry, {own.name for own in fields})
        context["object"] = sentence(object_type(entry.object_key).label)
        context["facts"] = facts_of(access, entry)
    return render(request, "quality/double_entry/key.html", context, status=422 if problem else 200)


def _field(own: Field, raw: Any, wrong: str | None) -> dict[str, Any]:
    errors = [wrong] if wrong else []
    return {
        "name": own.name,
        "id": f"id-{own.name}",
        "label": sentence(own.label),
        "required": False,
        "standard": own.standard,
        "control_html": control_html(own, raw, id=f"id-{own.name}", errors=errors, required=False),
        "errors": errors,
        "wide": False,
        "is_group": own.kind.many,
    }


@administrators_only
@require_GET
def report_page(request: HttpRequest) -> HttpResponse:
    """Show how right entries are: per field, per person, and what nobody has noticed."""
    types = [object_type(key) for key in known().rules]
    if not types:
        raise Http404
    asked = request.GET.get("object", types[0].key)
    declared = next((one for one in types if one.key == asked), None)
    if declared is None:
        raise Http404
    heading = _("Report of double entry")
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _("What was keyed twice in the past %(days)s days.") % {"days": DAYS},
        "tabs": [
            {
                "label": sentence(one.label_plural),
                "url": f"/settings/double-entry/report/?object={one.key}",
                "current": one == declared,
            }
            for one in types
        ],
        "report": report(access_of(request), declared),
    }
    return render(request, "quality/double_entry/report.html", context)
