"""Locks on records that a change will reach, taken before those of the changed records themselves.

Handing a customer over locks the customer, then what was made on it. Completing a task moves the dates
of its customer: if it locked the task first, the two could wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from keqiao.catalog.object_type import ObjectType

# (object type, changed records as they are, values of the drafts): lock what this will reach.
Lock = Callable[["ObjectType", Sequence["Model"], Sequence[dict[str, Any]]], None]
_locks: dict[str, Lock] = {}


def register_lock(object_key: str, lock: Lock) -> None:
    """Have `lock` called first in the transaction of every change of this type."""
    _locks[object_key] = lock


def lock_first(
    object_type: ObjectType, changed: QuerySet[Model], drafts: Sequence[dict[str, Any]] = ()
) -> None:
    """Take the locks of records above, in everybody's order. SQLite has one writer at a time."""
    lock = _locks.get(object_type.key)
    if lock is not None and connection.vendor != "sqlite":
        lock(object_type, list(changed), drafts)
