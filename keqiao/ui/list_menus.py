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
from keqiao.ui.filtering import filter_fields, filter_line, quick_days, quick_fields, quick_options
from keqiao.ui.gate import access_of, go, is_partial, require, signed_in
from keqiao.ui.list_state import ListState
from keqiao.ui.listing import column_label
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
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
    """Show which fields the list can have as columns."""
    context = {"column_choices": column_choices(access, state)}
    return _menu(request, state, "columns", _("Columns"), context)


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
        "query_fields": state.pairs(),
        "search_text": state.search,
        "is_page": not is_partial(request),
    }
    template = "ui/list_menu.html#pop" if is_partial(request) else "ui/list_menu.html"
    return render(request, template, context)


def column_choices(access: Access, state: ListState) -> list[dict[str, Any]]:
    """Return every field a column can show: those shown first, the others as the form has them."""
    mask, declared = access.fields(state.declared), state.declared
    shown = state.shown_columns(access)
    others = [
        field.name
        for field in declared.in_layout_order()
        if not mask.is_hidden(field.name) and field.name not in shown
    ]
    return [
        {"name": name, "label": column_label(declared, name), "on": name in shown}
        for name in (*shown, *others)
        if name != declared.title
    ]
