"""What the records of a list come to: sums, averages, smallest and largest, and how they split up."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import OperationalError
from django.db.models import Case, CharField, Count, Max, Min, Q, Sum, Value, When
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.kinds.number import IntegerKind
from keqiao.records.aggregate import by_value, in_parts
from keqiao.records.counting import TooSlow, question, time_limit
from keqiao.records.query import require_readable

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from datetime import datetime

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.records.query import ListQuery

# A list that was too long is not tried again for everybody who opens it.
TOO_SLOW_SECONDS = 600
_MOST_TOO_SLOW = 1_000
_too_slow: dict[Hashable, tuple[float, int]] = {}

EARLIER, WITHIN, LATER, NEVER = "earlier", "within", "later", "never"


@dataclass(frozen=True)
class Sums:
    """What one column comes to over all records of a list; empty values do not take part."""

    filled: int = 0
    total: int = 0
    lowest: int | None = None
    highest: int | None = None

    @property
    def average(self) -> float | None:
        return self.total / self.filled if self.filled else None

    def __add__(self, other: Sums) -> Sums:
        def of_both(choose: Any, one: int | None, two: int | None) -> int | None:
            known = [value for value in (one, two) if value is not None]
            return choose(known) if known else None

        return Sums(
            self.filled + other.filled,
            self.total + other.total,
            of_both(min, self.lowest, other.lowest),
            of_both(max, self.highest, other.highest),
        )


@dataclass
class Group:
    """The records of one value: how many lie where in time, and what a column comes to."""

    total: int = 0
    times: dict[str, int] = field(default_factory=dict)


def sums_of(
    access: Access, query: ListQuery, fields: Iterable[Field], *, patience_ms: int
) -> dict[str, Sums] | None:
    """Return what numeric fields come to over a whole list; None when that takes too long.

    A field this person may not read in full is refused like a condition on it: a sum would tell it.
    """
    wanted = [_readable(access, query, own) for own in fields]
    asked: dict[str, Any] = {}
    for place, own in enumerate(wanted):
        value = own.expression()
        asked |= {
            f"filled{place}": Count(value),
            f"total{place}": Sum(value),
            f"lowest{place}": Min(value),
            f"highest{place}": Max(value),
        }
    found = {own.name: Sums() for own in wanted}
    try:
        with _patience(access, query, patience_ms):
            for part in in_parts(access, _surely(query)):
                row = part.aggregate(**asked)
                for place, own in enumerate(wanted):
                    found[own.name] += _sums(row, place)
    except TooSlow:
        return None
    return found


def groups_of(
    access: Access,
    query: ListQuery,
    by: Field,
    *,
    total: Field | None = None,
    moment: Field | None = None,
    between: Sequence[datetime] = (),
    patience_ms: int,
) -> dict[Hashable, Group] | None:
    """Return for each value of `by` the sum of `total` and how `moment` lies to two points in time.

    None when that takes too long. Fields this person may not read are refused.
    """
    for own in (by, total, moment):
        if own is not None:
            _readable(access, query, own, numeric=own is total)
    found: dict[Hashable, Group] = {}
    try:
        with _patience(access, query, patience_ms):
            for part in in_parts(access, _surely(query)):
                rows = by_value(part, by)
                if moment is not None:
                    rows = rows.annotate(_time=_place_in_time(moment, between))
                    rows = rows.values("_value", "_time")
                rows = rows.annotate(_number=Count("pk"))
                if total is not None:
                    rows = rows.annotate(_total=Sum(total.expression()))
                for row in rows:
                    value = None if row["_value"] == by.kind.empty else row["_value"]
                    group = found.setdefault(value, Group())
                    group.total += int(row.get("_total") or 0)
                    place = row.get("_time", "")
                    group.times[place] = group.times.get(place, 0) + row["_number"]
    except TooSlow:
        return None
    return found


def _place_in_time(moment: Field, between: Sequence[datetime]) -> Case:
    start, end = between
    name = moment.storage.name  # type: ignore[union-attr]
    return Case(
        When(Q((f"{name}__lt", start)), then=Value(EARLIER)),
        When(Q((f"{name}__lt", end)), then=Value(WITHIN)),
        When(Q((f"{name}__gte", end)), then=Value(LATER)),
        default=Value(NEVER),
        output_field=CharField(),
    )


@contextmanager
def _patience(access: Access, query: ListQuery, milliseconds: int) -> Iterator[None]:
    """Give up after a while, and at once where as much patience was lately not enough."""
    asked = question(access, query)
    until, given = _too_slow.get(asked, (0.0, 0))
    if asked is not None and milliseconds <= given and time.monotonic() < until:
        raise TooSlow
    try:
        with time_limit(milliseconds), _numbers_that_fit():
            yield
    except TooSlow:
        if asked is not None:
            if len(_too_slow) >= _MOST_TOO_SLOW:
                _too_slow.clear()
            _too_slow[asked] = time.monotonic() + TOO_SLOW_SECONDS, milliseconds
        raise


@contextmanager
def _numbers_that_fit() -> Iterator[None]:
    """SQLite adds up in 64 bits and says so when that is not enough."""
    try:
        yield
    except OperationalError as error:
        if "integer overflow" not in str(error).lower():
            raise
        text = _("The numbers of this list are too large to be added up. Please check them.")
        raise FilterProblem(text, "sum") from error


def _readable(access: Access, query: ListQuery, own: Field, *, numeric: bool = True) -> Field:
    require_readable(access, query.object_type, own, own.name)
    if numeric and not isinstance(own.kind, IntegerKind):
        text = _("“%(field)s” holds no numbers that could be added up.") % {"field": own.label}
        raise FilterProblem(text, "sum", own.name)
    return own


def _surely(query: ListQuery) -> ListQuery:
    # Reading in order finds a page of common words at once, but not all of them.
    return replace(query, search_surely=True)


def _sums(row: dict[str, Any], place: int) -> Sums:
    lowest, highest = row[f"lowest{place}"], row[f"highest{place}"]
    return Sums(
        row[f"filled{place}"],
        int(row[f"total{place}"] or 0),
        None if lowest is None else int(lowest),
        None if highest is None else int(highest),
    )
