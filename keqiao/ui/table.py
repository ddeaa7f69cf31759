"""Writes the table of a list, head and rows: in Python, for a template per cell is far slower."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString

from keqiao.ui import cells
from keqiao.ui.clock import NEXT_STEP, clock_html
from keqiao.ui.icons import icon
from keqiao.ui.markup import markup

if TYPE_CHECKING:
    from keqiao.catalog.field import Field
    from keqiao.records.present import Cell, Row


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


CLASSES = {css: SafeString(f' class="{css}"' if css else "") for css in ("", "n", "tt")}
SORTED = {
    "": SafeString(""),
    "ascending": SafeString(' aria-sort="ascending"'),
    "descending": SafeString(' aria-sort="descending"'),
}


def head_html(columns: Sequence[Column]) -> SafeString:
    return SafeString("".join(map(_head, columns)))


def _head(column: Column) -> SafeString:
    shown = markup("{}", column.label)
    if column.sort_url:
        shown = markup(
            '<a href="{}"{}>{}{}</a>',
            column.sort_url,
            SafeString(' class="on"' if column.direction else ""),
            column.label,
            icon("arrow-up" if column.direction == "ascending" else "arrow-down"),
        )
    sorted_now = SORTED[column.direction]
    return markup(
        '<th scope="col" data-f="{}"{}{}>{}</th>',
        column.name,
        column.attribute,
        sorted_now,
        shown,
    )


def rows_html(
    rows: Sequence[Row],
    columns: Sequence[Column],
    base: str,
    end: Callable[[Row], str] | None = None,
) -> SafeString:
    """Return the table rows; how each column writes its cells is settled once for all of them.

    `end` writes a last cell of its own (what can be done with the row).
    """
    times = cells.NearTimes()
    writers = [(column.name, _writer(column, times)) for column in columns[1:]]
    return SafeString("".join([_row(row, writers, base, end(row) if end else "") for row in rows]))


def _row(row: Row, writers: list[tuple[str, Callable[[Cell], str]]], base: str, end: str) -> str:
    title, shown = escape(row.title), row.cells
    body = "".join([write(shown[name]) for name, write in writers])
    return (
        f'<tr><td class="ck"><input type="checkbox" class="tick" value="{row.id}" name="tick"'
        f' form="bulk" aria-label="{title}"></td><td class="tt"><a href="{base}{row.id}/">'
        f"{cells.title_avatar(row.title)}<span>{title}</span></a></td>{body}{end}</tr>\n"
    )


def _writer(column: Column, times: cells.NearTimes) -> Callable[[Cell], str]:
    empty = f"<td{column.attribute}>{cells.EMPTY}</td>"
    named = f' data-l="{escape(column.label)}"' if cells.named_on_cards(column.field) else ""
    opening = f"<td{column.attribute}{named}>"
    show = cells.list_writer(column.field, times)
    if column.field.name == NEXT_STEP and not column.field.custom:
        empty = f"{opening}{clock_html(None)}</td>"
        show = _clock

    def write(cell: Cell) -> str:
        if not cell.text or cell.hidden:
            return empty
        if cell.masked:
            return f'{opening}<span class="soft">{escape(cell.text)}</span></td>'
        return f"{opening}{show(cell)}</td>"

    return write


def _clock(cell: Cell) -> str:
    return clock_html(cell.value) if isinstance(cell.value, datetime) else escape(cell.text)
