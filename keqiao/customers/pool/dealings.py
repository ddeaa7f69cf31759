"""Rules of return that look at what was made with a customer: no open opportunity, contract ended.

A package above names its objects with `related_reason` and `related_exemption`; the pool knows none of
them, and offers such a rule only once the object exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Case, DateTimeField, Exists, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils import timezone

from keqiao.access.access import Access
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.reasons import (
    ReturnExemption,
    ReturnReason,
    register_return_exemption,
    register_return_reason,
    taken_over,
)
from keqiao.records.query import ListQuery, matching_records

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.db.models.expressions import Combinable
    from django.utils.functional import Promise

    from keqiao.catalog.filter import FilterTree
    from keqiao.catalog.object_type import Related

_RULES = Access.system("rules of the pool")
_NOON = timedelta(hours=12)


@dataclass(frozen=True)
class Dealings:
    """Records that point at a customer: opportunities by their field `account`, or some of them."""

    related: Related
    only: FilterTree | None = None

    def rows(self) -> QuerySet[Model]:
        """Return those of the customer a query is about; an index on the pointing field serves it."""
        declared = object_type(self.related.object_key)
        query = ListQuery(object_type=declared, filter=self.only, count=False)
        return matching_records(_RULES, query).filter(Q((self.related.by, OuterRef("pk"))))

    def latest(self, at: str) -> Combinable:
        """Return the last moment (or day) that stands in field `at`; empty when there is none."""
        by = self.related.by
        found = self.rows().order_by().values(by).annotate(_latest=Max(at)).values("_latest")
        latest = Subquery(found)
        if object_type(self.related.object_key).field(at).kind.key != "date":
            return latest
        # Noon is on the same day whether or not the clock is put forward in between.
        offset = timezone.localtime().utcoffset() or timedelta()
        return Cast(latest, DateTimeField()) + Value(_NOON - offset)


def related_reason(
    key: str,
    label: str | Promise,
    dealings: Dealings,
    at: str,
    *,
    paused_by: Dealings | None = None,
    needs_one: bool = False,
) -> ReturnReason:
    """Offer a clock that starts at the last of `dealings` by its field `at`.

    Without any it starts when the owner got the customer, or with `needs_one` not at all; it never
    starts before that. As long as there is one of `paused_by` it does not run.
    """

    def since() -> Combinable:
        started = Greatest(Coalesce(dealings.latest(at), taken_over()), taken_over())
        stops: list[Any] = []
        if paused_by is not None:
            stops.append(Exists(paused_by.rows()))
        if needs_one:
            stops.append(~Exists(dealings.rows().exclude(Q((at, None)))))
        cases = [When(stop, then=Value(None)) for stop in stops]
        return Case(*cases, default=started, output_field=DateTimeField())

    return register_return_reason(
        ReturnReason(key=key, label=label, since=since, related=dealings.related)
    )


def related_exemption(key: str, label: str | Promise, dealings: Dealings) -> ReturnExemption:
    """Offer to spare customers with whom there is at least one of `dealings`."""
    return register_return_exemption(
        ReturnExemption(
            key=key,
            label=label,
            condition=lambda: Q(Exists(dealings.rows())),
            related=dealings.related,
        )
    )
