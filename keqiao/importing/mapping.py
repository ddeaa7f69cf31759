"""Proposes which column of a list belongs to which field, by name, by synonym and by content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import override

from keqiao.catalog.field import Field
from keqiao.catalog.problems import FieldProblem
from keqiao.importing import thesaurus
from keqiao.importing.header import Column, folded

LANGUAGES = ("zh-hans", "en")
TRIED_VALUES = 40
ACCEPTED_SHARE = 0.8
# Kinds whose values look like nothing else: content alone may propose them.
TELLING = frozenset({"phone", "phones", "email", "emails", "uscc", "resident_id", "url", "region"})
# Kinds that check their values, so that content may speak against a name.
CHECKING = TELLING | {"date", "datetime", "integer", "money", "percent", "choice"}
# The words of a header, taken apart at signs and where the script changes.
PARTS = re.compile(r"[A-Za-z][A-Za-z0-9 _.-]*|[^\W_A-Za-z]+")
# Which line of the thesaurus speaks for the title of an object, by the kind of the title.
TITLE_LINES = {"company_name": "companyname", "person_name": "personname"}


class Why(StrEnum):
    """What a proposal rests on."""

    REMEMBERED = "remembered"
    NAME = "name"
    SYNONYM = "synonym"
    PART = "part"
    CONTENT = "content"


@dataclass(frozen=True)
class Proposal:
    """One column and the field proposed for it; `accepted` is the share of its values that fit."""

    column: Column
    field: str | None
    confidence: float
    why: Why | None
    accepted: float | None


def field_names(field: Field, *, is_title: bool = False) -> tuple[frozenset[str], frozenset[str]]:
    """Return the folded names of a field: its own, and those other people use for it."""
    own = {folded(field.name)}
    for language in LANGUAGES:
        with override(language):
            own.add(folded(str(field.label)))
    own.update(folded(word) for word in field.synonyms)
    lines = thesaurus.canonical()
    other: set[str] = set(lines.get(folded(field.name), ()))
    if is_title:
        other |= lines.get(TITLE_LINES.get(field.kind.key, "name"), frozenset())
    if not other:
        for group in thesaurus.groups():
            if own & group:
                other |= group
    return frozenset(own - {""}), frozenset(other - own)


def known_headers(fields: Iterable[Field]) -> frozenset[str]:
    """Return every name under which a header may be recognised."""
    known = set(thesaurus.all_terms())
    for field in fields:
        known |= field_names(field)[0]
    return frozenset(known)


def propose(
    columns: Sequence[Column],
    sample: Sequence[Sequence[Any]],
    fields: Sequence[Field],
    *,
    title: str = "",
    remembered: dict[str, str | None] | None = None,
) -> list[Proposal]:
    """Propose a field for each column; each field is proposed once, a list field may be twice."""
    names = {field.name: field_names(field, is_title=field.name == title) for field in fields}
    values = {column.index: _values(column, sample) for column in columns}
    scored: list[tuple[float, int, int, Why, float | None]] = []
    for at, column in enumerate(columns):
        for place, field in enumerate(fields):
            found = _score(column, field, names[field.name], values[column.index])
            if found is not None:
                scored.append((found[0], at, place, found[1], found[2]))
    scored.sort(key=lambda item: (-item[0], item[1], item[2]))
    chosen = _remembered(columns, fields, remembered or {})
    taken = {proposal.field for proposal in chosen.values()}
    for score, at, place, why, accepted in scored:
        field = fields[place]
        joins = field.kind.many and score >= 0.9
        if at in chosen or (field.name in taken and not joins) or score < 0.5:
            continue
        chosen[at] = Proposal(columns[at], field.name, round(score, 2), why, accepted)
        taken.add(field.name)
    return [chosen.get(at, Proposal(col, None, 0.0, None, None)) for at, col in enumerate(columns)]


def _remembered(
    columns: Sequence[Column], fields: Sequence[Field], remembered: dict[str, str | None]
) -> dict[int, Proposal]:
    known = {field.name for field in fields}
    found: dict[int, Proposal] = {}
    for at, column in enumerate(columns):
        if column.name in remembered:
            name = remembered[column.name]
            if name is None or name in known:
                found[at] = Proposal(column, name, 1.0, Why.REMEMBERED, None)
    return found


def _values(column: Column, sample: Sequence[Sequence[Any]]) -> list[Any]:
    cells = (row[column.index] for row in sample if column.index < len(row))
    filled = [cell for cell in cells if cell not in (None, "")]
    step = max(1, len(filled) // TRIED_VALUES)
    return filled[::step][:TRIED_VALUES]


def _score(
    column: Column,
    field: Field,
    names: tuple[frozenset[str], frozenset[str]],
    values: list[Any],
) -> tuple[float, Why, float | None] | None:
    by_name = _name_score(column.header, *names)
    telling = field.kind.key in TELLING
    if by_name is None and not (telling and len(values) >= 3):
        return None
    accepted = _accepted(values, field) if values and field.kind.key in CHECKING else None
    if by_name is None:
        if accepted is None or accepted < ACCEPTED_SHARE:
            return None
        return 0.5 + 0.2 * accepted, Why.CONTENT, accepted
    score, why = by_name
    if accepted is not None:
        # Two fields may share a synonym; the one whose check the values pass wins.
        contradicted = accepted < 0.3 and len(values) >= 5
        score = score * 0.5 if contradicted else score - 0.04 * (1 - accepted)
    return score, why, accepted


def _name_score(
    written: str, own: frozenset[str], other: frozenset[str]
) -> tuple[float, Why] | None:
    header = folded(written)
    if not header:
        return None
    if header in own:
        return 1.0, Why.NAME
    if header in other:
        return 0.92, Why.SYNONYM
    # Two languages or a remark in one header: "电话 / Mobile", "电话(必填)".
    parts = {folded(part) for part in PARTS.findall(written)} - {"", header}
    if parts & own:
        return 0.9, Why.NAME
    if parts & other:
        return 0.85, Why.SYNONYM
    best = max((_part_score(header, term) for term in own | other), default=0.0)
    return (best, Why.PART) if best else None


def _part_score(header: str, term: str) -> float:
    """Score a header that contains a known name, or the reverse: "公司联系电话", "办公电".

    In Chinese the last word says what a thing is: "联系人手机号" is a number, not a person.
    """
    if len(term) < (2 if not term.isascii() else 4):
        return 0.0
    if term in header and 2 * len(term) >= len(header):
        return 0.5 + 0.2 * len(term) / len(header) + 0.1 * header.endswith(term)
    if header in term and len(header) >= len(term) - 1:
        return 0.5 + 0.2 * len(header) / len(term)
    return 0.0


def _accepted(values: list[Any], field: Field) -> float:
    good = 0
    for value in values:
        try:
            good += not field.kind.is_empty(field.kind.clean(value, field))
        except FieldProblem:
            continue
    return good / len(values)


def source_signature(object_key: str, columns: Sequence[Column]) -> str:
    """Return what two lists of the same source share: their columns, in any order."""
    names = "\n".join(sorted(folded(column.name) for column in columns))
    return hashlib.sha256(f"{object_key}\n{names}".encode()).hexdigest()[:32]
