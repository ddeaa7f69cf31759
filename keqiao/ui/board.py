"""The board: the records of a list as cards, a column for each value of their stage-like choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.filter import AllOf, Condition, FilterProblem
from keqiao.records.query import run_list
from keqiao.records.sums import EARLIER, LATER, NEVER, WITHIN, groups_of
from keqiao.ui import cells
from keqiao.ui.clock import NEXT_STEP, clock_html
from keqiao.ui.displays import has_board
from keqiao.ui.gate import access_of, is_partial, require, signed_in
from keqiao.ui.list_state import BOARD
from keqiao.ui.listing import frame
from keqiao.ui.navigation import sentence
from keqiao.ui.saved_views import open_list

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row
    from keqiao.records.sums import Group
    from keqiao.ui.list_state import ListState

CARDS = 50
PATIENCE_MS = 800


@signed_in
@require_GET
def board_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    if not has_board(access, declared):
        raise Http404
    opened = open_list(access, declared, request.GET)
    state = replace(opened.state, display=BOARD)
    field = declared.fields()[declared.list.board]
    wanted = _column_asked(field, request.GET.get("column"))
    part = request.GET.get("part", "")
    status, problem, columns = HTTPStatus.OK, "", []
    try:
        columns = (
            board_figures(access, state, field)
            if part == "figures"
            else board_columns(access, state, field, wanted)
        )
    except FilterProblem as found:
        status, problem = HTTPStatus.UNPROCESSABLE_ENTITY, str(found.message)
    context = {
        "columns": columns,
        "field_name": field.name,
        "can_move": access.can(Action.CHANGE, declared)
        and access.fields(declared).is_writable(field.name)
        and not field.read_only,
        "problem": problem,
    }
    if part in {"figures", "cards"} and is_partial(request):
        return render(request, f"ui/board.html#{part}", context, status=status)
    context |= frame(access, replace(opened, state=state))
    context["figures_url"] = f"{state.page}?{state.query_string()}&part=figures"
    if is_partial(request):
        response = render(request, "ui/board.html#part", context, status=status)
        response["HX-Push-Url"] = state.url()
        return response
    return render(request, "ui/board.html", context, status=status)


@dataclass(frozen=True)
class Asked:
    """One column of the board: its value (empty for none), its name, and what is asked for it."""

    key: str
    label: str
    color: str
    condition: Condition
    number: int

    @property
    def text(self) -> str:
        return (
            f"{self.condition.path}:equals:{self.key}"
            if self.key
            else (f"{self.condition.path}:is_empty")
        )


def _asked(field: Field) -> list[Asked]:
    nothing = Asked("", _("Not set"), "", Condition(field.name, "is_empty"), 0)
    return [nothing] + [
        Asked(one.key, str(one.label), one.color, Condition(field.name, "equals", one.key), number)
        for number, one in enumerate(field.choices, start=1)
    ]


def _column_asked(field: Field, given: str | None) -> list[Asked]:
    """Return the columns to show: all, or the one whose further cards are asked for."""
    if given is None:
        return _asked(field)
    found = [one for one in _asked(field) if str(one.number) == given]
    if not found:
        raise Http404
    return found


def board_columns(
    access: Access, state: ListState, field: Field, wanted: list[Asked]
) -> list[dict[str, Any]]:
    """Return the columns with their cards; what has no value comes first, when there is any."""
    shown = _shown(access, state.declared)
    cursor = state.cursor or None
    base = replace(state.query(access), columns=tuple(shown), limit=CARDS, cursor=cursor)
    found = []
    for one in wanted:
        tree = AllOf((base.filter, one.condition)) if base.filter else one.condition
        page = run_list(access, replace(base, filter=tree, count=cursor is None, kept={}))
        if not (one.key or page.rows):
            continue
        all_url = state.url(display="", where=(*state.where, one.text))
        more = urlencode({"column": one.number, "cursor": page.next_cursor or "", "part": "cards"})
        found.append(
            {
                "key": one.key,
                "number": one.number,
                "label": one.label,
                "color": one.color,
                "count": page.count_text,
                "cards": [_card(state.declared, row, shown) for row in page.rows],
                "all_url": all_url,
                "more_url": f"{state.page}?{'&'.join(filter(None, (state.query_string(), more)))}"
                if page.next_cursor
                else "",
            }
        )
    return found


# --- what a column comes to, told after the cards ------------------------------------------------


def board_figures(access: Access, state: ListState, field: Field) -> list[dict[str, Any]]:
    """Return for each column the sum of its amounts and how its next steps lie in time."""
    mask, fields = access.fields(state.declared), _shown(access, state.declared)
    money = next(
        (one for name, one in fields.items() if one.kind.key == "money" and mask.is_readable(name)),
        None,
    )
    step = fields.get(NEXT_STEP)
    if step is not None and not mask.is_readable(NEXT_STEP):
        step = None
    if money is None and step is None:
        return []
    begin = timezone.localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    groups = groups_of(
        access,
        state.query(access),
        field,
        total=money,
        moment=step,
        between=(begin, begin + timedelta(days=1)),
        patience_ms=PATIENCE_MS,
    )
    found = []
    for one in _asked(field):
        group = (groups or {}).get(one.key or None)
        if group is not None:
            total = str(money.kind.text(group.total, money)) if money and group.total else ""
            found.append(
                {
                    "number": one.number,
                    "sum": total,
                    "split": _split(group) if step is not None else None,
                }
            )
    return found


def _split(group: Group) -> dict[str, Any]:
    """Return the parts of the thin bar, as widths of a hundred, and what it says in words."""
    states = (
        (EARLIER, "late", _("overdue")),
        (WITHIN, "today", _("due today")),
        (LATER, "planned", _("planned")),
        (NEVER, "none", _("no next step")),
    )
    whole = sum(group.times.values()) or 1
    parts, at = [], 0.0
    for place, css, _label in states:
        width = 100 * group.times.get(place, 0) / whole
        if width:
            parts.append({"css": css, "x": f"{at:.2f}", "width": f"{width:.2f}"})
        at += width
    words = [f"{label} {group.times.get(place, 0):,}" for place, _css, label in states]
    return {"parts": parts, "text": " · ".join(words)}


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
        is_step = name == NEXT_STEP and not field.custom and not cell.hidden and not cell.masked
        if name == declared.title or cell.hidden or not (cell.text or is_step):
            continue
        html = cells.cell_html(cell, field)
        if is_step and (cell.value is None or isinstance(cell.value, datetime)):
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
