"""Fifty people want one customer, and one person wants more than he may: the database decides once."""

from __future__ import annotations

from functools import partial

import pytest

from keqiao.access.access import Access
from keqiao.access.directory import add_department, add_user
from keqiao.access.roles import ensure_standard_roles
from keqiao.customers.pool.claim import claim
from keqiao.customers.pool.models import Pool, PoolMove
from keqiao.customers.pool.moving import Moved
from keqiao.customers.pool.refusal import PoolRefusal
from keqiao.records.audit import verify_chain
from keqiao.records.models import ChainHead
from tests.company import TEST, make, make_all
from tests.customers.pools import make_pool, make_room, put_in, stored
from tests.records.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
CLAIMERS = 50


@pytest.fixture(autouse=True)
def chain_head() -> None:
    ChainHead.objects.get_or_create(pk=1)


def attempt(access: Access, pool: Pool, ids: list[int]) -> Moved | PoolRefusal:
    try:
        return claim(access, pool, ids, source=TEST)
    except PoolRefusal as refusal:
        return refusal


def test_of_fifty_who_claim_one_customer_exactly_one_wins() -> None:
    roles, east = ensure_standard_roles(), add_department("华东")
    people = [
        add_user(f"u{number}", f"销售{number}", None, department=east, roles=[roles["sales"]])
        for number in range(CLAIMERS)
    ]
    pool = make_pool(members=[east])
    number = make("account")
    contact = make("contact", account=number)
    put_in(pool, number)
    results = at_once([partial(attempt, Access.for_user(one), pool, [number]) for one in people])
    assert all(isinstance(one, Moved) for one in results), results
    winners = [user for user, one in zip(people, results, strict=True) if one.done]
    assert len(winners) == 1
    losers = [one.refused[number] for one in results if not one.done]
    assert len(losers) == CLAIMERS - 1
    assert all(winners[0].name in text or "不在" in text or "no longer" in text for text in losers)
    assert stored("account", number).owner_id == winners[0].pk
    assert stored("contact", contact).owner_id == winners[0].pk
    assert PoolMove.objects.filter(what="claimed").count() == 1
    assert verify_chain().sound


def test_one_person_in_ten_windows_claims_no_more_than_allowed() -> None:
    roles, east = ensure_standard_roles(), add_department("华东")
    li = add_user("li", "李销售", None, department=east, roles=[roles["sales"]])
    pool = make_pool(members=[east], claims_per_day=3)
    ids = make_all("account", [{} for _number in range(10)])
    put_in(pool, *ids)
    results = at_once([partial(attempt, Access.for_user(li), pool, [one]) for one in ids])
    assert sum(isinstance(one, Moved) for one in results) == 3, results


def test_colleagues_at_once_do_not_overfill_their_department() -> None:
    roles, east = ensure_standard_roles(), add_department("华东")
    people = [
        add_user(f"u{number}", f"销售{number}", None, department=east, roles=[roles["sales"]])
        for number in range(8)
    ]
    make_room("account", 5, is_total=True, department=east)
    pool = make_pool(members=[east])
    ids = make_all("account", [{} for _number in range(8)])
    put_in(pool, *ids)
    pairs = zip(people, ids, strict=True)
    results = at_once([partial(attempt, Access.for_user(one), pool, [pk]) for one, pk in pairs])
    assert sum(isinstance(one, Moved) for one in results) == 5, results
