"""Writes the rows that were not imported into a workbook with the reasons, ready to correct and send in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from keqiao.importing.models import ImportRow, ImportRun, RowState
from keqiao.importing.store import disk_guard

NOT_IMPORTED = (RowState.REJECTED, RowState.DUPLICATE)


def new_workbook(path: Path) -> Any:
    """Open a workbook for writing in which no text ever becomes a formula or a link."""
    # Loaded here: web processes that write none start a tenth of a second sooner.
    import xlsxwriter

    return xlsxwriter.Workbook(
        path,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    )


def write_error_file(run: ImportRun, path: Path, states: Sequence[str] = NOT_IMPORTED) -> int:
    """Write the refused rows as they stood in the list, with what is wrong; return how many."""
    index_of = {field: int(index) for index, field in run.mapping.items()}
    with disk_guard():
        book = new_workbook(path)
        sheet = book.add_worksheet(gettext("Not imported"))
        bold = book.add_format({"bold": True, "bg_color": "#E8EFEC", "text_wrap": True})
        wrong = book.add_format({"bg_color": "#FBE3E0"})
        titles = [gettext("Row in the list"), gettext("Result"), gettext("Reason")]
        names = [column["header"] or column["name"] for column in run.columns]
        for place, title in enumerate([*titles, *names]):
            sheet.write_string(0, place, title, bold)
        sheet.set_column(2, 2, 50)
        sheet.freeze_panes(1, 3)
        line = 0
        rows = ImportRow.objects.filter(run=run, state__in=states).order_by("number")
        for row in rows.iterator(chunk_size=2_000):
            line += 1
            problems = row.problem_list()
            reasons = " ".join(problem["message"] for problem in problems)
            sheet.write_number(line, 0, row.number)
            sheet.write_string(line, 1, str(row.get_state_display()))
            sheet.write_string(line, 2, reasons[:32_000])
            marked = {index_of.get(problem["field"]) for problem in problems}
            cells = row.cells()
            for place, column in enumerate(run.columns, len(titles)):
                index = column["index"]
                value = cells[index] if index < len(cells) else None
                _write(sheet, line, place, value, wrong if index in marked else None)
        book.close()
    return line


def _write(sheet: Any, line: int, place: int, value: Any, look: Any) -> None:
    if value is None:
        if look is not None:
            sheet.write_blank(line, place, None, look)
    elif isinstance(value, bool):
        sheet.write_boolean(line, place, value, look)
    elif isinstance(value, int | float) and abs(value) < 10**15:
        sheet.write_number(line, place, value, look)
    else:
        sheet.write_string(line, place, str(value)[:32_000], look)
