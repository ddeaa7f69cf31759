"""The records before and after one in a list, so that a person leafs through it page by page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keqiao.records.query import _order, _slice, matching_records

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.records.query import ListQuery


@dataclass(frozen=True)
class Neighbours:
    """The records before and after one in a list, and its place when that was quick to count."""

    previous: int | None
    next: int | None
    place: int | None


def neighbours(access: Access, query: ListQuery, record_id: int, *, most: int) -> Neighbours | None:
    """Return what stands beside a record in a list; None when it is not in it (any more).

    Both are sought from the record's own place in the index; the place is counted up to `most`.
    """
    object_type = query.object_type
    order = _order(access, object_type, query.sort or object_type.list.default_sort)
    one = matching_records(access, replace(query, ids=(record_id,)))
    found, _before, _after = _slice(one, order, None, 1, (object_type.title,), object_type)
    if not found:
        return None
    beside: list[list[int]] = []
    for backward, limit in ((True, most), (False, 1)):
        cursor = order.cursor(found[0], backward=backward)
        rows, _more, _less = _slice(
            matching_records(access, query), order, cursor, limit, (), object_type
        )
        beside.append([row.id for row in rows])
    before, after = beside
    place = len(before) + 1 if len(before) < most else None
    return Neighbours(before[-1] if before else None, after[0] if after else None, place)
