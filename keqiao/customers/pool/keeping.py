"""Part of every save: whoever gets an owner leaves the pool, and nobody gets more than there is room for."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from keqiao.customers.pool.known import known
from keqiao.customers.pool.limits import check_room, lock_person
from keqiao.customers.pool.moving import left_pool
from keqiao.customers.pool.pooled import can_be_pooled
from keqiao.customers.pool.refusal import PoolRefusal
from keqiao.records.checking import register_gate
from keqiao.records.drafts import Problem, Rejected

if TYPE_CHECKING:
    from keqiao.records.batch import Batch, Item


def register() -> None:
    register_gate(_keep)


def _keep(batch: Batch) -> None:
    if not can_be_pooled(batch.object_type):
        return
    for item in batch.open_items():
        _leave_pool(batch, item)
    if not batch.access.is_system and known().capacities.get(batch.object_type.key):
        _keep_room(batch)


def _leave_pool(batch: Batch, item: Item) -> None:
    """Whoever sees everything may transfer a pooled record as any other; it is out of the pool then."""
    if item.creating or "pool_id" in item.columns or not item.stored.pool_id:  # type: ignore[attr-defined]
        return
    if item.values.get("owner") or item.values.get("team"):
        for name, value in left_pool().items():
            (item.values if name in batch.fields else item.columns)[name] = value


def _keep_room(batch: Batch) -> None:
    gained: dict[int, list[Item]] = defaultdict(list)
    for item in batch.open_items():
        owner = item.values.get("owner")
        before = None if item.creating else item.stored.owner_id  # type: ignore[attr-defined]
        if owner and owner != before:
            gained[owner].append(item)
    for owner in sorted(gained):
        if not batch.dry_run:
            lock_person(owner)
        _fit(batch, owner, gained[owner])


def _fit(batch: Batch, owner: int, items: list[Item]) -> None:
    """Let as many through as there is room for, in order; the others hear why."""
    declared, own = batch.object_type, owner == batch.access.user_id
    left = len(items)
    while left:
        try:
            check_room(declared, owner, left, own=own)
            break
        except PoolRefusal as refusal:
            left -= 1
            problem = Problem("owner", refusal.message, refusal.code)
            items[left].outcome = Rejected([problem])
