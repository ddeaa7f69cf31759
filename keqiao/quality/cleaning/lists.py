"""Cleans a list of rows that is in no database: a file somebody wants to repair before using it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from keqiao.base.phone import phone_regions, split_area
from keqiao.catalog.kinds.roles import Role
from keqiao.catalog.problems import FieldProblem
from keqiao.quality.cleaning.engine import Remaining, correct
from keqiao.quality.cleaning.knowledge import Knowledge
from keqiao.quality.cleaning.proposal import Proposal, RecordView
from keqiao.quality.standards.checks import check_record, declared_checks

if TYPE_CHECKING:
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

Row = tuple[int, Sequence[Any]]
# Knowledge is learned from so many rows at most; more teach nothing new.
LEARNED_FROM = 100_000


@dataclass(frozen=True)
class CleanRow:
    """A row after its correction; `number` counts as the file does, cells as in the file."""

    number: int
    cells: list[Any]
    values: Mapping[str, Any]  # by field, with everything applied
    applied: list[Proposal]
    proposed: list[Proposal]
    remaining: list[Remaining]


@dataclass
class Summary:
    """What became of a whole list."""

    rows: int = 0
    changed_rows: int = 0
    clean_rows: int = 0
    applied: Counter[str] = field(default_factory=Counter)
    proposed: Counter[str] = field(default_factory=Counter)
    remaining: Counter[str] = field(default_factory=Counter)

    def add(self, row: CleanRow) -> None:
        self.rows += 1
        self.changed_rows += bool(row.applied)
        self.clean_rows += not row.remaining
        self.applied.update(one.rule for one in row.applied)
        self.proposed.update(one.rule for one in row.proposed)
        self.remaining.update(one.code for one in row.remaining)

    def as_data(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "rows_changed": self.changed_rows,
            "rows_without_problem": self.clean_rows,
            "changes": self.applied.total(),
            "proposals": self.proposed.total(),
            "problems": self.remaining.total(),
            "changes_by_rule": dict(self.applied.most_common()),
            "proposals_by_rule": dict(self.proposed.most_common()),
            "problems_by_kind": dict(self.remaining.most_common()),
        }


class ListCleaner:
    """Knows which column holds which field of an object type, and cleans row after row.

    `mapping` gives the index of a column its field; of several columns for one field the first counts.
    """

    def __init__(
        self, declared: ObjectType, fields: Mapping[str, Field], mapping: Mapping[int, str]
    ) -> None:
        self.declared = declared
        self.column_of: dict[str, int] = {}
        for index, name in sorted(mapping.items()):
            self.column_of.setdefault(name, index)
        self.fields = {name: fields[name] for name in self.column_of}
        self.knowledge = Knowledge()
        self._checks = declared_checks(declared)

    def learn(self, rows: Iterable[Row]) -> None:
        """Read the list once to know its usual mail hosts, cities and names."""
        for read, (_number, cells) in enumerate(rows):
            if read >= LEARNED_FROM:
                return
            view = self._view(cells)
            place = next((view.read(name) for name in view.named(Role.REGION)), None)
            for name, one in self.fields.items():
                learn_value(self.knowledge, one, view.read(name), place)

    def clean(self, rows: Iterable[Row]) -> Iterator[CleanRow]:
        for number, cells in rows:
            view = self._view(cells)
            before = dict(view.values)
            result = correct(view)
            remaining = [*result.remaining, *check_record(view, self._checks)]
            cleaned = list(cells)
            for name, index in self.column_of.items():
                if view.values.get(name) != before.get(name):
                    cleaned.extend([None] * (index + 1 - len(cleaned)))
                    cleaned[index] = view.values[name]
            yield CleanRow(number, cleaned, view.values, result.applied, result.proposed, remaining)

    def _view(self, cells: Sequence[Any]) -> RecordView:
        values = {
            name: cells[index] if index < len(cells) else None
            for name, index in self.column_of.items()
        }
        return RecordView(self.fields, values, self.knowledge)


def learn_value(knowledge: Knowledge, one: Field, value: Any, place: Any) -> None:
    """Let one clean value of a field teach what is usual; `place` is the region of its record."""
    if value is None or isinstance(value, (FieldProblem, date)):
        return
    role = one.kind.matches_as
    if role is Role.EMAIL and isinstance(value, str):
        knowledge.learn_mail(value)
    elif role in (Role.COMPANY, Role.PERSON):
        knowledge.learn_text(one.name, str(value))
    elif role is Role.PHONE and isinstance(value, str) and isinstance(place, str):
        area = split_area("0" + value.removeprefix("+86")) if phone_regions(value) else None
        if area is not None:
            knowledge.learn_call(area[0].code, place[:4] + "00")
