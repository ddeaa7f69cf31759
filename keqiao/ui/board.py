"""The board: the records of a list as cards, a column for each value of their stage-like choice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.filter import AllOf, Condition, FilterProblem
from keqiao.records.query import run_list
from keqiao.records.sums import sum_of
from keqiao.ui import cells
from keqiao.ui.board_address import board_address
from keqiao.ui.clock import NEXT_STEP, clock_html
from keqiao.ui.filtering import chips
from keqiao.ui.gate import access_of, require, signed_in
from keqiao.ui.listing import rights
from keqiao.ui.navigation import new_label, sentence
from keqiao.ui.saved_views import open_list

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row
    from keqiao.records.query import ListQuery
    from keqiao.ui.list_state import ListState

CARDS = 50


@signed_in
@require_GET
def board_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    state = open_list(access, declared, request.GET).state
    if not board_address(access, state):
        raise Http404
    field = declared.fields()[declared.list.board]
    status, problem, columns = 200, "", []
    try:
        columns = board_columns(access, state, field)
    except FilterProblem as found:
        status, problem = 422, str(found.message)
    context = {
        "object_type": declared,
        "title": sentence(declared.label_plural),
        "page_title": sentence(declared.label_plural),
        "list_url": state.base,
        "table_url": state.url(),
        "new_label": new_label(declared),
        "chips": chips(access, state),
        "columns": columns,
        "field_name": field.name,
        "can_move": access.can(Action.CHANGE, declared)
        and access.fields(declared).is_writable(field.name)
        and not field.read_only,
        "may": rights(access, declared),
        "problem": problem,
    }
    return render(request, "ui/board.html", context, status=status)


def board_columns(access: Access, state: ListState, field: Field) -> list[dict[str, Any]]:
    """Return a column for each value; what has none comes first, when there is any."""
    declared = state.declared
    shown = _shown(access, declared)
    base = replace(state.query(access), columns=tuple(shown), limit=CARDS, cursor=None)
    asked = [("", _("Not set"), "", Condition(field.name, "is_empty"))]
    asked += [
        (one.key, str(one.label), one.color, Condition(field.name, "equals", one.key))
        for one in field.choices
    ]
    found = []
    for key, label, color, condition in asked:
        column = _column(access, base, condition, shown)
        if key or column["cards"]:
            text = f"{field.name}:equals:{key}" if key else f"{field.name}:is_empty"
            all_url = state.url(where=(*state.where, text))
            found.append({**column, "key": key, "label": label, "color": color, "all_url": all_url})
    return found


def _column(
    access: Access, base: ListQuery, condition: Condition, shown: dict[str, Field]
) -> dict[str, Any]:
    tree = AllOf((base.filter, condition)) if base.filter else condition
    query = replace(base, filter=tree, kept={})
    page = run_list(access, query)
    return {
        "count": page.count_text,
        "sum": _sum(access, query, shown) if page.rows else "",
        "more": bool(page.next_cursor),
        "cards": [_card(base.object_type, row, shown) for row in page.rows],
    }


def _sum(access: Access, query: ListQuery, shown: dict[str, Field]) -> str:
    """Return what the cards of a column come to, for those who read every amount."""
    mask = access.fields(query.object_type)
    for name, field in shown.items():
        if field.kind.key == "money" and mask.is_readable(name):
            total = sum_of(access, query, field)
            return str(field.kind.text(total, field)) if total else ""
    return ""


def _shown(access: Access, declared: ObjectType) -> dict[str, Field]:
    """Return what a card tells, besides its name: who, how much, until when, the next step."""
    mask = access.fields(declared)
    fields = {one.name: one for one in declared.in_layout_order() if not mask.is_hidden(one.name)}
    names = [name for name in declared.subtitle[:1] if name in fields]
    for kind in ("money", "date"):
        names += [one.name for one in fields.values() if one.kind.key == kind][:1]
    names += [name for name in ("owner", NEXT_STEP) if name in fields]
    wanted = (declared.title, *names)
    return {name: fields[name] for name in dict.fromkeys(wanted) if name in fields}


def _card(declared: ObjectType, row: Row, shown: dict[str, Field]) -> dict[str, Any]:
    today = timezone.localtime(now()).date()
    lines = []
    for name, field in shown.items():
        cell = row.cells[name]
        if name == declared.title or not cell.text or cell.hidden:
            continue
        html = cells.cell_html(cell, field)
        if name == NEXT_STEP and isinstance(cell.value, datetime):
            html = clock_html(cell.value)
        is_past = field.kind.key == "date" and isinstance(cell.value, date) and cell.value < today
        lines.append({"label": sentence(field.label), "html": html, "late": is_past})
    return {
        "id": row.id,
        "version": row.version,
        "title": row.title,
        "url": f"/{declared.path}/{row.id}/",
        "lines": lines,
    }
