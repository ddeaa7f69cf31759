"""Pools to test with: made the way the settings pages make them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from keqiao.access.models import Department, Role, User
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.known import pools_changed
from keqiao.customers.pool.models import Pool, PoolCapacity, PoolMember, PoolMove, PoolRule
from keqiao.customers.pool.moving import into_pool
from keqiao.records.query import records
from tests.company import SYSTEM, TEST


def make_pool(
    name: str = "华东公海",
    *,
    members: Sequence[User | Department | Role],
    administrators: Sequence[User] = (),
    key: str = "account",
    **settings: Any,
) -> Pool:
    pool = Pool.objects.create(name=name, object_key=key, **settings)
    for is_administrator, people in ((False, members), (True, administrators)):
        for one in people:
            PoolMember.objects.create(
                pool=pool,
                is_administrator=is_administrator,
                user=one if isinstance(one, User) else None,
                department=one if isinstance(one, Department) else None,
                role=one if isinstance(one, Role) else None,
            )
    pools_changed()
    return pool


def make_rule(
    pool: Pool,
    days: int,
    reason: str = "no_follow_up",
    *,
    where: dict[str, Any] | None = None,
    position: int = 0,
    on_since: date | None = None,
    is_active: bool = True,
) -> PoolRule:
    rule = PoolRule.objects.create(
        pool=pool, reason=reason, days=days, filter=where, position=position, is_active=is_active,
        on_since=on_since,
    )  # fmt: skip
    pools_changed()
    return rule


def make_room(key: str, limit: int, **whose: Any) -> PoolCapacity:
    made = PoolCapacity.objects.create(object_key=key, limit=limit, **whose)
    pools_changed()
    return made


def put_in(pool: Pool, *ids: int, reason: str = "") -> None:
    """Put records into a pool as a rule does."""
    declared = object_type(pool.object_key)
    rows = list(records(SYSTEM, declared).filter(pk__in=ids).order_by("pk"))
    moved = into_pool(
        SYSTEM, declared, pool, rows, dict.fromkeys(ids, reason), what=PoolMove.What.RETURNED,
        source=TEST,
    )  # fmt: skip
    assert sorted(moved.done) == sorted(ids), moved


def stored(key: str, number: int) -> Any:
    return records(SYSTEM, object_type(key)).get(pk=number)
