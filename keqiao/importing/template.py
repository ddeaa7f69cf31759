"""Writes the empty list that people fill in when they have none: right columns, choices to pick."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext

from keqiao.catalog.field import Field
from keqiao.catalog.object_type import ObjectType
from keqiao.importing.report import new_workbook

LINES = 2_000
LONGEST_CHOICE_LIST = 255  # characters; what Excel takes as a list of choices


def write_template(declared: ObjectType, fields: Sequence[Field], path: Path) -> None:
    """Write a workbook whose headers the import recognises; a second sheet explains each column."""
    book = new_workbook(path)
    look = book.add_format({"bold": True, "bg_color": "#E8EFEC"})
    needed = book.add_format({"bold": True, "bg_color": "#CFE5DD"})
    sheet = book.add_worksheet(str(declared.label_plural)[:31])
    explained = book.add_worksheet(gettext("Explanation"))
    for place, title in enumerate((gettext("Column"), gettext("Kind"), gettext("Rule"))):
        explained.write_string(0, place, title, look)
    explained.set_column(0, 1, 20)
    explained.set_column(2, 2, 80)
    for place, field in enumerate(fields):
        star = "*" if field.required else ""
        sheet.write_string(0, place, f"{field.label}{star}", needed if field.required else look)
        choices = [str(choice.label) for choice in field.choices]
        if choices and not field.kind.many and len(",".join(choices)) <= LONGEST_CHOICE_LIST:
            rule = {"validate": "list", "source": choices, "error_type": "warning"}
            sheet.data_validation(1, place, LINES, place, rule)
        explained.write_string(place + 1, 0, str(field.label))
        explained.write_string(place + 1, 1, str(field.kind.label))
        explained.write_string(place + 1, 2, str(field.standard) or ", ".join(choices))
    sheet.set_column(0, len(fields) - 1, 18)
    sheet.freeze_panes(1, 0)
    book.close()
