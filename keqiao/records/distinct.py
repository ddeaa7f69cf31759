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
from keqiao.catalog.field import JsonKey
from keqiao.catalog.filter import Condition, FilterProblem, find_field
from keqiao.records.aggregate import in_parts
from keqiao.records.counting import TooSlow
from keqiao.records.query import checked_filter, require_readable

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from django.db.models import QuerySet

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
    own = find_field(query.object_type, name)
    require_readable(access, query.object_type, own, name)
    if "." in name or own.kind.encrypted:
        text = _("The values of “%(field)s” are sealed and cannot be counted.")
        raise FilterProblem(text % {"field": own.label}, "sealed", name)
    found: Counter[Hashable] = Counter()
    total = 0
    for part in in_parts(access, replace(query, search_surely=True)):
        for stored, number in _grouped(part, own, by):
            total += number
            value = _value(own, stored) if by is By.VALUE else stored
            if value is None or value in ("", ()) or (by is By.LENGTH and not value):
                continue
            found[value] += number
            if most is not None and len(found) > most:
                raise TooSlow
    return Values(total, dict(found))


def _grouped(part: QuerySet[Any, Any], own: Field, by: By) -> Iterator[tuple[Any, int]]:
    value: Any = own.expression() if isinstance(own.storage, JsonKey) else F(own.storage.name)
    if by is By.LENGTH:
        value = Length(value)
    elif by is By.DAY:
        value = TruncDate(value)
    elif by is By.PROVINCE:
        value = Left(value, PROVINCE_DIGITS)
    rows = part.annotate(_value=value).values("_value").annotate(_number=Count("pk"))
    yield from rows.values_list("_value", "_number").iterator(chunk_size=_AT_ONCE)


def _value(own: Field, stored: Any) -> Any:
    if own.kind.many:
        if isinstance(stored, str):
            stored = json.loads(stored)  # a custom list is read as the text of its JSON
        return tuple(stored or ())
    return own.kind.load(stored, own) if isinstance(own.storage, JsonKey) else stored


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
