"""Keeps the keys of records in step with the records, within the transaction of every save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keqiao.quality.candidates.comparing import as_text, comparing, packed, unpacked
from keqiao.quality.candidates.models import CandidateForms, CandidateKey
from keqiao.records.bulk_rows import insert_rows
from keqiao.records.derived import register_derivation
from keqiao.records.search_index import first_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model

    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.candidates.comparing import Comparing
    from keqiao.records.derived import Written

_AT_ONCE = 2_000
_KEY = ("key", "place")
_FORMS = ("id", "mark", "keys", "forms")
_REPLACING = (
    "ON CONFLICT (id) DO UPDATE SET mark = excluded.mark, keys = excluded.keys,"
    " forms = excluded.forms"
)


def register() -> None:
    register_derivation(follow_writes)


def follow_writes(written: Written) -> None:
    """Write the keys of what was saved or brought back, and take away those of what is gone."""
    plan = comparing(written.object_type)
    if plan is None:
        return
    if written.what == "deleted":
        drop_keys(written.object_type, [row.pk for row in written.records])
        return
    names = plan.names
    rows = [
        row
        for row in written.records
        if row.pk not in written.changed or names & written.changed[row.pk]
    ]
    keep_keys(plan, rows, are_new=written.what == "saved" and not written.changed)


def keep_keys(plan: Comparing, rows: Sequence[Model], *, are_new: bool = False) -> None:
    """Write keys and forms of records as they are; `are_new` records have none so far."""
    if not rows:
        return
    first = first_place(plan.object_type.key)
    before = {} if are_new else _kept_keys([first + row.pk for row in rows])
    keys: list[tuple[int, int]] = []
    gone: list[tuple[int, int]] = []
    forms: list[tuple[int, int, bytes, str]] = []
    for row in rows:
        place = first + row.pk
        found = plan.forms_of(row)
        wanted = plan.keys_of(found)
        had = before.get(place, ())
        forms.append((place, plan.mark, packed(wanted), as_text(found)))
        keys += [(key, place) for key in wanted if key not in had]
        gone += [(key, place) for key in had if key not in wanted]
    _take_away(gone)
    # In the index's own order: neighbouring keys lie on one page.
    keys.sort()
    insert_rows(CandidateKey, _KEY, keys, on_conflict="ON CONFLICT DO NOTHING")
    insert_rows(CandidateForms, _FORMS, forms, on_conflict="" if are_new else _REPLACING)


def drop_keys(declared: ObjectType, ids: Sequence[int]) -> None:
    """Take away keys and forms of records that nobody shall be told of any more."""
    first = first_place(declared.key)
    places = [first + pk for pk in ids]
    kept = _kept_keys(places)
    _take_away([(key, place) for place, keys in kept.items() for key in keys])
    for start in range(0, len(places), _AT_ONCE):
        CandidateForms.objects.filter(pk__in=places[start : start + _AT_ONCE]).delete()


def _kept_keys(places: Sequence[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for start in range(0, len(places), _AT_ONCE):
        rows = CandidateForms.objects.filter(pk__in=places[start : start + _AT_ONCE])
        found |= {
            place: set(unpacked(bytes(keys))) for place, keys in rows.values_list("pk", "keys")
        }
    return found


def _take_away(pairs: Sequence[tuple[int, int]]) -> None:
    by_place: dict[int, list[int]] = {}
    for key, place in pairs:
        by_place.setdefault(place, []).append(key)
    for place, keys in by_place.items():
        CandidateKey.objects.filter(key__in=keys, place=place).delete()
