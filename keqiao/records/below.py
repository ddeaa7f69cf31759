"""The records that hang on one record: the newest few, and how many they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from keqiao.access.rights import Action
from keqiao.base.prepared import ask
from keqiao.catalog.filter import Condition
from keqiao.records.counting import capped_count
from keqiao.records.models import LIVE
from keqiao.records.present import columns_needed, present
from keqiao.records.query import ListQuery, Page, run_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

ORDER = "-updated_at"


def records_below(
    access: Access, target: ObjectType, by: str, record_id: int, columns: Sequence[str], limit: int
) -> Page:
    """Return the list of `target` whose link `by` is this record, which `access` has just read.

    It is what `run_list` gives, without working out the same question for every record anew.
    """
    own = target.builtin_fields.get(by)
    query = ListQuery(
        object_type=target,
        columns=tuple(columns),
        filter=Condition(by, "equals", record_id),
        limit=limit,
    )
    form = access.scope_form(Action.VIEW, target)
    is_plain = own is not None and own.kind.key == "reference"
    if form is None or not is_plain or target.list.default_sort != ORDER:
        return run_list(access, query)
    names = tuple(sorted(columns_needed(target, columns)))
    mark, numbers = form

    def build(marks: Sequence[Any]) -> QuerySet[Any, Any]:
        reach = access.scope_with(Action.VIEW, target, marks[1:])
        found = target.model._default_manager.filter(LIVE, reach)
        found = found.filter(Q((own.storage.name, marks[0])))  # type: ignore[union-attr]
        return found.order_by(ORDER, "-pk").values_list(*names, named=True)[: limit + 1]

    rows = ask(("below", target.model, by, names, limit, mark), [record_id, *numbers], build)
    page = Page(present(access, target, rows[:limit], columns), count=len(rows))
    if len(rows) > limit:
        page.count, page.count_capped = capped_count(access, query, known=None)
    return page
