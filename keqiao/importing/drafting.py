"""Turns rows of a list into drafts for the write path, and finds the records they are meant for."""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from keqiao.access.access import Access
from keqiao.access.rights import Action
from keqiao.catalog.field import Column, Field
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.problems import FieldProblem
from keqiao.importing.models import ME, ImportRow, ImportRun, Mode
from keqiao.records.drafts import Problem
from keqiao.records.match_keys import exact_forms, match_key, rules_of
from keqiao.records.models import MatchKey
from keqiao.records.query import records
from keqiao.records.takers import offered_takers

# Excel keeps fifteen digits of a number; a longer one arrives as a rounded float.
EXACT = 10**15
NUMBERS = frozenset({"integer", "percent", "money"})
UNREADABLE = "\ufffd"


@dataclass(frozen=True)
class Plan:
    """What an import does with each column."""

    object_type: ObjectType
    columns: tuple[tuple[int, Field], ...]
    mode: Mode
    key: Field | None
    allow_duplicates: bool
    owner: str

    @classmethod
    def of(cls, run: ImportRun, object_type: ObjectType) -> Plan:
        fields = object_type.fields()
        key = fields.get(run.key_field) if run.mode != Mode.CREATE else None
        chosen = [(int(index), fields.get(name)) for index, name in run.mapping.items()]
        # A number that the system gives serves to find a record, never to be written.
        columns = tuple(
            (index, field)
            for index, field in sorted(chosen, key=lambda item: item[0])
            if field is not None and (not field.read_only or field is key)
        )
        return cls(object_type, columns, Mode(run.mode), key, run.allow_duplicates, run.owner)


@dataclass
class Line:
    """One row on its way to a draft: values by field, and what is already known to be wrong."""

    row: ImportRow
    values: dict[str, Any]
    problems: list[Problem] = dataclass_field(default_factory=list)
    key_value: Any = None
    key_hash: int | None = None
    record_id: int | None = None
    repeats: int | None = None  # the earlier row of this list that has the same key


def dump_cells(cells: Iterable[Any]) -> str:
    """Return the staged form of a row; dates become the text that every date field reads."""
    return json.dumps(list(cells), default=_as_text, separators=(",", ":"))


def _as_text(cell: Any) -> str:
    if isinstance(cell, datetime.datetime):
        if cell.time() == datetime.time():
            return cell.date().isoformat()
        return cell.isoformat(" ", "seconds")
    return str(cell.isoformat()) if isinstance(cell, datetime.date) else str(cell)


def line_of(plan: Plan, row: ImportRow) -> Line:
    """Return the row's values by field. Empty cells change nothing and are left out."""
    cells = row.cells()
    line = Line(row, {})
    for index, field in plan.columns:
        raw = cells[index] if index < len(cells) else None
        if raw is None or (raw.__class__ is str and not raw.strip()):
            continue
        if raw.__class__ is str and UNREADABLE in raw:
            message = _("Some characters of this cell could not be read. Please type it again.")
            line.problems.append(Problem(field.name, message, "unreadable"))
        elif raw.__class__ is float and abs(raw) >= EXACT and field.kind.key not in NUMBERS:
            message = _(
                "The spreadsheet has rounded this long number. Please copy it from the original,"
                " as text."
            )
            line.problems.append(Problem(field.name, message, "rounded"))
        elif field.name in line.values and field.kind.many:
            line.values[field.name] = f"{line.values[field.name]};{raw}"
        else:
            line.values[field.name] = raw
    return line


def find_targets(plan: Plan, access: Access, run: ImportRun, lines: Sequence[Line]) -> None:
    """Set `record_id` of each line whose key value belongs to exactly one record in reach."""
    key = plan.key
    if key is None:
        return
    for line in lines:
        _read_key(plan, key, line)
    keyed = [line for line in lines if line.key_hash is not None and not line.problems]
    _mark_repeats(run, keyed)
    found = _holders(plan, key, access, keyed)
    for line in keyed:
        holders = found.get(line.key_hash or 0, [])
        if len(holders) == 1:
            line.record_id = holders[0]
        elif holders:
            message = _("“%(value)s” fits %(count)s records, so it is unclear which to update.")
            _refuse(line, key, message, "ambiguous", count=len(holders))
        elif plan.mode == Mode.UPDATE:
            message = _("No record with “%(value)s” exists, or you may not change it.")
            _refuse(line, key, message, "no_match")
    for line in lines:
        if plan.mode == Mode.UPDATE and line.key_hash is None and not line.problems:
            message = _("“%(field)s” is empty, so it is unclear which record to update.")
            _refuse(line, key, message, "no_key")
        if key.read_only:
            line.values.pop(key.name, None)


def owners_offered(access: Access, declared: ObjectType) -> dict[str, str]:
    """Return to whom new records of a list can belong: how it is written, what it is called.

    Beside whom the list names ("") and the importer there are the takers, where there are any.
    """
    offered = {"": gettext("Whom the list names, otherwise me"), ME: gettext("Me")}
    if access.fields(declared).is_writable("owner"):
        offered |= dict(offered_takers(access, declared))
    return offered


def settle_owners(plan: Plan, lines: Iterable[Line]) -> None:
    """Give new records to whom the import names; records that are there stay with theirs."""
    for line in lines:
        if not plan.owner or line.record_id is not None:
            continue
        line.values.pop("owner", None)
        if plan.owner != ME:
            line.values["owner"] = plan.owner


def _refuse(line: Line, key: Field, message: Any, code: str, count: int = 0) -> None:
    value = str(line.values.get(key.name, ""))[:60]
    text = message % {"value": value, "count": count, "field": key.label}
    line.problems.append(Problem(key.name, text, code))


def _read_key(plan: Plan, key: Field, line: Line) -> None:
    raw = line.values.get(key.name)
    if raw is None:
        return
    try:
        value = key.kind.clean(raw, key)
    except FieldProblem as problem:
        line.problems.append(Problem(key.name, problem.message, problem.code, problem.suggestion))
        return
    forms = [] if key.kind.is_empty(value) else exact_forms(key, value)
    if forms and forms[0]:
        line.key_value = value
        line.key_hash = match_key(plan.object_type.key, _key_rule(plan, key), forms[0])


def _key_rule(plan: Plan, key: Field) -> str:
    rules = (rule.name for rule in rules_of(plan.object_type) if key.name in rule.fields)
    return next(rules, f"import:{key.name}")


def _mark_repeats(run: ImportRun, lines: Sequence[Line]) -> None:
    """A key that an earlier row of the list has already used makes the later row a duplicate."""
    hashes = {line.key_hash for line in lines}
    first: dict[int, int] = {}
    earlier = ImportRow.objects.filter(run=run, key_hash__in=hashes).exclude(state="rejected")
    for number, key_hash in earlier.order_by("-number").values_list("number", "key_hash"):
        first[key_hash or 0] = number
    for line in lines:
        used_by = first.setdefault(line.key_hash or 0, line.row.number)
        if used_by < line.row.number:
            line.repeats = used_by
        else:
            first[line.key_hash or 0] = line.row.number


def _holders(plan: Plan, key: Field, access: Access, lines: Sequence[Line]) -> dict[int, list[int]]:
    """Return the ids of records in reach by the hash of their key value."""
    found: dict[int, list[int]] = defaultdict(list)
    reach = records(access, plan.object_type, Action.CHANGE)
    hashes = [line.key_hash or 0 for line in lines]
    if not _key_rule(plan, key).startswith("import:"):
        rows = MatchKey.objects.filter(object_key=plan.object_type.key, key__in=hashes)
        pairs = list(rows.values_list("key", "record_id"))
        in_reach = set(reach.filter(pk__in={pk for _key, pk in pairs}).values_list("pk", flat=True))
        for key_hash, pk in pairs:
            if pk in in_reach:
                found[key_hash].append(pk)
    elif isinstance(key.storage, Column):
        values = [line.key_value for line in lines]
        column = key.storage.name
        matching = reach.filter(Q((f"{column}__in", values)))
        for pk, stored in matching.values_list("pk", column):
            form = exact_forms(key, key.kind.load(stored, key))[0]
            found[match_key(plan.object_type.key, _key_rule(plan, key), form)].append(pk)
    return found


def usable_keys(object_type: ObjectType, names: Iterable[str]) -> list[Field]:
    """Return the fields by which records can be found: guarded against repeats, or numbered."""
    guarded = {name for rule in rules_of(object_type) for name in rule.fields}
    fields = object_type.fields()
    return [
        fields[name]
        for name in names
        if name in fields and (name in guarded or fields[name].kind.key == "serial")
    ]
