"""Which records fit a question, by the search index and by what the person may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import connection

from keqiao.records.models import SearchEntry
from keqiao.records.search_index import STRETCH, first_place, place_of, terms_of_fields
from keqiao.records.search_terms import Alternative, Question, fits

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

MOST_RANKED = 300


def reachable_ids(access: Access, declared: ObjectType, asked: Question, most: int) -> list[int]:
    """Return up to `most` ids of one type that fit by what this person may read; see `candidates`."""
    return candidates(access, [declared], asked, most)[declared.key]


def candidates(
    access: Access, types: list[ObjectType], asked: Question, most: int = MOST_RANKED
) -> dict[str, list[int]]:
    """Return for each type up to `most` ids that fit; rights are settled by whoever reads the rows.

    Of rare words every hit is named, for the row door leaves out what is out of reach soon enough.
    Only of common words the index itself must look for those in reach: that takes ten times as long.
    """
    visible = {declared.key: access.visibility_terms(declared) for declared in types}
    reached = [key for key, terms in visible.items() if terms is None or terms]
    found: dict[str, list[int]] = {key: [] for key in visible}
    for key, record_id in _match([_Lookup(key, None) for key in reached], asked, most + 1):
        found[key].append(record_id)
    crowded = [key for key in reached if visible[key] is not None and len(found[key]) > most]
    for key in crowded:
        found[key] = []
    shared = {
        declared.key: access.shared_ids(declared)
        for declared in types
        if declared.key in crowded or declared.key not in reached
    }
    lookups = [_Lookup(key, visible[key]) for key in crowded]
    for key, record_id in [*_match(lookups, asked, most), *_fitting(shared, asked)]:
        found[key].append(record_id)
    return {
        declared.key: _told_by_readable_fields(
            access, declared, asked, list(dict.fromkeys(found[declared.key]))[:most]
        )
        for declared in types
    }


def _fitting(ids: dict[str, list[int]], asked: Question) -> list[tuple[str, int]]:
    """Return those of a few records, by type, whose words answer the question."""
    places = [place_of(key, number) for key, numbers in ids.items() for number in numbers]
    if not places:
        return []
    rows = SearchEntry.objects.filter(pk__in=places)
    return [
        (key, number)
        for key, number, terms in rows.values_list("object_key", "record_id", "terms")
        if fits(set(terms.split()), asked)
    ]


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


def index_statement(object_key: str, asked: Question) -> tuple[str, list[str | int]]:
    """Return the SQL that names all records of a type that fit, whoever may see them."""
    if connection.vendor == "postgresql":
        return _ALL_POSTGRES, [_tsquery(_of_type(object_key, asked)), object_key]
    first = first_place(object_key)
    return _ALL_SQLITE, [first, _fts5(asked), first, first + STRETCH - 1]


def matching_ids(declared: ObjectType, asked: Question, limit: int) -> list[int]:
    """Return ids whose search words fit, whoever may see them: for conditions, never for showing."""
    return [pk for _key, pk in _match([_Lookup(declared.key, None)], asked, limit)]


class _Lookup(NamedTuple):
    """One question to the index: of a type, with terms of which one must match."""

    object_key: str
    visible: list[str] | None


def _match(lookups: list[_Lookup], asked: Question, limit: int) -> list[tuple[str, int]]:
    if not lookups:
        return []
    postgres = connection.vendor == "postgresql"
    statement = _POSTGRES if postgres else _SQLITE
    params: list[str | int] = []
    for key, visible in lookups:
        groups: Question = asked if visible is None else [*asked, [(term,) for term in visible]]
        first = first_place(key)
        if postgres:
            params += [_tsquery(_of_type(key, groups)), key, limit]
        else:
            params += [key, first, _fts5(groups), first, first + STRETCH - 1, limit]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([statement] * len(lookups)), params)
        return [(row[0], row[1]) for row in cursor.fetchall()]


def _of_type(object_key: str, groups: Question) -> Question:
    return [[(f"_k{object_key}",)], *groups]


_SQLITE = """
    SELECT * FROM (
        SELECT %s, rowid - %s FROM records_search
        WHERE records_search MATCH %s AND rowid BETWEEN %s AND %s
        ORDER BY rowid DESC LIMIT %s
    )
"""
_POSTGRES = """
    (SELECT e.object_key, e.record_id FROM records_searchentry AS e
    WHERE array_to_tsvector(string_to_array(e.terms, ' ')) @@ %s::tsquery
      AND e.object_key = %s LIMIT %s)
"""
_ALL_SQLITE = """
    SELECT rowid - %s FROM records_search
    WHERE records_search MATCH %s AND rowid BETWEEN %s AND %s
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
