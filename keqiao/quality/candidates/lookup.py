"""Finds the records that share keys with a draft: one look into an index, however many records there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from keqiao.quality.candidates.comparing import Forms, comparing, read_forms
from keqiao.quality.candidates.crowded import MOST_SHARING
from keqiao.quality.candidates.models import CandidateForms, CandidateKey
from keqiao.quality.candidates.weighing import weigher
from keqiao.records.search_index import STRETCH, first_place

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.candidates.comparing import Comparing
    from keqiao.quality.candidates.weighing import Weighed

MOST_WEIGHED = 100
_PARTS_AT_ONCE = 400  # SQLite takes 500 in one statement
_FORMS_AT_ONCE = 900


@dataclass(frozen=True)
class Candidate:
    """A record that may be the same as a draft."""

    object_type: ObjectType
    record_id: int
    found: Weighed
    forms: Forms

    @property
    def side(self) -> tuple[str, int]:
        return self.object_type.key, self.record_id

    @property
    def likeness(self) -> float:
        return self.found.likeness


Hidden = Mapping[str, frozenset[str]]  # object key -> fields that do not count


def look_up(
    plan: Comparing, forms: Forms, scope: Sequence[ObjectType], hidden: Hidden | None = None
) -> list[Candidate]:
    """Return the records of `scope` that share a key with a draft, weighed, the likeliest first.

    At most `MOST_WEIGHED` are weighed, those first that share the rarest keys. `hidden` fields of a
    type count on neither side.
    """
    own = _without(forms, (hidden or {}).get(plan.object_type.key, frozenset()))
    asked = [(key, first_place(other.key)) for key in plan.keys_of(own) for other in scope]
    if not asked:
        return []
    with connection.cursor() as cursor:
        sql, values = _single_sql(asked)
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    kept = [(place, read_forms(text)) for place, text in rows]
    return _weighed(plan, own, scope, kept, hidden or {})


def look_up_many(
    plan: Comparing,
    drafts: Sequence[Forms],
    scope: Sequence[ObjectType],
    hidden: Hidden | None = None,
) -> list[list[Candidate]]:
    """Return for each of many drafts what `look_up` gives, in few queries."""
    hidden = hidden or {}
    if len(drafts) == 1:
        return [look_up(plan, drafts[0], scope, hidden)]
    unseen = hidden.get(plan.object_type.key, frozenset())
    drafts = [_without(forms, unseen) for forms in drafts]
    asked = [
        (number, key, first_place(other.key))
        for number, forms in enumerate(drafts)
        for key in plan.keys_of(forms)
        for other in scope
    ]
    shared = _shared_places(sorted({(key, first) for _number, key, first in asked}))
    ranks: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for number, key, first in asked:
        places = shared.get((key, first), ())
        for place in places:
            ranks[number][place] += 1.0 / len(places)
    chosen = {
        number: sorted(found, key=lambda place: (-found[place], place))[:MOST_WEIGHED]
        for number, found in ranks.items()
    }
    forms_by_place = _forms_of(sorted({place for places in chosen.values() for place in places}))
    return [
        _weighed(
            plan,
            forms,
            scope,
            [(one, forms_by_place[one]) for one in chosen.get(number, ()) if one in forms_by_place],
            hidden,
        )
        for number, forms in enumerate(drafts)
    ]


def _weighed(
    plan: Comparing,
    forms: Forms,
    scope: Sequence[ObjectType],
    kept: Sequence[tuple[int, Forms]],
    hidden: Hidden,
) -> list[Candidate]:
    types = {first_place(other.key) // STRETCH: other for other in scope}
    found = []
    for place, theirs in kept:
        other = types[place // STRETCH]
        record = comparing(other)
        if record is None:
            continue
        seen = _without(theirs, hidden.get(other.key, frozenset()))
        weighed = weigher(plan, record).weigh(forms, seen)
        found.append(Candidate(other, place % STRETCH, weighed, seen))
    found.sort(key=lambda one: (-one.likeness, one.object_type.key, one.record_id))
    return found


def _without(forms: Forms, names: frozenset[str]) -> Forms:
    if not names:
        return forms
    return Forms(
        (name, text) for name, text in forms.items() if name.partition("__")[0] not in names
    )


# --- the index ------------------------------------------------------------------------------------


def _single_sql(asked: Sequence[tuple[int, int]]) -> tuple[str, list[Any]]:
    """Return the query for the places that share a key, rarest first, with their forms."""
    hits, values = _hits_sql(asked)
    forms = CandidateForms._meta.db_table
    sql = (
        f"WITH hits AS ({hits}),"  # noqa: S608
        " crowds AS (SELECT part, count(*) AS size FROM hits GROUP BY part),"
        " ranked AS (SELECT h.place AS place, sum(1.0 / c.size) AS rarity"
        f" FROM hits h JOIN crowds c ON c.part = h.part WHERE c.size <= {MOST_SHARING}"
        f" GROUP BY h.place ORDER BY 2 DESC, 1 LIMIT {MOST_WEIGHED})"
        f" SELECT r.place, f.forms FROM ranked r JOIN {forms} f ON f.id = r.place"
    )
    return sql, values


def _hits_sql(asked: Sequence[tuple[int, int]]) -> tuple[str, list[Any]]:
    """Return the query for (number of the question, place), one place too many where it is crowded."""
    keys = CandidateKey._meta.db_table
    if connection.vendor == "sqlite":
        one = (
            "SELECT {} AS part, place FROM (SELECT place FROM "  # noqa: S608
            f"{keys} WHERE key = %s AND place >= %s AND place < %s LIMIT {MOST_SHARING + 1})"
        )
        parts = " UNION ALL ".join(one.format(number) for number in range(len(asked)))
        return parts, [value for key, first in asked for value in (key, first, first + STRETCH)]
    numbers = list(range(len(asked)))
    columns = [list(column) for column in zip(*asked, strict=True)]
    sql = (
        "SELECT a.part, h.place FROM unnest(%s::int[], %s::bigint[], %s::bigint[])"  # noqa: S608
        " AS a(part, key, first) CROSS JOIN LATERAL (SELECT k.place FROM "
        f"{keys} k WHERE k.key = a.key AND k.place >= a.first AND k.place < a.first + {STRETCH}"
        f" LIMIT {MOST_SHARING + 1}) h"
    )
    return sql, [numbers, *columns]


def _shared_places(asked: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for start in range(0, len(asked), _PARTS_AT_ONCE):
        part = asked[start : start + _PARTS_AT_ONCE]
        with connection.cursor() as cursor:
            sql, values = _hits_sql(part)
            cursor.execute(sql, values)
            for number, place in cursor.fetchall():
                found[part[number]].append(place)
    return {one: places for one, places in found.items() if len(places) <= MOST_SHARING}


def _forms_of(places: Sequence[int]) -> dict[int, Forms]:
    found: dict[int, Forms] = {}
    for start in range(0, len(places), _FORMS_AT_ONCE):
        rows = CandidateForms.objects.filter(pk__in=places[start : start + _FORMS_AT_ONCE])
        found |= {place: read_forms(text) for place, text in rows.values_list("pk", "forms")}
    return found
