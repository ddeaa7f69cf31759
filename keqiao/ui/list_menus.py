"""The menus of a list that are written when somebody opens them: filters and columns.

Each has an address of its own that carries the list's state: a fragment for the menu on the list, a
whole page for a browser without JavaScript.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action
from keqiao.ui.filter_builder import linked_fields
from keqiao.ui.filtering import filter_fields, filter_line, quick_days, quick_fields, quick_options
from keqiao.ui.gate import access_of, go, is_partial, require, signed_in
from keqiao.ui.list_state import WIDTH, ListState
from keqiao.ui.listing import column_label
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType


@signed_in
@require_GET
def filter_menu(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    return show_filter_menu(request, *_opened(request, declared))


def show_filter_menu(request: HttpRequest, access: Access, state: ListState) -> HttpResponse:
    """Show the filter editor; without JavaScript its second step is this page once more."""
    declared = state.declared
    if request.GET.get("filter_operator"):
        return go(request, state.url())
    begun = request.GET.get("filter_field", "")
    context = {
        "filter_fields": filter_fields(access, declared),
        "filter_field": begun,
        "filter_line": filter_line(access, declared, begun),
        "quick_filters": [
            {
                "label": sentence(field.label),
                "options": quick_options(state, field),
                "days": quick_days(state, field),
            }
            for field in ([] if is_partial(request) or begun else quick_fields(access, declared))
        ],
    }
    return _menu(request, state, "filter", _("Filter"), context)


@signed_in
@require_GET
def quick_menu(request: HttpRequest, declared: ObjectType, name: str) -> HttpResponse:
    return show_quick_menu(request, *_opened(request, declared), name)


def show_quick_menu(
    request: HttpRequest, access: Access, state: ListState, name: str
) -> HttpResponse:
    """Show the options of one quick filter."""
    found = quick_fields(access, state.declared)
    field = next((one for one in found if one.name == name), None)
    if field is None:
        raise Http404
    context = {"options": quick_options(state, field), "days": quick_days(state, field)}
    return _menu(request, state, "quick", sentence(field.label), context)


@signed_in
@require_GET
def column_menu(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    return show_column_menu(request, *_opened(request, declared))


def show_column_menu(request: HttpRequest, access: Access, state: ListState) -> HttpResponse:
    """Show which fields the list can have as columns, in which order and how wide.

    Without JavaScript every button leads back here; the list is shown with the last one.
    """
    if request.GET.get("do") == "apply":
        return go(request, state.url())
    asked = {"columns", *(f"{WIDTH}{name}" for name, _width in state.widths)}
    asked.discard(f"{WIDTH}{state.declared.title}")  # the name has no line in the form
    context = {
        "column_fields": [pair for pair in state.form_fields() if pair[0] not in asked],
        "column_choices": column_choices(access, state, _wanted_order(request)),
        "linked_columns": linked_columns(access, state),
        "column_moves": [("up", "arrow-up", _("Forward")), ("down", "arrow-down", _("Backward"))],
        "columns_reset": state.url(columns=(), widths=()) if state.columns or state.widths else "",
    }
    return _menu(request, state, "columns", _("Columns"), context)


def _wanted_order(request: HttpRequest) -> list[str]:
    """Return the columns in the order of the form, with one moved if a button asks for it."""
    order = list(dict.fromkeys(request.GET.getlist("order")))
    verb, _colon, name = request.GET.get("move", "").partition(":")
    if name in order:
        at = order.index(name)
        other = min(max(at + (-1 if verb == "up" else 1), 0), len(order) - 1)
        order[at], order[other] = order[other], order[at]
    return order


def _opened(request: HttpRequest, declared: ObjectType) -> tuple[Access, ListState]:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    return access, ListState.read(declared, request.GET)


def _menu(
    request: HttpRequest, state: ListState, menu: str, title: str, context: dict[str, Any]
) -> HttpResponse:
    context |= {
        "menu": menu,
        "title": title,
        "page_title": title,
        "object_type": state.declared,
        "list_url": state.base,
        "back_url": state.url(),
        "state": state.query_string(),
        "page_url": state.page,
        "query_fields": state.form_fields(),
        "search_text": state.search,
        "is_page": not is_partial(request),
    }
    template = "ui/list_menu.html#pop" if is_partial(request) else "ui/list_menu.html"
    return render(request, template, context)


def column_choices(
    access: Access, state: ListState, order: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return every field a column can show: those shown first, the others as the form has them.

    `order` is how somebody has put them while choosing; nothing is shown then that he unticked.
    """
    mask, declared = access.fields(state.declared), state.declared
    shown = state.columns if order else state.shown_columns(access)
    names = [one.name for one in declared.in_layout_order() if not mask.is_hidden(one.name)]
    linked = [name for name in state.shown_columns(access) if "." in name]
    known = dict.fromkeys([*shown, *names, *linked])
    offered = [name for name in known if name in names or name in linked]
    place = {name: number for number, name in enumerate(order)}
    widths = dict(state.widths)
    return [
        {
            "name": name,
            "label": column_label(declared, name),
            "on": name in shown,
            "width": widths.get(name, ""),
        }
        for name in sorted(offered, key=lambda one: place.get(one, len(place)))
        if name != declared.title
    ]


def linked_columns(access: Access, state: ListState) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the fields of what the records link to that are no columns yet, by the link."""
    shown = set(state.shown_columns(access))
    groups = linked_fields(access, state.declared)
    rest = [(label, [one for one in fields if one[0] not in shown]) for label, fields in groups]
    return [(label, fields) for label, fields in rest if fields]
