"""What was laid aside: out of lists and search unless somebody asks for it, and whole all the time.

Nothing is deleted and no link breaks: a page, a duplicate check and a history know an archived record
as any other. One field of the record says it (`archived_at`), so lists and the API filter by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keqiao.catalog import state
from keqiao.catalog.filter import AllOf, AnyOf, Condition, Not
from keqiao.catalog.registry import object_types
from keqiao.records.models import LIVE, Followed

if TYPE_CHECKING:
    from keqiao.catalog.filter import FilterTree
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.query import ListQuery

FIELD = "archived_at"
_VERSION = "archived"


def can_be_archived(declared: ObjectType) -> bool:
    return issubclass(declared.model, Followed)


def _with_archived() -> frozenset[str]:
    return frozenset(
        declared.key
        for declared in object_types()
        if can_be_archived(declared)
        and declared.model._default_manager.filter(LIVE, archived_at__isnull=False).exists()
    )


# Types of which something is archived: all others pay nothing for the question.
archived_types = state.Remembered(lambda: (state.version(_VERSION),), _with_archived)


def archive_changed() -> None:
    """Say that something was archived or brought back; call inside the transaction that did it."""
    state.bump(_VERSION)


def hides_archived(query: ListQuery) -> bool:
    """Tell whether a list leaves out what is archived: it does unless it asks about it, or names records."""
    return (
        query.ids is None and query.object_type.key in archived_types() and not _asks(query.filter)
    )


def _asks(tree: FilterTree | None) -> bool:
    match tree:
        case Condition(path):
            return path == FIELD
        case AllOf(items) | AnyOf(items):
            return any(map(_asks, items))
        case Not(item):
            return _asks(item)
    return False


def is_archived(row: Any) -> bool:
    return getattr(row, FIELD, None) is not None
