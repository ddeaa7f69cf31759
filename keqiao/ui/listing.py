"""The list of records: one page for every object type, whole or as the part that changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from keqiao.access.rights import Action
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.object_type import Feature
from keqiao.records.query import Page, count_records, run_list
from keqiao.ui import cells
from keqiao.ui.exporting import can_export
from keqiao.ui.filtering import chips, filter_fields, filter_line, quick_filters, views
from keqiao.ui.gate import access_of, is_partial, require, signed_in
from keqiao.ui.list_state import ListState
from keqiao.ui.markup import joined, markup
from keqiao.ui.navigation import new_label, remember_count, sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row


@dataclass(frozen=True)
class Column:
    """One column of the table: its head and how its cells stand."""

    name: str
    label: str
    field: Field
    css: str
    sort_url: str = ""
    direction: str = ""

    @property
    def attribute(self) -> SafeString:
        return CLASSES[self.css]

    @property
    def named(self) -> bool:
        return cells.named_on_cards(self.field)


CLASSES = {css: SafeString(f' class="{css}"' if css else "") for css in ("", "n", "tt")}


@signed_in
def list_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    state = ListState.read(declared, request.GET)
    status, problem = 200, ""
    try:
        page = run_list(access, state.query(access, count=not state.cursor))
    except FilterProblem as found:
        page, status, problem = Page([], count=0), 422, str(found.message)
    context = list_context(request, access, state, page)
    context["problem"] = problem
    if is_partial(request) and request.GET.get("part") == "rows":
        context["is_more"] = True
        return render(request, "ui/list.html#more_rows", context, status=status)
    if is_partial(request):
        response = render(request, "ui/list.html#part", context, status=status)
        response["HX-Push-Url"] = state.url(cursor=state.cursor, exact=state.exact)
        return response
    return render(request, "ui/list.html", context, status=status)


def list_context(
    request: HttpRequest, access: Access, state: ListState, page: Page
) -> dict[str, Any]:
    declared = state.declared
    columns = list_columns(access, state, page)
    title = sentence(declared.label_plural)
    return {
        "object_type": declared,
        "title": title,
        "page_title": title,
        "list_url": state.base,
        "new_label": new_label(declared),
        "tabs": views(access, state),
        "chips": chips(access, state),
        "quick_filters": quick_filters(access, state),
        "filter_fields": filter_fields(access, declared),
        "filter_field": _half_made_filter(request),
        "filter_line": filter_line(access, declared, _half_made_filter(request)),
        "columns": columns,
        "rows": [{"html": row_html(row, columns, state.base)} for row in page.rows],
        "page": page_facts(access, state, page),
        "search_text": state.search,
        "query_fields": state.pairs(),
        "state": state.query_string(),
        "column_choices": column_choices(access, state),
        "may": rights(access, declared),
    }


def _half_made_filter(request: HttpRequest) -> str:
    """Return the field of a filter that was begun without JavaScript and still needs its value."""
    begun = request.GET.get("filter_field", "")
    return "" if request.GET.get("filter_operator") else begun


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
            Column(path, _column_label(state.declared, path), field, css, sort_url, direction)
        )
    return found


def _column_label(declared: ObjectType, path: str) -> str:
    head, _dot, rest = path.partition(".")
    label = sentence(declared.field(head).label)
    return f"{label} · {declared.field(path).label}" if rest else label


def row_html(row: Row, columns: list[Column], base: str) -> SafeString:
    """Return one table row; made in Python because a template per cell is five times slower."""
    body = joined(_cell(row, column) for column in columns[1:])
    return markup(
        '<tr><td class="ck"><input type="checkbox" class="tick" value="{}" name="tick" form="bulk"'
        ' aria-label="{}"></td><td class="tt"><a href="{}{}/">{}<span>{}</span></a></td>{}</tr>\n',
        row.id,
        row.title,
        base,
        row.id,
        cells.title_avatar(row.title),
        row.title,
        body,
    )


def _cell(row: Row, column: Column) -> SafeString:
    cell = row.cells[column.name]
    shown = cells.cell_html(cell, column.field)
    if cell.text and column.named:
        return markup('<td{} data-l="{}">{}</td>', column.attribute, column.label, shown)
    return markup("<td{}>{}</td>", column.attribute, shown)


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


def column_choices(access: Access, state: ListState) -> list[dict[str, Any]]:
    """Return every field a column can show, those shown first and in their order."""
    mask, declared = access.fields(state.declared), state.declared
    shown = state.shown_columns(access)
    names = [name for name in declared.fields() if not mask.is_hidden(name) and name not in shown]
    return [
        {"name": name, "label": _column_label(declared, name), "on": name in shown}
        for name in (*shown, *names)
        if name != declared.title
    ]
