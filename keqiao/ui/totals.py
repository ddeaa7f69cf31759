"""The foot of a list: what its numbers and amounts come to over all records, fetched after the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action
from keqiao.catalog.filter import FilterProblem
from keqiao.records.sums import sums_of
from keqiao.ui.gate import access_of, is_partial, require, signed_in
from keqiao.ui.navigation import sentence
from keqiao.ui.saved_views import open_list

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.sums import Sums
    from keqiao.ui.list_state import ListState

MEASURES = {
    "sum": gettext_lazy("Sum"),
    "average": gettext_lazy("Average"),
    "lowest": gettext_lazy("Smallest"),
    "highest": gettext_lazy("Largest"),
}
ADDED_UP = frozenset({"integer", "money"})
MEASURED = ADDED_UP | {"percent", "score"}
PATIENCE_MS, LONG_PATIENCE_MS = 400, 20_000


def has_totals(access: Access, state: ListState) -> bool:
    return bool(_measured(access, state))


def _measured(access: Access, state: ListState) -> dict[str, Field]:
    """Return the columns in sight whose numbers this person reads in full."""
    mask = access.fields(state.declared)
    return {
        name: state.declared.field(name)
        for name in state.shown_columns(access)
        if "." not in name
        and state.declared.field(name).kind.key in MEASURED
        and mask.is_readable(name)
    }


@signed_in
@require_GET
def totals_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    """Show what the columns come to: the foot of the list, or a page without JavaScript."""
    access = access_of(request)
    require(access, Action.VIEW, declared)
    state = open_list(access, declared, request.GET).state
    measure = request.GET.get("measure", "")
    measure = measure if measure in MEASURES else "sum"
    is_long = request.GET.get("long") == "1"
    fields = _measured(access, state)
    found: dict[str, Sums] | None = {}
    problem = ""
    try:
        found = sums_of(
            access,
            state.query(access),
            fields.values(),
            patience_ms=LONG_PATIENCE_MS if is_long else PATIENCE_MS,
        )
    except FilterProblem as refused:
        problem = str(refused.message)
    context = {
        "object_type": declared,
        "page_title": _("Totals"),
        "list_url": state.base,
        "back_url": state.url(),
        "measure": MEASURES[measure],
        "measures": [
            {"label": label, "url": _address(state, key), "current": key == measure}
            for key, label in MEASURES.items()
        ],
        "cells": [_cell(state, name, fields, found, measure) for name in _columns(access, state)],
        "too_slow": found is None,
        "long_url": "" if is_long else f"{_address(state, measure)}&long=1",
        "problem": problem,
    }
    template = "ui/totals.html#foot" if is_partial(request) else "ui/totals.html"
    return render(request, template, context, status=422 if problem else 200)


def _columns(access: Access, state: ListState) -> tuple[str, ...]:
    return state.shown_columns(access)[1:]


def _address(state: ListState, measure: str) -> str:
    return f"{state.base}totals/?{'&'.join(filter(None, (state.query_string(), f'measure={measure}')))}"


def _cell(
    state: ListState,
    name: str,
    fields: dict[str, Field],
    found: dict[str, Sums] | None,
    measure: str,
) -> dict[str, Any]:
    own = fields.get(name)
    if own is None or not found:
        return {"text": "", "label": ""}
    return {"text": said(own, found[name], measure), "label": sentence(own.label)}


def said(own: Field, sums: Sums, measure: str) -> str:
    """Return one figure as lists write it; a dash where there is nothing to tell."""
    value: float | None = sums.total if sums.filled else None
    if measure == "sum" and own.kind.key not in ADDED_UP:
        return "–"
    if measure != "sum":
        value = getattr(sums, measure)
    if value is None:
        return "–"
    if own.kind.key == "integer":
        return f"{value:,.1f}" if measure == "average" else f"{value:,}"
    return str(own.kind.text(round(value), own))
