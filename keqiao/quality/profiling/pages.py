"""The pages of profiles: how full each field is, and what the values of one field look like."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods

from keqiao.access.rights import Action
from keqiao.base.words import say
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.kinds.roles import Profiled
from keqiao.catalog.registry import object_types
from keqiao.catalog.words import field_named, things
from keqiao.quality.profiling.addresses import narrowed, profile_url, state_of, without
from keqiao.quality.profiling.answers import FILL, PROFILE, is_open, shown_fields
from keqiao.quality.profiling.counting import Answer, Question, answer, have_counted
from keqiao.quality.profiling.measures import Bar, Profile, is_profiled
from keqiao.quality.profiling.repairable import can_transform, may_change, why_no_variants
from keqiao.ui.filtering import condition_text, operand_text
from keqiao.ui.gate import access_of, go, is_partial, require, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.list_state import ListState

NAMED = frozenset({Profiled.PICKS, Profiled.LISTS})  # people read names there, not what is stored
LOW = 50  # per cent filled; below it a bar says so by its colour
FACTS = {
    "lowest": gettext_lazy("smallest"),
    "median": gettext_lazy("in the middle"),
    "highest": gettext_lazy("largest"),
}
FACTS_OF_TIME = {
    **FACTS,
    "lowest": gettext_lazy("earliest"),
    "highest": gettext_lazy("latest"),
}


def seen_types(access: Access) -> list[ObjectType]:
    return [one for one in object_types() if access.can(Action.VIEW, one)]


@signed_in
@require_http_methods(["GET", "POST"])
def overview_page(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    types = seen_types(access)
    if not types:
        raise PermissionDenied
    asked = request.GET.get("object", "")
    declared = next((one for one in types if one.key == asked), types[0])
    state = state_of(declared, request.GET)
    question = Question(declared, FILL, where=state.where, filter=state.filter)
    here = profile_url(state)
    if request.method == "POST":
        title = say(gettext_noop("Profile: %(name)s"), name=things(declared.key))
        have_counted(access, question, title, getattr(request, "request_id", ""))
        return go(request, here)
    context = {
        **frame(access, state, question, here),
        "page_title": _("Data profile"),
        "tabs": [
            {
                "label": sentence(one.label_plural),
                "url": f"/quality/profile/?object={one.key}",
                "current": one == declared,
            }
            for one in types
        ],
    }
    if result := context["result"]:
        context["lines"] = [
            _fill_line(access, state, one, result)
            for one in shown_fields(access, declared)
            if one.name in result["filled"]
        ]
    return _shown(request, "overview", context)


def _fill_line(
    access: Access, state: ListState, own: Field, result: dict[str, Any]
) -> dict[str, Any]:
    total, filled = result["records"], result["filled"][own.name]
    is_readable = access.fields(state.declared).is_readable(own.name)
    links = _fill_links(state, own) if is_readable else {}
    return {
        "label": sentence(own.label),
        "kind": own.kind.label,
        "url": profile_url(state, own.name) if is_open(access, state.declared, own) else "",
        "is_masked": not is_readable,
        "filled": f"{filled:,}",
        "empty": f"{total - filled:,}" if total > filled else "",
        "share": share_text(filled, total),
        "width": _width(filled, total),
        "is_low": filled * 100 < LOW * total,
        **links,
    }


def _fill_links(state: ListState, own: Field) -> dict[str, str]:
    if not own.filterable or "is_filled" not in own.operators:
        return {}
    return {
        "filled_url": narrowed(state, [f"{own.name}:is_filled"]).url(),
        "empty_url": narrowed(state, [f"{own.name}:is_empty"]).url(),
    }


@signed_in
@require_http_methods(["GET", "POST"])
def field_page(request: HttpRequest, declared: ObjectType, name: str) -> HttpResponse:
    access = access_of(request)
    own = opened_field(access, declared, name)
    state = state_of(declared, request.GET)
    question = Question(declared, PROFILE, own.name, state.where, state.filter)
    here = profile_url(state, own.name)
    if request.method == "POST":
        title = say(gettext_noop("Profile: %(name)s"), name=field_named(declared.key, own.name))
        have_counted(access, question, title, getattr(request, "request_id", ""))
        return go(request, here)
    context = {
        **frame(access, state, question, here),
        "page_title": _("Profile: %(name)s") % {"name": sentence(own.label)},
        "heading": sentence(own.label),
        "kind": own.kind.label,
        "standard": own.standard,
        "up_url": profile_url(state),
        "actions": _actions(access, state, own),
        "no_variants": why_no_variants(own),
        "object_label": sentence(declared.label_plural),
    }
    if result := context["result"]:
        context |= _told(access, state, own, msgspec.convert(result["profile"], Profile))
        context["facets"] = [_facet(access, state, one, own.name) for one in result["facets"]]
    return _shown(request, "field", context)


def _actions(access: Access, state: ListState, own: Field) -> list[dict[str, Any]]:
    """Return what can be done about the values of a field."""
    found = []
    if not why_no_variants(own):
        url = profile_url(state, own.name, "variants/")
        found.append({"label": _("Bring variants together"), "icon": "git-merge", "url": url})
    if can_transform(own) and may_change(access, state.declared, own):
        url = profile_url(state, own.name, "tidy/")
        found.append({"label": _("Tidy"), "icon": "edit", "url": url})
    return found


def opened_field(access: Access, declared: ObjectType, name: str) -> Field:
    """Return a field whose values this person may be told; a hidden one does not exist."""
    require(access, Action.VIEW, declared)
    own = declared.fields().get(name)
    if own is None or access.fields(declared).is_hidden(name) or not is_profiled(own):
        raise Http404
    if not is_open(access, declared, own):
        raise PermissionDenied
    return own


def frame(
    access: Access, state: ListState, question: Question, here: str, step: str = ""
) -> dict[str, Any]:
    """Return what every page of profiles shows: the conditions, the time, the job at work."""
    problem, found = "", Answer()
    try:
        found = answer(access, question)
    except FilterProblem as refused:
        problem = str(refused.message)
    total = found.result["records"] if found.result else 0
    return {
        "declared": state.declared,
        "problem": problem,
        "result": found.result,
        "counted_at": found.at,
        "job": found.job,
        "here": here,
        "records": f"{total:,}",
        "list_url": state.url(),
        "chips": chips(access, state, question.field, step),
    }


def chips(access: Access, state: ListState, name: str, step: str = "") -> list[dict[str, str]]:
    """Return the conditions in words, each with the address without it."""
    found = [
        {
            "label": visible(condition_text(access, state.declared, condition)),
            "url": profile_url(without(state, part), name, step),
        }
        for part, condition in state.conditions()
    ]
    if state.filter:
        url = profile_url(replace(state, filter=""), name, step)
        found.append({"label": _("Further conditions"), "url": url})
    return found


def _told(access: Access, state: ListState, own: Field, found: Profile) -> dict[str, Any]:
    def bars(given: Sequence[Bar], *, is_code: bool = False) -> list[dict[str, Any]]:
        return shown_bars(access, state, own, given, found.records, own.name, is_code=is_code)

    called = FACTS_OF_TIME if own.kind.profiled_as is Profiled.TIMES else FACTS
    facts = [(called[key], value) for key, value in found.facts.items()]
    return {
        "profile": found,
        "filled": {
            "count": f"{found.filled:,}",
            "share": share_text(found.filled, found.records),
            "width": _width(found.filled, found.records),
            **_fill_links(state, own),
        },
        "empty_count": f"{found.empty:,}" if found.empty else "",
        "distinct": None if found.distinct is None else f"{found.distinct:,}",
        "only_once": f"{found.only_once:,}",
        "facts": facts,
        "top": bars(found.top),
        "shapes": bars(found.shapes, is_code=True),
        "lengths": bars(found.lengths),
        "spread": bars(found.spread),
        "outliers": bars(found.outliers),
        "placeholders": bars(found.placeholders),
        "invalid": bars(found.invalid),
        "checked": None if found.checked is None else f"{found.checked:,}",
        "invalid_count": f"{found.invalid_records:,}",
        "placeholder_count": f"{sum(bar.count for bar in found.placeholders):,}",
    }


def shown_bars(
    access: Access,
    state: ListState,
    own: Field,
    given: Sequence[Bar],
    total: int,
    name: str,
    *,
    is_code: bool = False,
) -> list[dict[str, Any]]:
    """Return figures ready to be drawn, each with the records behind it.

    `name` is the field whose page they stand on: there each of them narrows the records down.
    """
    longest = max((bar.count for bar in given), default=0)
    is_named = own.kind.profiled_as in NAMED
    found = []
    for bar in given:
        label = operand_text(access, own, bar.value) if is_named and bar.value else bar.value
        inner = narrowed(state, bar.where)
        found.append({
            "label": visible(label, spaces=is_code) or _("(empty)"),
            "note": bar.note,
            "count": f"{bar.count:,}",
            "share": share_text(bar.count, total),
            "width": _width(bar.count, longest),
            "height": max(2, _width(bar.count, longest)),
            "url": inner.url() if bar.where else "",
            "narrow_url": profile_url(inner, name) if bar.where else "",
            "is_on": bool(bar.where) and set(bar.where) <= set(state.where),
        })  # fmt: skip
    return found


def _facet(access: Access, state: ListState, given: dict[str, Any], name: str) -> dict[str, Any]:
    own = state.declared.field(given["field"])
    bars = [Bar(one["value"], one["count"], one["where"]) for one in given["bars"]]
    total = sum(bar.count for bar in bars)
    return {
        "label": sentence(own.label),
        "bars": shown_bars(access, state, own, bars, total, name),
    }


def _shown(request: HttpRequest, page: str, context: dict[str, Any]) -> HttpResponse:
    """Answer with the whole page, or with what is polled while a job works on it."""
    if is_partial(request):
        return render(request, f"quality/profiling/{page}_body.html", context)
    return render(request, f"quality/profiling/{page}.html", context)


def share_text(part: int, whole: int) -> str:
    """Return a share as people read it; what is there is never told as nothing, nor nearly as all."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if part and share < 0.1:
        return "<0.1%"
    if part < whole and share > 99.9:
        return ">99.9%"
    return f"{share:.1f}%".replace(".0%", "%")


def _width(part: int, whole: int) -> int:
    return 100 * part // whole if whole else 0


def visible(text: str, *, spaces: bool = False) -> str:
    """Return a text in which nothing hides: signs that show nothing are written by their number."""
    shown = "".join(char if char.isprintable() or char == " " else f"‹U+{ord(char):04X}›"
                    for char in text)  # fmt: skip
    if spaces or shown != shown.strip() or "  " in shown:
        shown = shown.replace(" ", "␣")
    return shown
