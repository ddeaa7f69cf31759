"""Writes the table of a list, head and rows: in Python, for a template per cell is far slower."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

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
    width: int = 0  # pixels, where somebody has set them

    @property
    def attribute(self) -> SafeString:
        css = " ".join(filter(None, (self.css, "w" if self.width else "")))
        return SafeString(f' class="{css}"' if css else "")


HEAD_PADDING = 24  # pixels, as in list.css

SORTED = {
    "": SafeString(""),
    "ascending": SafeString(' aria-sort="ascending"'),
    "descending": SafeString(' aria-sort="descending"'),
}


def head_html(columns: Sequence[Column]) -> SafeString:
    return SafeString("".join(map(_head, columns)))


def widths_html(columns: Sequence[Column]) -> SafeString:
    """Return the widths of the columns, that of the ticks first; nothing when none is set."""
    if not any(column.width for column in columns):
        return SafeString("")
    widths = [f'<col width="{one.width}">' if one.width else "<col>" for one in columns]
    return SafeString(f"<colgroup><col>{''.join(widths)}</colgroup>")


def _spacer(width: int) -> SafeString:
    """Return what holds a column open where all of them together are wider than the window."""
    if not width:
        return SafeString("")
    return SafeString(f'<svg class="wide" width="{width - HEAD_PADDING}" height="1"></svg>')


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
        '<th scope="col" data-f="{}"{}{}>{}{}</th>',
        column.name,
        column.attribute,
        sorted_now,
        _spacer(column.width),
        markup('<span class="lb">{}</span>', shown) if column.width else shown,
    )


def rows_html(
    rows: Sequence[Row],
    columns: Sequence[Column],
    base: str,
    end: Callable[[Row], str] | None = None,
    stars: Container[int] | None = None,
) -> SafeString:
    """Return the table rows; how each column writes its cells is settled once for all of them.

    `end` writes a last cell of its own (what can be done with the row); `stars` are the records
    marked as favourites, None where there is no star to set.
    """
    times = cells.NearTimes()
    writers = [(column.name, _writer(column, times)) for column in columns[1:]]
    title_css = "tt w" if columns and columns[0].width else "tt"
    star = _star_writer(base, stars)
    return SafeString(
        "".join(
            [
                _row(row, writers, base, title_css, star(row), end(row) if end else "")
                for row in rows
            ]
        )
    )


def _row(
    row: Row,
    writers: list[tuple[str, Callable[[Cell], str]]],
    base: str,
    title_css: str,
    star: str,
    end: str,
) -> str:
    title, shown = escape(row.title), row.cells
    body = "".join([write(shown[name]) for name, write in writers])
    return (
        f'<tr><td class="ck"><input type="checkbox" class="tick" value="{row.id}" name="tick"'
        f' form="bulk" aria-label="{title}">{star}</td><td class="{title_css}">'
        f'<a href="{base}{row.id}/">'
        f"{cells.title_avatar(row.title)}<span>{title}</span></a></td>{body}{end}</tr>\n"
    )


def _star_writer(base: str, stars: Container[int] | None) -> Callable[[Row], str]:
    """Return what writes the star of a row; the form `stars` below the table sends it."""
    label = escape(_("Favourite"))

    def write(row: Row) -> str:
        if stars is None:
            return ""
        is_on = row.id in stars
        return (
            f'<button class="st" form="stars" formaction="{base}{row.id}/star/" name="on"'
            f' value="{0 if is_on else 1}" aria-pressed="{"true" if is_on else "false"}"'
            f' aria-label="{label}"></button>'
        )

    return write


def _writer(column: Column, times: cells.NearTimes) -> Callable[[Cell], str]:
    empty = f"<td{column.attribute}>{cells.EMPTY}</td>"
    named = f' data-l="{escape(column.label)}"' if cells.named_on_cards(column.field) else ""
    opening = f"<td{column.attribute}{named}>"
    show = cells.list_writer(column.field, times)
    if column.field.name == NEXT_STEP and not column.field.custom:
        empty = f"{opening}{clock_html(None)}</td>"
        show = _clock_writer(times)

    def write(cell: Cell) -> str:
        if not cell.text or cell.hidden:
            return empty
        if cell.masked:
            return f"{opening}{cells.masked_html(cell)}</td>"
        return f"{opening}{show(cell)}</td>"

    return write


def _clock_writer(times: cells.NearTimes) -> Callable[[Cell], str]:
    def write(cell: Cell) -> str:
        is_moment = isinstance(cell.value, datetime)
        return clock_html(cell.value, times) if is_moment else escape(cell.text)

    return write
