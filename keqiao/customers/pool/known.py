"""The pools in force as this process knows them: who is a member, whose home a pool is, its rules."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from keqiao.access.access import Lens
from keqiao.access.matrix import matrix
from keqiao.access.rights import Action, Level
from keqiao.catalog import state
from keqiao.customers.pool.models import Pool, PoolCapacity, PoolMember, PoolRule
from keqiao.customers.pool.pooled import can_be_pooled, pool_term

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

POOL = "pool"  # the version that changes with every change of a pool


@dataclass(frozen=True)
class Known:
    """All pools with their members and rules, as of one version of the settings and of the people."""

    pools: dict[int, Pool]
    members: dict[int, frozenset[int]]
    administrators: dict[int, frozenset[int]]
    rules: dict[int, list[PoolRule]]  # active ones, by pool
    capacities: dict[str, list[PoolCapacity]]  # by object type
    homes: dict[str, dict[int, int]]  # type -> person -> pool


def pools_changed() -> None:
    """Say that a pool was changed; call inside the transaction that changes it."""
    state.bump(POOL)


def _load() -> Known:
    pools = {pool.pk: pool for pool in Pool.objects.all()}
    members: dict[int, set[int]] = defaultdict(set)
    administrators: dict[int, set[int]] = defaultdict(set)
    for line in PoolMember.objects.all():
        chosen = administrators if line.is_administrator else members
        chosen[line.pool_id] |= matrix().people_of(
            users=[line.user_id] if line.user_id else (),
            departments=[line.department_id] if line.department_id else (),
            roles=[line.role_id] if line.role_id else (),
        )
    rules: dict[int, list[PoolRule]] = defaultdict(list)
    for rule in PoolRule.objects.filter(is_active=True):
        rules[rule.pool_id].append(rule)
    capacities: dict[str, list[PoolCapacity]] = defaultdict(list)
    for one in PoolCapacity.objects.order_by("pk"):
        capacities[one.object_key].append(one)
    homes: dict[str, dict[int, int]] = defaultdict(dict)
    for pool in pools.values():
        for person in members[pool.pk] if pool.is_active else ():
            homes[pool.object_key].setdefault(person, pool.pk)
    return Known(
        pools,
        {key: frozenset(ids) for key, ids in members.items()},
        {key: frozenset(ids) for key, ids in administrators.items()},
        dict(rules),
        dict(capacities),
        dict(homes),
    )


known = state.Remembered(lambda: (state.version(POOL), matrix().version), _load)
"""Return what holds now; reads the database only after a change."""


# --- who may look into a pool --------------------------------------------------------------------


def is_administrator(access: Access, pool: Pool) -> bool:
    """Tell whether this person runs the pool: sees hidden fields, assigns, locks, sets it up."""
    if access.is_administrator:
        return True
    return access.user_id in known().administrators.get(pool.pk, ())


def is_member(access: Access, pool: Pool) -> bool:
    return access.user_id in known().members.get(pool.pk, ()) or is_administrator(access, pool)


def may_hold(access: Access, declared: ObjectType) -> bool:
    """Tell whether records of this type can be this person's own, to look at and to work on."""
    levels = (access.level(action, declared) for action in (Action.VIEW, Action.CHANGE))
    return all(level.rank >= Level.OWN.rank for level in levels)


def pools_of(access: Access, declared: ObjectType | None = None) -> list[Pool]:
    """Return the pools this person may look into, in order."""
    return [
        pool
        for pool in known().pools.values()
        if (declared is None or pool.object_key == declared.key)
        and (pool.is_active or is_administrator(access, pool))
        and is_member(access, pool)
        and _may_look(access, pool)
    ]


def _may_look(access: Access, pool: Pool) -> bool:
    from keqiao.catalog.problems import UnknownObject
    from keqiao.catalog.registry import object_type

    try:
        declared = object_type(pool.object_key)
    except UnknownObject:
        return False
    return can_be_pooled(declared) and access.can(Action.VIEW, declared)


def lens_of(access: Access, pool: Pool, *, open_fields: bool = False) -> Access:
    """Return this person looking into the pool: its records only, hidden fields masked.

    Whoever runs the pool sees its hidden fields, as does a member who has opened a record of a
    pool that shows them then (`open_fields`).
    """
    hidden = frozenset(pool.hidden_fields)
    if open_fields or is_administrator(access, pool):
        hidden = frozenset()
    return access.through(
        Lens(pool.object_key, Q(pool_id=pool.pk), hidden, terms=(pool_term(pool.pk),))
    )


def home_pool(declared: ObjectType, person: int | None) -> Pool | None:
    """Return the pool into which this person's records of a type return; None: into none."""
    found = known()
    number = found.homes.get(declared.key, {}).get(person or 0)
    return found.pools.get(number or 0)
