"""Writes a list to a file: the rows, columns and masks the person sees, harmless to open."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from keqiao.access.access import Access
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.field import Field
from keqiao.catalog.filter import as_data, parse_filter
from keqiao.catalog.object_type import Feature, ObjectType
from keqiao.catalog.registry import object_type
from keqiao.importing.models import ExportFile
from keqiao.importing.report import new_workbook
from keqiao.importing.store import disk_guard, export_path, new_name
from keqiao.records.audit import write_note
from keqiao.records.drafts import Source
from keqiao.records.present import Row
from keqiao.records.query import ListQuery, run_list

PAGE = 500
DIRECT_ROWS = 2_000  # a list up to this size is written while the person waits
KEPT_HOURS = 24
XLSX_ROWS = 1_048_575
NUMBERS = frozenset({"integer", "money"})

# What spreadsheet programs take for the start of a formula, also in full width. A leading
# apostrophe is doubled, so that the import can take exactly the added one away again.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
# Real data that only looks like a formula: a telephone number, a negative number.
_HARMLESS = re.compile(r"\+\d{1,3}[ \d-]{5,18}\d( 转 ?\d{1,6}|;ext=\d{1,6})?|-\d[\d,]*(\.\d+)?%?")


class Format(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"


class For(StrEnum):
    """Who reads the file: people get texts and guards, programs get raw values and field names."""

    PEOPLE = "people"
    PROGRAMS = "programs"


class ExportRefused(Exception):
    """The person may not export this; `message` says what to do."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True)
class Export:
    """One list to be written, by one person, in one form."""

    access: Access
    query: ListQuery
    format: Format = Format.XLSX
    audience: For = For.PEOPLE

    @property
    def fields(self) -> list[tuple[str, Field]]:
        declared = self.query.object_type
        return [(path, declared.field(path)) for path in self.query.columns]

    @property
    def file_name(self) -> str:
        stamp = now().astimezone().strftime("%Y%m%d-%H%M")
        return f"{self.query.object_type.label_plural}-{stamp}.{self.format}"


def plan_export(
    access: Access,
    query: ListQuery,
    format: Format = Format.XLSX,
    audience: For = For.PEOPLE,
) -> Export:
    """Return the export of a list, or raise `ExportRefused`; hidden columns are left out."""
    declared = query.object_type
    if not access.can(Action.EXPORT, declared) or Feature.EXPORT not in declared.features:
        raise ExportRefused(
            gettext("You may not export %(objects)s. Ask an administrator for the right to export.")
            % {"objects": declared.label_plural}
        )
    if audience is For.PROGRAMS and not access.can(Action.REVEAL, declared):
        raise ExportRefused(
            gettext("A raw export for programs needs the right to reveal masked values.")
        )
    mask = access.fields(declared)
    columns = tuple(
        path
        for path in query.columns or declared.list.columns
        if not mask.is_hidden(path.partition(".")[0])
    )
    query = replace(
        query, columns=columns, action=Action.EXPORT, cursor=None, limit=PAGE, count=False
    )
    return Export(access, query, format, audience)


def all_columns(access: Access, declared: ObjectType) -> tuple[str, ...]:
    mask = access.fields(declared)
    return tuple(name for name in declared.fields() if not mask.is_hidden(name))


def export_rows(export: Export) -> Iterator[Row]:
    """Walk the list page by page through the row door; memory stays flat."""
    cursor: str | None = None
    while True:
        page = run_list(export.access, replace(export.query, cursor=cursor))
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def write_export(
    export: Export, path: Path, progress: Callable[[int, int], None] | None = None, total: int = 0
) -> int:
    """Write the file, then log who took what; return the number of rows."""
    tell = progress or (lambda done, total: None)
    writer = _write_xlsx if export.format is Format.XLSX else _write_csv
    try:
        with disk_guard():
            count = writer(export, path, lambda done: tell(done, total))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    log_export(export, count)
    return count


def log_export(export: Export, count: int) -> None:
    query = export.query
    told = {
        "rows": count,
        "format": str(export.format),
        "for": str(export.audience),
        "columns": list(query.columns),
        "filter": as_data(query.filter) if query.filter is not None else None,
        "search": query.search,
    }
    with transaction.atomic():
        write_note(export.access, query.object_type, "export", Source("export"), now(), after=told)


def _headers(export: Export) -> list[str]:
    if export.audience is For.PROGRAMS:
        return ["id", *(path for path, _field in export.fields)]
    return [str(field.label) for _path, field in export.fields]


def _write_xlsx(export: Export, path: Path, tell: Callable[[int], None]) -> int:
    book = new_workbook(path)
    sheet = book.add_worksheet(str(export.query.object_type.label_plural)[:31])
    bold = book.add_format({"bold": True, "bg_color": "#E8EFEC"})
    looks = {
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "money": book.add_format({"num_format": "#,##0.00"}),
    }
    for place, title in enumerate(_headers(export)):
        sheet.write_string(0, place, title, bold)
    sheet.freeze_panes(1, 1)
    count = 0
    for row in export_rows(export):
        count += 1
        if count > XLSX_ROWS:
            book.close()
            raise ExportRefused(
                gettext("The list has more rows than an Excel sheet can hold. Export it as CSV.")
            )
        for place, value in enumerate(_values(export, row)):
            _write_cell(sheet, count, place, value, looks)
        if count % PAGE == 0:
            tell(count)
    book.close()
    return count


def _write_cell(sheet: Any, line: int, place: int, value: Any, looks: dict[str, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, date) and not isinstance(value, datetime) and value.year >= 1900:
        sheet.write_datetime(
            line, place, datetime(value.year, value.month, value.day), looks["day"]
        )
    elif isinstance(value, float):
        sheet.write_number(line, place, value, looks["money"])
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        sheet.write_number(line, place, value)
    else:
        sheet.write_string(line, place, str(value)[:32_767])


def _write_csv(export: Export, path: Path, tell: Callable[[int], None]) -> int:
    for_people = export.audience is For.PEOPLE
    count = 0
    # Excel takes a CSV for UTF-8 only when it begins with this mark.
    encoding = "utf-8-sig" if for_people else "utf-8"
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        heads = _headers(export)  # a company names its own fields, so heads are guarded as well
        writer.writerow([guarded(head) for head in heads] if for_people else heads)
        for row in export_rows(export):
            count += 1
            values = [_csv_text(value) for value in _values(export, row)]
            writer.writerow([guarded(value) for value in values] if for_people else values)
            if count % PAGE == 0:
                tell(count)
    return count


def _csv_text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"  # money; Python would write 1e+16
    return "" if value is None else str(value)


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula."""
    if not _FORMULA.match(text) or _HARMLESS.fullmatch(text):
        return text
    return f"'{text}"


def _values(export: Export, row: Row) -> Iterator[Any]:
    for_programs = export.audience is For.PROGRAMS
    if for_programs:
        yield row.id
    for path, field in export.fields:
        cell = row.cells[path]
        if field.kind.key == "any_reference" and cell.link and not for_programs:
            yield f"{object_type(cell.link[0]).label}：{cell.text}"
        elif cell.masked or cell.hidden or cell.link is not None or field.kind.key in _NAMED:
            yield cell.text if not for_programs or cell.masked else cell.value
        elif for_programs:
            wire = field.kind.wire(cell.value, field)
            yield ";".join(map(str, wire)) if isinstance(wire, list) else wire
        elif cell.value is None:
            yield cell.text
        elif field.kind.key in NUMBERS:
            yield _number(field, cell.value)
        elif field.kind.key == "date":
            yield cell.value
        else:
            yield cell.text


_NAMED = frozenset({"user", "department", "reference", "references", "users"})


def _number(field: Field, value: int) -> int | float:
    if field.kind.key == "integer":
        return value
    wire = field.kind.wire(value, field)
    return float(wire) if wire is not None else value


def order_export(export: Export) -> ExportFile:
    """Note a large export; the job that writes it runs with the person's rights of that moment."""
    query = export.query
    moment = now()
    return ExportFile.objects.create(
        object_key=query.object_type.key,
        stored_name=new_name(f".{export.format}"),
        file_name=export.file_name,
        kind=f"{export.format}",
        query={
            "columns": list(query.columns),
            "filter": as_data(query.filter) if query.filter is not None else None,
            "sort": query.sort,
            "ids": list(query.ids) if query.ids is not None else None,
            "search": query.search,
            "audience": str(export.audience),
        },
        user_id=export.access.user_id or 0,
        created_at=moment,
        expires_at=moment + timedelta(hours=KEPT_HOURS),
    )


def ordered_export(access: Access, order: ExportFile) -> Export:
    """Return the export that an order describes, checked against the rights of now."""
    data = order.query
    query = ListQuery(
        object_type=object_type(order.object_key),
        columns=tuple(data["columns"]),
        filter=parse_filter(data["filter"]) if data["filter"] else None,
        sort=data["sort"],
        ids=tuple(data["ids"]) if data["ids"] is not None else None,
        search=data.get("search", ""),
    )
    return plan_export(access, query, Format(order.kind), For(data["audience"]))


def order_path(order: ExportFile) -> Path:
    return export_path(order.stored_name)
