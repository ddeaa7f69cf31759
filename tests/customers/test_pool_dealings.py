"""Rules of return that ask for deals and contracts: they start, stop, end and exist with them.

Contacts stand for deals here: whose role is "influences" is open, "decides" was won, and the birthday is the
day on which a contract ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import timezone

from keqiao.access.access import Access
from keqiao.catalog.filter import Condition
from keqiao.catalog.object_type import Related
from keqiao.catalog.registry import object_type
from keqiao.customers.pool import reasons
from keqiao.customers.pool.dealings import Dealings, related_exemption, related_reason
from keqiao.customers.pool.simulation import simulate
from keqiao.records.removal import delete_records
from tests.company import SYSTEM, TEST, Company, make, save_one
from tests.customers.pools import make_pool, make_rule, stored
from tests.customers.test_pool_rules import at, night, returned

ACCOUNT = object_type("account")
DEAL = Related("contact", by="account")
OPEN = Dealings(DEAL, Condition("role", "equals", "influences"))
WON = Dealings(DEAL, Condition("role", "equals", "decides"))
UNKNOWN = Dealings(Related("no_such_object", by="account"))


@pytest.fixture(autouse=True)
def dealings() -> Iterator[None]:
    """Offer what a package of deals offers, and take it back."""
    kept = dict(reasons._reasons), dict(reasons._exemptions)
    related_reason("no_deal", "%(days)s 天无新商机", Dealings(DEAL), "created_at")
    related_reason("no_open", "%(days)s 天无进行中商机", WON, "created_at", paused_by=OPEN)
    related_reason("ended", "合同到期 %(days)s 天", Dealings(DEAL), "birthday", needs_one=True)
    related_exemption("open", "有进行中的商机", OPEN)
    related_reason("later", "以后才有", UNKNOWN, "created_at")
    related_exemption("later", "以后才有", UNKNOWN)
    yield
    for store, before in zip((reasons._reasons, reasons._exemptions), kept, strict=True):
        store.clear()
        store.update(before)


def deal(company: Company, account: int, role: str = "uses", ends: str | None = None) -> int:
    return make("contact", owner=company.li, account=account, role=role, birthday=ends)


def returns_on(number: int) -> date | None:
    return stored("account", number).returns_on  # type: ignore[no-any-return]


def test_a_new_deal_sets_the_clock_back_at_once_and_a_deleted_one_does_not(
    company: Company,
) -> None:
    make_rule(make_pool(members=[company.east]), 30, "no_deal")
    with at(0):
        number, without = (
            make("account", owner=company.li),
            make("account", owner=company.li, seed=2),
        )
    assert returns_on(number) == date(2026, 12, 3)
    with at(20):
        made = deal(company, number)
    assert returns_on(number) == date(2026, 12, 23)
    with at(21):
        delete_records(SYSTEM, object_type("contact"), [made], source=TEST)
    assert returns_on(number) == date(2026, 12, 3)
    with at(22):
        deal(company, number)
    night(31)
    assert returned(number, without) == [without]


def test_an_open_deal_stops_the_clock_until_it_ends(company: Company) -> None:
    make_rule(make_pool(members=[company.east]), 10, "no_open")
    with at(0):
        number = make("account", owner=company.li)
    with at(5):
        running = deal(company, number, "influences")
    night(40)
    assert (returned(number), returns_on(number)) == ([], None)
    with at(41):
        save_one(SYSTEM, "contact", {"role": "decides"}, record_id=running)
    assert returns_on(number) is not None
    night(42)
    assert returned(number) == [number]


def test_a_deal_that_moves_to_another_customer_counts_there_alone(company: Company) -> None:
    make_rule(make_pool(members=[company.east]), 10, "no_open")
    with at(0):
        first, second = make("account", owner=company.li), make("account", owner=company.li, seed=2)
        moving = deal(company, first, "influences")
    assert (returns_on(first), returns_on(second)) == (None, date(2026, 11, 13))
    with at(1):
        save_one(SYSTEM, "contact", {"account": second}, record_id=moving)
    assert (returns_on(first), returns_on(second)) == (date(2026, 11, 13), None)


def test_the_end_of_the_last_contract_counts_and_without_one_nothing_does(
    company: Company,
) -> None:
    make_rule(make_pool(members=[company.east]), 60, "ended")
    with at(0):
        ended, running, never = (make("account", owner=company.li, seed=seed) for seed in (1, 2, 3))
        deal(company, ended, ends="2026-10-31")
        deal(company, running, ends="2026-10-31")
        deal(company, running, ends="2027-03-31")
        deal(company, never, ends=None)
    # Not before the owner has had it for as long: the contract ended before he got it.
    assert returns_on(ended) == date(2027, 1, 2)
    assert returns_on(running) == date(2027, 5, 31)
    assert returns_on(never) is None


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_the_day_a_contract_ends_is_the_same_everywhere(zone: str, company: Company) -> None:
    make_rule(make_pool(members=[company.east]), 60, "ended")
    with at(0), timezone.override(zone):
        number = make("account", owner=company.li)
        deal(company, number, ends="2027-03-31")
    assert returns_on(number) == date(2027, 5, 31)


def test_an_open_deal_spares_a_customer_where_the_pool_says_so(company: Company) -> None:
    make_rule(make_pool(members=[company.east], exemptions=["open"]), 10)
    with at(0):
        spared, other = make("account", owner=company.li), make("account", owner=company.li, seed=2)
        deal(company, spared, "influences")
        deal(company, other, "decides")
    night(11)
    assert returned(spared, other) == [other]


def test_it_is_tried_out_like_any_other_rule(company: Company) -> None:
    pool = make_pool(members=[company.east])
    with at(0):
        for seed in range(3):
            number = make("account", owner=company.li, seed=seed)
            deal(company, number, ends="2026-12-31" if seed else "2026-11-01")
    for reason, expected in (("no_deal", 3), ("no_open", 3), ("ended", 1)):
        rule = make_rule(pool, 10, reason, is_active=False)
        with at(20):
            assert simulate(Access.for_user(company.qian), ACCOUNT, rule).now == expected, reason


def test_what_needs_an_object_is_offered_once_there_is_one(company: Company) -> None:
    keys = {one.key for one in reasons.return_reasons(ACCOUNT)}
    assert {"no_deal", "no_open", "ended"} <= keys
    assert "later" not in keys
    assert "later" not in {one.key for one in reasons.return_exemptions(ACCOUNT)}
    assert not keys & {one.key for one in reasons.return_reasons(object_type("lead"))} - {
        "no_follow_up", "not_begun",
    }  # fmt: skip
    make_rule(make_pool(members=[company.east]), 1, "later")
    with at(0):
        number = make("account", owner=company.li)
    night(30)
    assert returned(number) == []
