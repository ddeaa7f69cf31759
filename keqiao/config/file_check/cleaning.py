"""Cleans a list in a file: reads it as the import does, corrects it as the product does, tells every change.

The readers and the rules know nothing of each other; this package joins them. No record is read or written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from keqiao.catalog.object_type import ObjectType
from keqiao.config.file_check.workbooks import CleanWorkbook, ReportWorkbook
from keqiao.importing.header import Column
from keqiao.importing.mapping import known_headers, propose
from keqiao.importing.readers import Detected, detect, iter_rows
from keqiao.quality.cleaning.lists import ListCleaner, Summary

Told = Callable[[int], None]
_TOLD_EVERY = 500


class CleanFailed(Exception):
    """The file could not be cleaned; the message says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """A file as it will be read, and which column holds which field."""

    path: Path
    found: Detected
    declared: ObjectType
    mapping: Mapping[int, str]

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.found.columns

    def as_names(self) -> dict[str, str | None]:
        return {column.name: self.mapping.get(column.index) for column in self.columns}


def plan_cleaning(path: Path, name: str, declared: ObjectType, asked: str | None = None) -> Plan:
    """Look at the file and find its columns, by a map of column names to fields if there is one.

    Raises `FileProblem` for a file that cannot be read and `CleanFailed` for an unusable map.
    """
    # Custom fields stand in the database, which a list on a laptop does not have.
    fields = [one for one in declared.builtin_fields.values() if not one.read_only]
    found = detect(path, name, known=known_headers(fields))
    if asked is not None:
        return Plan(path, found, declared, _asked(asked, found, declared))
    sample = [row for _number, row in found.sample]
    proposals = propose(found.columns, sample, fields, title=declared.title)
    mapping = {one.column.index: one.field for one in proposals if one.field}
    if not mapping:
        raise CleanFailed(
            gettext(
                "No column of the list could be recognised. Name the columns like the fields,"
                " for example 公司名称, 电话, 邮箱, or give a map."
            )
        )
    return Plan(path, found, declared, mapping)


def _asked(asked: str, found: Detected, declared: ObjectType) -> dict[int, str]:
    try:
        pairs = dict(json.loads(Path(asked).read_text(encoding="utf-8")).items())
    except (OSError, ValueError, AttributeError):
        message = gettext(
            "The map %(file)s cannot be read. Write a JSON object of column names and field names."
        )
        raise CleanFailed(message % {"file": asked}) from None
    places = {column.name: column.index for column in found.columns}
    mapping: dict[int, str] = {}
    for column, name in pairs.items():
        if column not in places:
            message = gettext("The map names the column “%(name)s”, which the list has not.")
            raise CleanFailed(message % {"name": column})
        if name and name not in declared.builtin_fields:
            message = gettext("The map names the field “%(name)s”, which there is not.")
            raise CleanFailed(message % {"name": name})
        if name:
            mapping[places[column]] = name
    return mapping


def clean_file(plan: Plan, out: Path, report: Path, told: Told = lambda _rows: None) -> Summary:
    """Write the corrected list and the report on it; `told` hears after how many rows it stands."""
    cleaner = ListCleaner(plan.declared, plan.declared.builtin_fields, plan.mapping)
    cleaner.learn(iter_rows(plan.path, plan.found.settings))
    labels = {name: str(one.label) for name, one in cleaner.fields.items()}
    summary = Summary()
    rows: Iterator[Any] = cleaner.clean(iter_rows(plan.path, plan.found.settings))
    with (
        CleanWorkbook(out, plan.columns, cleaner.column_of) as cleaned,
        ReportWorkbook(report, labels) as told_of,
    ):
        for row in rows:
            summary.add(row)
            cleaned.write(row)
            told_of.write(row)
            if summary.rows % _TOLD_EVERY == 0:
                told(summary.rows)
        told_of.write_summary(summary, plan.as_names())
    return summary
