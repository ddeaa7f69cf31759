"""Two invented pools with something in them, so that a newcomer can claim at once."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from django.db import transaction

from keqiao.access.access import Access
from keqiao.access.models import Department, Role, User
from keqiao.base.clock import now, today
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.claim import claim
from keqiao.customers.pool.due import RULES, owned
from keqiao.customers.pool.known import pools_changed
from keqiao.customers.pool.models import Pool, PoolCapacity, PoolMember, PoolMove, PoolRule
from keqiao.customers.pool.moving import into_pool
from keqiao.records.drafts import DEMO
from keqiao.records.query import records

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from keqiao.catalog.object_type import ObjectType

REASONS = ("联系不上", "暂无需求", "预算不足", "已选竞品", "非目标客户")
ACCOUNTS, LEADS, CLAIMED = 36, 24, 4
ROOM = 10


def load_pools(owners: dict[str, int]) -> dict[str, int]:
    """Make the pools once; return how many records were put into them."""
    if Pool.objects.exists():
        return {"pooled": 0}
    rng = Random(5)  # noqa: S311 - invented records, no secret
    with transaction.atomic():
        east = Department.objects.get(name="华东大区")
        accounts = _account_pool(east, owners)
        leads = _lead_pool(owners)
        pools_changed()
    mine = owned(object_type("account")).filter(team__path__startswith=east.path)
    pooled = _fill(accounts, mine.exclude(level="A"), ACCOUNTS, rng)
    pooled += _fill(leads, owned(object_type("lead")).filter(state="new"), LEADS, rng)
    _claim_some(accounts, owners.get("li"))
    return {"pooled": pooled}


def _account_pool(east: Department, owners: dict[str, int]) -> Pool:
    pool = Pool.objects.create(
        name="华东公海",
        object_key="account",
        hidden_fields=["phone", "more_phones", "email"],
        claims_per_day=10,
        claims_per_week=30,
        cooldown_days=7,
        views_per_day=30,
        reveals_on_open=True,
        reasons=list(REASONS),
        needs_reason=True,
    )
    PoolMember.objects.create(pool=pool, department=east)
    _run_by(pool, owners.get("wang"))
    PoolRule.objects.create(
        pool=pool, reason="not_begun", days=5, is_active=True, on_since=today() - timedelta(days=30)
    )
    small = {"all": [{"field": "level", "operator": "any_of", "value": ["C", "D"]}]}
    PoolRule.objects.create(pool=pool, reason="no_follow_up", days=90, filter=small, position=1)
    held = owned(object_type("account")).filter(owner_id=owners.get("li")).count()
    # Nearly full, so that the head of the pool shows what capacity is.
    PoolCapacity.objects.create(object_key="account", limit=(held // ROOM + 1) * ROOM + 10)
    return pool


def _lead_pool(owners: dict[str, int]) -> Pool:
    pool = Pool.objects.create(
        name="线索公海", object_key="lead", position=1, claims_per_day=20, reasons=list(REASONS)
    )
    PoolMember.objects.create(pool=pool, role=Role.objects.get(key="sales"))
    _run_by(pool, owners.get("wang"))
    PoolRule.objects.create(pool=pool, reason="not_converted", days=60)
    return pool


def _run_by(pool: Pool, user_id: int | None) -> None:
    if user_id:
        PoolMember.objects.create(pool=pool, user_id=user_id, is_administrator=True)


def _fill(pool: Pool, rows: QuerySet[Model], count: int, rng: Random) -> int:
    """Put some records into the pool, as if over the last weeks."""
    declared: ObjectType = object_type(pool.object_key)
    with transaction.atomic():
        chosen = list(rows.order_by("-pk")[: count * 3 : 3])
        done = 0
        for row in chosen:
            at = now() - timedelta(days=rng.randrange(2, 40), minutes=rng.randrange(600))
            reasons = {row.pk: rng.choice(REASONS)}
            what = PoolMove.What.RELEASED
            moved = into_pool(RULES, declared, pool, [row], reasons, what=what, source=DEMO, at=at)
            done += len(moved.done)
    return done


def _claim_some(pool: Pool, user_id: int | None) -> None:
    """Let one seller have claimed a few that wait for a first follow-up."""
    user = User.objects.filter(pk=user_id or 0).first()
    if user is None:
        return
    declared = object_type(pool.object_key)
    inside = records(RULES, declared).filter(pool_id=pool.pk).exclude(previous_owner_id=user.pk)
    ids = list(inside.order_by("pk").values_list("pk", flat=True)[:CLAIMED])
    if ids:
        claim(Access.for_user(user), pool, ids, source=DEMO)
