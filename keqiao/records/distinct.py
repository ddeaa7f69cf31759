"""Which values a field has within a person's reach, and how often: what a profile is made of."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F
from django.db.models.functions import Left, Length, TruncDate
from django.utils.translation import gettext_lazy as _

from keqiao.access.access import Access
from keqiao.base.batches import batched
from keqiao.catalog.field import JsonKey
from keqiao.catalog.filter import Condition, FilterProblem, find_field
from keqiao.records.aggregate import in_parts
from keqiao.records.counting import TooSlow
from keqiao.records.query import checked_filter, require_readable

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from keqiao.catalog.field import Field
    from keqiao.records.query import ListQuery

_AT_ONCE = 10_000
PROVINCE_DIGITS = 2


class By(StrEnum):
    """What of a value is counted."""

    VALUE = "value"
    LENGTH = "length"  # of a text, in characters
    DAY = "day"  # of a moment, in the time zone of the installation
    PROVINCE = "province"  # the first digits of a region


@dataclass(frozen=True)
class Values:
    """How many records there are, and of each value that is filled in how many hold it."""

    records: int = 0
    counts: dict[Hashable, int] = field(default_factory=dict)

    @property
    def filled(self) -> int:
        return sum(self.counts.values())


def values_of(
    access: Access, query: ListQuery, name: str, by: By = By.VALUE, *, most: int | None = None
) -> Values:
    """Count the records a list would show by the values of one field; lists come as tuples.

    Raises `FilterProblem` for a field whose values this person may not read or that is sealed, and
    `TooSlow` beyond `most` different values.
    """
    return all_values_of(access, query, {name: by}, most=most)[name]


def all_values_of(
    access: Access, query: ListQuery, names: Mapping[str, By], *, most: int | None = None
) -> dict[str, Values]:
    """Return `values_of` for several fields, with the records read once: reading them takes longest."""
    fields = [_counted(access, query, name) for name in names]
    bys = list(names.values())
    counted: list[Counter[Hashable]] = [Counter() for _name in fields]
    total = 0
    for part in in_parts(access, replace(query, search_surely=True)):
        rows = part.values_list(*map(_expression, fields, bys))
        for chunk in batched(rows.iterator(chunk_size=_AT_ONCE), _AT_ONCE):
            total += len(chunk)
            for place, column in enumerate(zip(*chunk, strict=True)):
                own = fields[place]
                if own.kind.many:
                    column = tuple(map(_as_tuple, column))
                counted[place].update(column)
                if most is not None and len(counted[place]) > most:
                    raise TooSlow
    return {
        own.name: Values(total, _filled_values(own, by, found))
        for own, by, found in zip(fields, bys, counted, strict=True)
    }


def _counted(access: Access, query: ListQuery, name: str) -> Field:
    own = find_field(query.object_type, name)
    require_readable(access, query.object_type, own, name)
    if "." in name or own.kind.encrypted:
        text = _("The values of “%(field)s” are sealed and cannot be counted.")
        raise FilterProblem(text % {"field": own.label}, "sealed", name)
    return own


def _expression(own: Field, by: By) -> Any:
    value: Any = own.expression() if isinstance(own.storage, JsonKey) else F(own.storage.name)
    if by is By.LENGTH:
        return Length(value)
    if by is By.DAY:
        return TruncDate(value)
    return Left(value, PROVINCE_DIGITS) if by is By.PROVINCE else value


def _as_tuple(stored: Any) -> tuple[Any, ...]:
    # A custom list is read as the text of its JSON.
    return tuple(json.loads(stored) if isinstance(stored, str) else stored or ())


def _filled_values(own: Field, by: By, found: Counter[Hashable]) -> dict[Hashable, int]:
    loads = by is By.VALUE and not own.kind.many and isinstance(own.storage, JsonKey)
    kept: Counter[Hashable] = Counter()
    for stored, number in found.items():
        value = own.kind.load(stored, own) if loads else stored
        if value is None or value in ("", ()) or (by is By.LENGTH and not value):
            continue
        kept[value] += number
    return dict(kept)


def filled_of(access: Access, query: ListQuery, names: Sequence[str]) -> tuple[int, dict[str, int]]:
    """Return the number of records of a list and, of each field, how many have a value.

    Also of masked fields: whether there is a value shows in their mask. Hidden ones are refused.
    """
    mask = access.fields(query.object_type)
    for name in names:
        if mask.is_hidden(name):
            raise FilterProblem(
                _("There is no field “%(name)s” here.") % {"name": name[:60]}, "unknown_field", name
            )
    total, found = 0, dict.fromkeys(names, 0)
    for part in in_parts(access, replace(query, search_surely=True)):
        aliases: dict[str, Any] = {}
        asked: dict[str, Any] = {"records": Count("pk")}
        for place, name in enumerate(names):
            own = query.object_type.field(name)
            asked[f"filled{place}"] = _filled(query, own, aliases)
        row = part.alias(**aliases).aggregate(**asked)
        total += row["records"]
        for place, name in enumerate(names):
            found[name] += row[f"filled{place}"]
    return total, found


def _filled(query: ListQuery, own: Field, aliases: dict[str, Any]) -> Count:
    if "is_filled" not in own.operators:
        return Count("pk")  # never empty: a number of its own, a yes or no
    if isinstance(own.storage, JsonKey):
        return Count(own.expression())  # an empty custom value is not kept at all
    # The reader's right to the values is not asked: only whether there is one is counted.
    system = Access.system("whether fields are filled in")
    compiled = checked_filter(system, query.object_type, Condition(own.name, "is_filled"))
    aliases.update(compiled.annotations)
    return Count("pk", filter=compiled.condition)
