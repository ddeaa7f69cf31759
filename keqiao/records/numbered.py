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
    if not values:
        return []
    names = tuple(sorted(columns))

    def build(marks: Sequence[Any]) -> QuerySet[Any, Any]:
        found = declared.model._default_manager.filter(access.scope(action, declared))
        found = found.filter(Q((f"{by}__in", marks)))
        found = found if with_deleted else found.filter(LIVE)
        return found.values_list(*names, named=True) if names else found

    mark = access.scope_mark(action, declared)
    if mark is None:
        return list(build(list(values)))
    key = ("numbered", declared.model, names, action, by, with_deleted, mark)
    return ask(key, padded(values), build)


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

    def build(_marks: Sequence[Any]) -> QuerySet[Any, Any]:
        found = declared.model._default_manager.filter(LIVE, access.scope(action, declared))
        return found.order_by(*order).values_list(*names, named=True)[:limit]

    mark = access.scope_mark(action, declared)
    if mark is None:
        return list(build(()))
    return ask(("beginning", declared.model, names, order, limit, action, mark), (), build)
