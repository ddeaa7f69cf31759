"""The two workbooks of a cleaned list: the list itself with its changes marked, and what was done and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from django.utils.translation import gettext as _

from keqiao.catalog.quality_rules import SEVERITY_LABELS
from keqiao.importing.report import new_workbook
from keqiao.importing.store import disk_guard
from keqiao.quality.cleaning.rules import BY_ID

if TYPE_CHECKING:
    from keqiao.importing.header import Column
    from keqiao.quality.cleaning.lists import CleanRow, Summary

LONGEST_CELL = 32_000
MOST_LINES = 1_000_000  # a sheet ends at 1 048 576 rows


class _Workbook:
    """A workbook that is closed, or left unwritten when something went wrong."""

    def __init__(self, path: Path) -> None:
        self._guard = disk_guard()
        self._guard.__enter__()
        self.book = new_workbook(path)
        self.bold = self.book.add_format({"bold": True, "bg_color": "#E8EFEC", "text_wrap": True})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, problem: Any, trace: Any) -> None:
        if kind is None:
            self.book.close()
        self._guard.__exit__(kind, problem, trace)

    def sheet(self, name: str, titles: Sequence[str], widths: Sequence[int] = ()) -> Any:
        made = self.book.add_worksheet(name[:31])
        for place, title in enumerate(titles):
            made.write_string(0, place, title, self.bold)
        for place, width in enumerate(widths):
            made.set_column(place, place, width)
        made.freeze_panes(1, 0)
        return made


class CleanWorkbook(_Workbook):
    """The list with everything applied; cells that changed are marked, those still wrong as well."""

    def __init__(self, path: Path, columns: Sequence[Column], column_of: Mapping[str, int]) -> None:
        super().__init__(path)
        self._columns, self._column_of = columns, column_of
        self._list = self.sheet(
            _("Cleaned list"), [column.header or column.name for column in columns]
        )
        self._changed = self.book.add_format({"bg_color": "#DDF2E3"})
        self._wrong = self.book.add_format({"bg_color": "#FBE3E0"})
        self._line = 0

    def write(self, row: CleanRow) -> None:
        self._line += 1
        changed = {self._column_of[one.field] for one in row.applied}
        wrong = {
            self._column_of[one.field] for one in row.remaining if one.field in self._column_of
        }
        for place, column in enumerate(self._columns):
            value = row.cells[column.index] if column.index < len(row.cells) else None
            look = (
                self._wrong
                if column.index in wrong
                else self._changed
                if column.index in changed
                else None
            )
            write_cell(self._list, self._line, place, value, look)


class ReportWorkbook(_Workbook):
    """Summary, changes, proposals and problems, each with its row in the file."""

    def __init__(self, path: Path, labels: Mapping[str, str]) -> None:
        super().__init__(path)
        self._labels = labels
        self._summary = self.sheet(_("Summary"), [_("What"), _("Count")], (44, 14))
        row, field = _("Row in the list"), _("Field")
        before, after = _("Before"), _("After")
        titles = [row, field, before, after, _("Rule"), _("Why"), _("How sure")]
        widths = (12, 16, 30, 30, 26, 50, 10)
        self._changes = self.sheet(_("Changes"), titles, widths)
        self._proposals = self.sheet(_("Proposals"), titles, widths)
        self._problems = self.sheet(
            _("Remaining problems"), [row, field, _("Value"), _("Severity"), _("Problem"), _("Perhaps")],
            (12, 16, 30, 12, 60, 30),
        )  # fmt: skip
        self._share = self.book.add_format({"num_format": "0.0%"})
        self._lines: dict[str, int] = {"changes": 0, "proposals": 0, "problems": 0}

    def write(self, row: CleanRow) -> None:
        for name, sheet, proposals in (
            ("changes", self._changes, row.applied),
            ("proposals", self._proposals, row.proposed),
        ):
            for one in proposals:
                line = self._next(name)
                if line:
                    rule = BY_ID[one.rule].label
                    texts = (self._labels[one.field], one.before, one.after, rule, one.evidence)
                    self._write(sheet, line, row.number, texts)
                    sheet.write_number(line, 6, one.confidence, self._share)
        for problem in row.remaining:
            line = self._next("problems")
            if line:
                value = row.values.get(problem.field)
                severity = SEVERITY_LABELS.get(problem.severity, problem.severity)
                label = self._labels.get(problem.field, problem.field)
                words = (label, value, severity, problem.message, problem.suggestion)
                self._write(self._problems, line, row.number, words)

    def _next(self, name: str) -> int:
        """Return the next line of a sheet, or 0 when it is full."""
        self._lines[name] += 1
        return self._lines[name] if self._lines[name] <= MOST_LINES else 0

    def _write(self, sheet: Any, line: int, number: int, texts: Sequence[Any]) -> None:
        sheet.write_number(line, 0, number)
        for place, text in enumerate(texts, 1):
            if text is not None:
                sheet.write_string(line, place, str(text)[:LONGEST_CELL])

    def write_summary(self, summary: Summary, columns: Mapping[str, str | None]) -> None:
        lines: list[tuple[str, Any]] = [
            (_("Rows"), summary.rows),
            (_("Rows changed"), summary.changed_rows),
            (_("Rows without a problem"), summary.clean_rows),
            (_("Changes made"), summary.applied.total()),
            (_("Proposals"), summary.proposed.total()),
            (_("Remaining problems"), summary.remaining.total()),
            ("", None),
        ]
        lines += [(_("Changed: %(rule)s") % {"rule": BY_ID[rule].label}, count)
                  for rule, count in summary.applied.most_common()]  # fmt: skip
        lines += [(_("Proposed: %(rule)s") % {"rule": BY_ID[rule].label}, count)
                  for rule, count in summary.proposed.most_common()]  # fmt: skip
        lines.append(("", None))
        lines += [
            (_("Column “%(column)s”") % {"column": column},
             self._labels.get(field or "", _("left as it is")))
            for column, field in columns.items()
        ]  # fmt: skip
        for line, (what, value) in enumerate(lines, 1):
            self._summary.write_string(line, 0, what)
            if isinstance(value, int):
                self._summary.write_number(line, 1, value)
            elif value is not None:
                self._summary.write_string(line, 1, str(value))


def write_cell(sheet: Any, line: int, place: int, value: Any, look: Any) -> None:
    """Write a cell as what it is; long numbers (codes, telephones) as texts that keep every digit."""
    if value is None or value == "":
        if look is not None:
            sheet.write_blank(line, place, None, look)
    elif isinstance(value, bool):
        sheet.write_boolean(line, place, value, look)
    elif isinstance(value, int | float) and abs(value) < 10**11:
        sheet.write_number(line, place, value, look)
    elif isinstance(value, datetime | date):
        sheet.write_string(line, place, value.isoformat(), look)
    else:
        sheet.write_string(line, place, str(value)[:LONGEST_CELL], look)
