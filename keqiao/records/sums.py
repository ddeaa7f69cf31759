"""What the records of a list come to in money, when that is known quickly enough for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Sum

from keqiao.catalog.field import Column
from keqiao.records.counting import BUDGET_MS, TooSlow, time_limit
from keqiao.records.query import matching_records, require_readable

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.records.query import ListQuery


def sum_of(access: Access, query: ListQuery, own: Field) -> int | None:
    """Return the sum of a column over a list; None when it is no column or takes too long.

    A field this person may not read in full is refused like a condition on it: a sum would tell it.
    """
    require_readable(access, query.object_type, own, own.name)
    if not isinstance(own.storage, Column):
        return None
    try:
        with time_limit(BUDGET_MS):
            rows = matching_records(access, query)
            return rows.aggregate(total=Sum(own.storage.name))["total"] or 0
    except TooSlow:
        return None
