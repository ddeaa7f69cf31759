"""Whose customer a record is made on: the owner of the record above sees what belongs to it.

Owner and department of the record above are kept on the record itself (`account_owner_id`), because
"mine, or made on a customer of mine" must stay one index range each at millions of records.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from keqiao.catalog.object_type import Feature
from keqiao.catalog.pointer import pointed_to, pointer
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.models import BINNED, LIVE
from keqiao.records.search_index import index_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import Model

    from keqiao.catalog.object_type import ObjectType

_AT_ONCE = 500
Holder = tuple[int | None, int | None]


def columns_above(declared: ObjectType) -> list[str]:
    """Return the columns that repeat owner and department of the records above."""
    return [f"{name}_{part}_id" for name in declared.belongs_to for part in ("owner", "team")]


def note_records_above(declared: ObjectType, rows: Sequence[Model]) -> None:
    """Put owner and department of the records above onto `rows`; one query per type above."""
    wanted: dict[str, set[int]] = defaultdict(set)
    places: list[tuple[Model, str, str, int]] = []
    for name in declared.belongs_to:
        for row in rows:
            above = _above(declared, row, name)
            _put(row, name, (None, None))
            if above is not None:
                wanted[above[0]].add(above[1])
                places.append((row, name, *above))
    holders = {key: _holders(object_type(key), ids) for key, ids in wanted.items()}
    for row, name, key, record_id in places:
        _put(row, name, holders[key].get(record_id, (None, None)))


def _above(declared: ObjectType, row: Model, name: str) -> tuple[str, int] | None:
    own = declared.builtin_fields[name]
    value = own.value(row)
    if not value:
        return None
    return (own.target, value) if own.target else pointed_to(value)


def _put(row: Model, name: str, holder: Holder) -> None:
    setattr(row, f"{name}_owner_id", holder[0])
    setattr(row, f"{name}_team_id", holder[1])


def _holders(declared: ObjectType, ids: Iterable[int]) -> dict[int, Holder]:
    rows = declared.model._default_manager.filter(pk__in=ids)
    return {pk: (owner, team) for pk, owner, team in rows.values_list("pk", "owner_id", "team_id")}


def pass_on(declared: ObjectType, rows: Sequence[Model]) -> None:
    """Tell the records below that owner or department of `rows` is another one now."""
    for below in object_types():
        for name in below.belongs_to:
            own = below.builtin_fields[name]
            if own.target in ("", declared.key):
                _pass_on(declared, rows, below, name)


def _pass_on(declared: ObjectType, rows: Sequence[Model], below: ObjectType, name: str) -> None:
    by_holder: dict[Holder, list[Any]] = defaultdict(list)
    linked = bool(below.builtin_fields[name].target)
    for row in rows:
        holder = (row.owner_id, row.team_id)  # type: ignore[attr-defined]
        by_holder[holder].append(row.pk if linked else pointer(declared.key, row.pk))
    manager = below.model._default_manager
    column = f"{name}_id__in" if linked else f"{name}__in"
    for (owner, team), values in by_holder.items():
        for start in range(0, len(values), _AT_ONCE):
            matching = manager.filter(Q((column, values[start : start + _AT_ONCE])))
            # Apart, because the index by the record above holds live records alone: asked for all
            # at once, a million contacts were read to find three (0.3 to 0.9 s).
            for state in (LIVE, BINNED):
                matching.filter(state).update(
                    **{f"{name}_owner_id": owner, f"{name}_team_id": team}
                )
            if Feature.SEARCH in below.features:
                found = matching.filter(LIVE)
                index_records(below, list(found), below.fields())  # type: ignore[arg-type]
