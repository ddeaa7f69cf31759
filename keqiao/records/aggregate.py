"""How many records there are, in all or by the values of a field: the one door for briefs and reports."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F
from django.utils.translation import gettext_lazy as _

from keqiao.access.rights import Action
from keqiao.catalog.field import JsonKey
from keqiao.catalog.filter import FilterProblem, find_field
from keqiao.catalog.kinds.links import is_link
from keqiao.records.counting import TooSlow, time_limit
from keqiao.records.models import LIVE
from keqiao.records.query import ListQuery, narrowed, require_readable

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from django.db.models import Model, QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.filter import FilterTree
    from keqiao.catalog.object_type import ObjectType

MOST_GROUPS = 1_000
PATIENCE_MS = 2_000


@dataclass(frozen=True)
class Counts:
    """How many; None when counting would have taken longer than it was given."""

    total: int | None
    is_capped: bool = False
    groups: dict[Hashable, int] = field(default_factory=dict)  # None: the field is empty

    @property
    def text(self) -> str:
        """Return the number as lists write it; a dash when it was not counted."""
        if self.total is None:
            return "–"
        return f"{self.total:,}{'+' if self.is_capped else ''}"


def count_by(
    access: Access,
    object_type: ObjectType,
    filter: FilterTree | None = None,
    group_by: str = "",
    *,
    distinct: str = "",
    cap: int | None = None,
    patience_ms: int = PATIENCE_MS,
    action: Action = Action.VIEW,
) -> Counts:
    """Count the records in reach that fit; by the values of `group_by`, or different `distinct` ones.

    Raises `FilterProblem` for a field whose values this person may not read: a count would tell them.
    `cap` stops the count of all there, as that of a list stops; it does not go with the other two.
    """
    query = ListQuery(object_type=object_type, filter=filter, action=action)
    counted = _counted_field(access, object_type, group_by or distinct)
    if counted is not None and group_by and is_link(counted):
        # The number of a record out of reach is not told, not even as the name of a group.
        raise _cannot_group(counted)
    parts = list(in_parts(access, query))
    try:
        with time_limit(patience_ms):
            if counted is None:
                return _all(parts, cap)
            if distinct:
                values = {value for part in parts for value in _values(part, counted)}
                return Counts(len(values - {None, counted.kind.empty}))
            return _grouped(parts, counted)
    except TooSlow:
        return Counts(None)


def in_parts(access: Access, query: ListQuery) -> Iterator[QuerySet[Model]]:
    """Return the reach in parts that share no record; each is answered by an index of its own."""
    manager = query.object_type.model._default_manager
    for part in access.scope_parts(query.action, query.object_type):
        yield narrowed(access, query, manager.filter(LIVE, part)).order_by()


def _counted_field(access: Access, object_type: ObjectType, name: str) -> Field | None:
    if not name:
        return None
    own = find_field(object_type, name)
    require_readable(access, object_type, own, name)
    if "." in name or own.kind.many or own.kind.encrypted or own.is_indexed_by_terms:
        raise _cannot_group(own)
    return own


def _cannot_group(own: Field) -> FilterProblem:
    text = _("Records cannot be counted by “%(field)s”.") % {"field": own.label}
    return FilterProblem(text, "group", own.name)


def _all(parts: list[QuerySet[Model]], cap: int | None) -> Counts:
    found = [part.values("pk") for part in parts]
    rows = found[0].union(*found[1:], all=True) if len(found) > 1 else found[0]
    if cap is None:
        return Counts(rows.count())
    number = rows[: cap + 1].count()
    return Counts(min(number, cap), is_capped=number > cap)


def _grouped(parts: list[QuerySet[Model]], own: Field) -> Counts:
    groups: Counter[Hashable] = Counter()
    for part in parts:
        rows = by_value(part, own).annotate(_number=Count("pk"))
        for value, number in rows.values_list("_value", "_number")[: MOST_GROUPS + 1]:
            groups[None if value == own.kind.empty else value] += number
    if len(groups) > MOST_GROUPS:
        raise FilterProblem(
            _("“%(field)s” has too many different values. Please narrow the list down first.")
            % {"field": own.label},
            "group",
            own.name,
        )
    return Counts(sum(groups.values()), groups=dict(groups))


def _values(part: QuerySet[Model], own: Field) -> Iterator[Any]:
    yield from by_value(part, own).values_list("_value", flat=True).distinct()


def by_value(part: QuerySet[Model], own: Field) -> QuerySet[Any, Any]:
    """Return the records as `_value`, ready to be counted or added up for each."""
    expression = own.expression() if isinstance(own.storage, JsonKey) else F(own.storage.name)
    return part.annotate(_value=expression).values("_value")
