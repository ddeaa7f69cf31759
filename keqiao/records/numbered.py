"""Reads records by their numbers, and where lists begin: what most of a page's questions come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from keqiao.access.rights import Action
from keqiao.base.prepared import ask, padded
from keqiao.records.models import LIVE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

# The largest number of a record that a database can be asked for.
_LARGEST = 2**63 - 1


def numbered(
    access: Access,
    declared: ObjectType,
    values: Collection[int | str],
    columns: Collection[str] = (),
    action: Action = Action.VIEW,
    *,
    by: str = "pk",
    with_deleted: bool = False,
) -> list[Any]:
    """Return those of the records that `access` reaches: whole, or rows that name `columns`.

    `values` are their numbers, or what stands in their column `by`.
    """
    asked = [one for one in values if isinstance(one, str) or abs(one) <= _LARGEST]
    if not asked:
        return []
    names = tuple(sorted(columns))

    def found(reach: Q, wanted: Sequence[Any]) -> QuerySet[Any, Any]:
        rows = declared.model._default_manager.filter(reach, Q((f"{by}__in", wanted)))
        rows = rows if with_deleted else rows.filter(LIVE)
        return rows.values_list(*names, named=True) if names else rows

    form = access.scope_form(action, declared)
    if form is None:
        return list(found(access.scope(action, declared), asked))
    mark, own = form

    def build(marks: Sequence[Any]) -> QuerySet[Any, Any]:
        reach = access.scope_with(action, declared, marks[: len(own)])
        return found(reach, marks[len(own) :])

    key = ("numbered", declared.model, names, action, by, with_deleted, mark)
    return ask(key, [*own, *padded(asked)], build)


def beginning(
    access: Access,
    declared: ObjectType,
    columns: Collection[str],
    order: tuple[str, ...],
    limit: int,
    action: Action = Action.VIEW,
) -> list[Any]:
    """Return the first rows of all that `access` reaches: the page of a list people open most."""
    names = tuple(sorted(columns))

    def found(reach: Q) -> QuerySet[Any, Any]:
        rows = declared.model._default_manager.filter(LIVE, reach)
        return rows.order_by(*order).values_list(*names, named=True)[:limit]

    form = access.scope_form(action, declared)
    if form is None:
        return list(found(access.scope(action, declared)))
    mark, own = form

    def build(marks: Sequence[Any]) -> QuerySet[Any, Any]:
        return found(access.scope_with(action, declared, marks))

    return ask(("beginning", declared.model, names, order, limit, action, mark), own, build)
