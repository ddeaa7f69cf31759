"""Which records fit a question, by the search index and by what the person may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import connection

from keqiao.records.search_index import terms_of_fields
from keqiao.records.search_terms import Alternative, Question, fits

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

MOST_RANKED = 300


def reachable_ids(access: Access, declared: ObjectType, asked: Question, most: int) -> list[int]:
    """Return up to `most` ids of one type that fit by what this person may read and reaches."""
    return candidates(access, [declared], asked, most)[declared.key]


def candidates(
    access: Access, types: list[ObjectType], asked: Question, most: int = MOST_RANKED
) -> dict[str, list[int]]:
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
    for key, record_id in _match(lookups, asked, most):
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
    if not ids or reads_all_words(access, declared):
        return ids
    from keqiao.records.query import records

    mask = access.fields(declared)
    open_fields = {
        name: field for name, field in _searched(declared).items() if mask.is_readable(name)
    }
    rows = records(access, declared).filter(pk__in=ids)
    fitting = {row.pk for row in rows if fits(terms_of_fields(row, open_fields), asked)}
    return [number for number in ids if number in fitting]


def _searched(declared: ObjectType) -> dict[str, Field]:
    """Return the fields a question asks; words of secret ones are fingerprints nobody asks for."""
    fields = declared.fields()
    return {
        name: fields[name] for name in declared.search if fields[name].kind.searchable != "secret"
    }


def reads_all_words(access: Access, declared: ObjectType) -> bool:
    """Tell whether the index knows nothing of this type that this person may not read."""
    mask = access.fields(declared)
    return all(mask.is_readable(name) for name in _searched(declared))


def index_statement(object_key: str, asked: Question) -> tuple[str, list[str]]:
    """Return the SQL that names all records of a type that fit, whoever may see them."""
    groups: Question = [[(f"_k{object_key}",)], *asked]
    if connection.vendor == "postgresql":
        return _ALL_POSTGRES, [_tsquery(groups), object_key]
    return _ALL_SQLITE, [_fts5(groups), object_key]


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


# CROSS JOIN: the index of words first. SQLite would else ask it once for every record there is.
_ALL_SQLITE = """
    SELECT e.record_id FROM records_search AS s
    CROSS JOIN records_searchentry AS e ON e.id = s.rowid
    WHERE records_search MATCH %s AND e.object_key = %s
"""
_ALL_POSTGRES = """
    SELECT e.record_id FROM records_searchentry AS e
    WHERE array_to_tsvector(string_to_array(e.terms, ' ')) @@ %s::tsquery AND e.object_key = %s
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
