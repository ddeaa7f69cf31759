"""Finds customers by a piece of a name, pinyin, initials, the end of a phone number, a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection
from rapidfuzz.fuzz import partial_ratio

from keqiao.access.rights import Action
from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_types
from keqiao.records.present import columns_needed, present
from keqiao.records.query import records
from keqiao.records.search_index import terms_of_fields
from keqiao.records.search_terms import Alternative, Question, fits, fold, question

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row

CANDIDATES = 300


@dataclass(frozen=True)
class SearchHit:
    """One found record as this person may see it."""

    object_key: str
    id: int
    title: str
    subtitle: str
    row: Row


@dataclass(frozen=True)
class SearchGroup:
    """The found records of one object type."""

    object_type: ObjectType
    hits: list[SearchHit]
    more: bool


def search(
    access: Access, text: str, per_type: int = 5, only: tuple[str, ...] = ()
) -> list[SearchGroup]:
    """Return what this person may see that fits `text`, best first, grouped by object type."""
    asked = question(text)
    if not asked:
        return []
    types = [
        declared
        for declared in object_types()
        if Feature.SEARCH in declared.features
        and (not only or declared.key in only)
        and access.can(Action.VIEW, declared)
    ]
    found = _candidates(access, types, asked)
    groups = []
    for declared in types:
        hits = _hits(access, declared, found[declared.key], text, per_type + 1)
        if hits:
            groups.append(SearchGroup(declared, hits[:per_type], len(hits) > per_type))
    return groups


def _hits(
    access: Access, declared: ObjectType, ids: list[int], text: str, limit: int
) -> list[SearchHit]:
    if not ids:
        return []
    shown = declared.subtitle
    if "phone" in declared.fields():
        shown = tuple(dict.fromkeys((*shown, "phone")))
    # The rows are read through the row door: the index proposes, the rights decide.
    rows = records(access, declared).filter(pk__in=ids).only(*columns_needed(declared, shown))
    wanted, title = fold(text), declared.title_field()
    ranked = sorted(rows, key=lambda row: (-_likeness(wanted, str(title.value(row))), -row.pk))
    return [
        SearchHit(
            declared.key, row.id, row.title,
            " · ".join(cell.text for path, cell in row.cells.items() if cell.text), row,
        )
        for row in present(access, declared, ranked[:limit], shown)
    ]  # fmt: skip


def _likeness(wanted: str, title: str) -> float:
    folded = fold(title)
    bonus = 40.0 if folded.startswith(wanted) else 20.0 if wanted in folded else 0.0
    return float(partial_ratio(wanted, folded)) + bonus - len(folded) * 0.1


def candidate_ids(access: Access, declared: ObjectType, asked: Question) -> list[int]:
    """Return up to CANDIDATES record ids of one type that fit, by the index alone."""
    return _candidates(access, [declared], asked)[declared.key]


def _candidates(access: Access, types: list[ObjectType], asked: Question) -> dict[str, list[int]]:
    """Ask the index for all types in one query: what rights reach, and what was shared."""
    lookups: list[_Lookup] = []
    for declared in types:
        visible = access.visibility_terms(declared)
        if visible is None or visible:
            lookups.append(_Lookup(declared.key, visible, None))
        shared = [] if visible is None else access.shared_ids(declared)
        if shared:
            lookups.append(_Lookup(declared.key, None, shared))
    found: dict[str, list[int]] = {declared.key: [] for declared in types}
    for key, record_id in _match(lookups, asked, CANDIDATES):
        found[key].append(record_id)
    return {
        declared.key: _told_by_readable_fields(
            access, declared, asked, list(dict.fromkeys(found[declared.key]))
        )
        for declared in types
    }


def _told_by_readable_fields(
    access: Access, declared: ObjectType, asked: Question, ids: list[int]
) -> list[int]:
    """Keep what fits without the fields this person may not read.

    The index knows every field: without this, a masked number could be guessed digit by digit.
    """
    mask, fields = access.fields(declared), declared.fields()
    # The words of secret fields are fingerprints, which no question asks for.
    searched = [name for name in declared.search if fields[name].kind.searchable != "secret"]
    open_fields = {name: fields[name] for name in searched if mask.is_readable(name)}
    if not ids or len(open_fields) == len(searched):
        return ids
    rows = records(access, declared).filter(pk__in=ids)
    fitting = {row.pk for row in rows if fits(terms_of_fields(row, open_fields), asked)}
    return [number for number in ids if number in fitting]


def matching_ids(declared: ObjectType, asked: Question, limit: int) -> list[int]:
    """Return ids whose search words fit, whoever may see them: for conditions, never for showing."""
    return [pk for _key, pk in _match([_Lookup(declared.key, None, None)], asked, limit)]


class _Lookup(NamedTuple):
    """One question to the index: of a type, with terms of which one must match, among some ids."""

    object_key: str
    visible: list[str] | None
    among: list[int] | None


def _match(lookups: list[_Lookup], asked: Question, limit: int) -> list[tuple[str, int]]:
    if not lookups:
        return []
    postgres = connection.vendor == "postgresql"
    template = _POSTGRES if postgres else _SQLITE
    statements: list[str] = []
    params: list[str | int] = []
    for lookup in lookups:
        groups: Question = [[(f"_k{lookup.object_key}",)], *asked]
        if lookup.visible is not None:
            groups.append([(term,) for term in lookup.visible])
        among = ""
        params += [(_tsquery if postgres else _fts5)(groups), lookup.object_key]
        if lookup.among:
            among = f"AND e.record_id IN ({', '.join(['%s'] * len(lookup.among))})"
            params += lookup.among
        params.append(limit)
        statements.append(template.format(among=among))
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), params)
        return [(row[0], row[1]) for row in cursor.fetchall()]


_SQLITE = """
    SELECT * FROM (
        SELECT e.object_key, e.record_id
        FROM records_search AS s JOIN records_searchentry AS e ON e.id = s.rowid
        WHERE records_search MATCH %s AND e.object_key = %s {among}
        ORDER BY s.rowid DESC LIMIT %s
    )
"""
_POSTGRES = """
    (SELECT e.object_key, e.record_id FROM records_searchentry AS e
    WHERE array_to_tsvector(string_to_array(e.terms, ' ')) @@ %s::tsquery
      AND e.object_key = %s {among} LIMIT %s)
"""


def _fts5(groups: Question) -> str:
    def one(term: str) -> str:
        return f'"{term[:-1]}"*' if term.endswith("*") else f'"{term}"'

    return _joined(groups, one, " AND ", " OR ")


def _tsquery(groups: Question) -> str:
    def one(term: str) -> str:
        return f"'{term[:-1]}':*" if term.endswith("*") else f"'{term}'"

    return _joined(groups, one, " & ", " | ")


def _joined(groups: Question, one, both: str, either: str) -> str:  # type: ignore[no-untyped-def]
    def alternative(terms: Alternative) -> str:
        return f"({both.join(one(term) for term in terms)})"

    return both.join(f"({either.join(alternative(alt) for alt in group)})" for group in groups)
