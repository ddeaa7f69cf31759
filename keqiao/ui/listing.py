"""The list of records: one page for every object type, whole or as the part that changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from keqiao.access.rights import Action
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.object_type import Feature
from keqiao.records.query import Page, count_records, run_list
from keqiao.ui import cells
from keqiao.ui.bulk_actions import bulk_actions
from keqiao.ui.converters import whole_number
from keqiao.ui.displays import displays
from keqiao.ui.exporting import can_export
from keqiao.ui.favourites import starred
from keqiao.ui.filtering import chips, quick_fields, views
from keqiao.ui.gate import access_of, go, is_partial, require, signed_in
from keqiao.ui.navigation import new_label, remember_count, sentence
from keqiao.ui.saved_views import may_change, open_list
from keqiao.ui.table import Column, head_html, rows_html, widths_html
from keqiao.ui.totals import has_totals

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.list_state import ListState
    from keqiao.ui.saved_views import OpenedList


@signed_in
def list_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    opened = open_list(access, declared, request.GET)
    state = opened.state
    if state.display:
        return go(request, state.url())
    if is_partial(request) and request.GET.get("part") == "row":
        return _one_row(access, state, whole_number(request.GET.get("id", "")))
    status, problem = 200, ""
    try:
        page = run_list(access, state.query(access, count=not state.cursor))
    except FilterProblem as found:
        page, status, problem = Page([], count=0), 422, str(found.message)
    context = list_context(access, opened, page)
    context["problem"] = problem
    if is_partial(request) and request.GET.get("part") == "rows":
        context["is_more"] = True
        return render(request, "ui/list.html#more_rows", context, status=status)
    if is_partial(request):
        response = render(request, "ui/list.html#part", context, status=status)
        response["HX-Push-Url"] = state.url(cursor=state.cursor, exact=state.exact)
        return response
    return render(request, "ui/list.html", context, status=status)


def _one_row(access: Access, state: ListState, record_id: int | None) -> HttpResponse:
    """Return one record as a row of this list, whether it still fits the filter or not.

    It stays where the person has just worked on it until the list is opened anew.
    """
    question = replace(
        state.query(access, count=False), ids=(record_id or 0,), filter=None, search="", cursor=None
    )
    page = run_list(access, question)
    if not page.rows:
        raise Http404
    columns = list_columns(access, state, page)
    stars = starred(access, state.declared, [record_id or 0])
    return HttpResponse(rows_html(page.rows, columns, state.base, stars=stars))


def list_context(access: Access, opened: OpenedList, page: Page) -> dict[str, Any]:
    state = opened.state
    declared = state.declared
    columns = list_columns(access, state, page)
    stars = starred(access, declared, [row.id for row in page.rows])
    return frame(access, opened) | {
        "widths_html": widths_html(columns),
        "head_html": head_html(columns),
        "rows_html": rows_html(page.rows, columns, state.base, stars=stars),
        "page": page_facts(access, state, page),
        "totals": has_totals(access, state),
        "is_bare": not (page.rows or state.is_filtered) and rights(access, declared)["import"],
        "here": state.url(cursor=state.cursor),
        "bulk_actions": bulk_actions(access, declared),
    }


def frame(access: Access, opened: OpenedList) -> dict[str, Any]:
    """Return what stands above the records, whichever way they are shown."""
    state = opened.state
    declared = state.declared
    title = sentence(declared.label_plural)
    return {
        "object_type": declared,
        "title": title,
        "page_title": title,
        "list_url": state.base,
        "page_url": state.page,
        "displays": displays(access, state),
        "new_label": new_label(declared),
        "tabs": views(access, opened),
        "view": view_facts(access, opened),
        "chips": chips(access, state),
        "quick_filters": [
            {"name": field.name, "label": sentence(field.label)}
            for field in quick_fields(access, declared)
        ],
        "search_text": state.search,
        "query_fields": state.form_fields(),
        "state": state.query_string(),
        "may": rights(access, declared),
    }


def view_facts(access: Access, opened: OpenedList) -> dict[str, Any]:
    """Return what the page says of the view: whether it was changed, and what is missing from it."""
    view, state = opened.view, opened.state
    is_changed = view is not None and state.is_changed
    return {
        "left_out": opened.left_out,
        "is_changed": is_changed,
        "may_save": view is None and (any(state.content) or state.search),
        "saved_url": f"{state.base}?view={view.id}" if view else "",
        "overwrite_url": f"{state.base}views/{view.id}/save/"
        if view and is_changed and may_change(access, view)
        else "",
    }


def rights(access: Access, declared: ObjectType) -> dict[str, bool]:
    """Return what this person may do with records of the type, by the name templates use."""
    may = {action.value: access.can(action, declared) for action in Action}
    may["import"] = may["import"] and Feature.IMPORT in declared.features
    may["export"] = may["export"] and Feature.EXPORT in declared.features and can_export()
    may["any_bulk"] = may["change"] or may["delete"] or may["export"] or may["transfer"]
    return may


# --- columns and rows ---------------------------------------------------------------------------


def list_columns(access: Access, state: ListState, page: Page) -> list[Column]:
    mask = access.fields(state.declared)
    sort = page.sort or state.sort or state.declared.list.default_sort
    widths = dict(state.widths)
    found = []
    for path in state.shown_columns(access):
        field = state.declared.field(path)
        is_title = path == state.declared.title
        css = "tt" if is_title else "n" if cells.is_right_aligned(field) else ""
        sort_url, direction = "", ""
        if field.sortable and "." not in path and mask.is_readable(field.name):
            direction = {path: "ascending", f"-{path}": "descending"}.get(sort, "")
            sort_url = state.url(sort=f"-{path}" if direction == "ascending" else path)
        found.append(
            Column(
                path,
                column_label(state.declared, path),
                field,
                css,
                sort_url,
                direction,
                widths.get(path, 0),
            )
        )
    return found


def column_label(declared: ObjectType, path: str) -> str:
    head, _dot, rest = path.partition(".")
    label = sentence(declared.field(head).label)
    return f"{label} · {declared.field(path).label}" if rest else label


# --- what stands around the rows -------------------------------------------------------------------


def page_facts(access: Access, state: ListState, page: Page) -> dict[str, Any]:
    """Return the counts and the addresses of the pages before and after."""
    count, capped = page.count, page.count_capped
    if state.exact and capped:
        count, capped = count_records(access, state.query(access)), False
    text = f"{count:,}{'+' if capped else ''}" if count is not None else ""
    if count is not None and not state.is_filtered:
        remember_count(access, state.declared, text)
    return {
        "count": text,
        "count_text": _("%(count)s in all") % {"count": text} if text else "",
        "exact_url": state.url(exact=True) if capped else "",
        "is_filtered": state.is_filtered,
        "next_url": state.url(cursor=page.next_cursor) if page.next_cursor else "",
        "previous_url": state.url(cursor=page.previous_cursor) if page.previous_cursor else "",
        "first_url": state.url(),
        "can_select_all": bool(count and count > len(page.rows)),
        "all_selected_text": _("All %(count)s selected") % {"count": text},
        "select_all_text": _("Select all %(count)s") % {"count": text},
    }
