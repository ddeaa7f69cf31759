"""Rules of return: what goes back when, what is spared, who is warned, and what a rule would do."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db.models import Q

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.customers.pool import reasons
from keqiao.customers.pool.claim import claim
from keqiao.customers.pool.known import pools_changed
from keqiao.customers.pool.models import PoolMove, PoolRule, ReturnWarning
from keqiao.customers.pool.reasons import ReturnExemption, register_return_exemption
from keqiao.customers.pool.release import set_lock
from keqiao.customers.pool.returning import note_returns, return_to_pools
from keqiao.customers.pool.simulation import simulate
from keqiao.notifications.models import Notice
from keqiao.records.derived import write_derived
from keqiao.records.query import ListQuery, run_list
from tests.company import TEST, Company, make, make_all, save_one
from tests.customers.pools import make_pool, make_rule, put_in, stored

ACCOUNT = object_type("account")
SHANGHAI = ZoneInfo("Asia/Shanghai")
START = date(2026, 11, 2)


def at(day: int, hour: int = 10, minute: int = 0, start: date = START) -> time_machine.travel:
    """Be at an hour of the n-th day after the start."""
    moment = datetime(start.year, start.month, start.day, hour, minute, tzinfo=SHANGHAI)
    return time_machine.travel(moment + timedelta(days=day), tick=False)


def night(day: int, start: date = START) -> dict[str, int]:
    """Do the night's work at the first hour of the n-th day."""
    with at(day, 0, 30, start):
        return return_to_pools.call()


def follow_up(key: str, number: int) -> None:
    """What the activities package does when somebody logs a follow-up."""
    write_derived(object_type(key), {number: {"last_activity_at": now()}})


def level(value: str) -> dict[str, Any]:
    return {"field": "level", "operator": "equals", "value": value}


def returned(*ids: int, key: str = "account") -> list[int]:
    return [pk for pk in ids if stored(key, pk).pool_id is not None]


def test_after_n_whole_days_without_follow_up_it_lies_in_the_pool(company: Company) -> None:
    pool = make_pool(members=[company.east])
    make_rule(pool, 7)
    with at(0, 18):
        number = make("account", owner=company.li)
        contact = make("contact", owner=company.li, account=number)
        foreign = make("account", owner=company.zhou, seed=2)
    assert stored("account", number).returns_on == START + timedelta(days=8)
    assert night(7)["return"] == 0
    assert night(8)["return"] == 1
    row = stored("account", number)
    assert (row.pool_id, row.previous_owner_id) == (pool.pk, company.li.pk)
    assert "7" in row.pool_reason and row.returns_on is None
    assert stored("contact", contact).owner_id is None
    assert stored("account", foreign).owner_id == company.zhou.pk, "not a member of the pool"
    assert night(8)["return"] == 0, "the second run of a night finds nothing to do"
    assert PoolMove.objects.get(what="returned").from_id == company.li.pk


def test_a_follow_up_resets_the_clock_and_a_hand_over_does_not(company: Company) -> None:
    make_rule(make_pool(members=[company.east]), 7)
    with at(0):
        followed, handed = (
            make("account", owner=company.li),
            make("account", owner=company.li, seed=2),
        )
    with at(6):
        follow_up("account", followed)
        save_one(
            Access.for_user(company.wang), "account", {"owner": company.wang.pk}, record_id=handed
        )
    assert stored("account", followed).returns_on == START + timedelta(days=14)
    assert stored("account", handed).returns_on == START + timedelta(days=8)
    night(8)
    assert returned(followed, handed) == [handed]
    assert stored("account", handed).previous_owner_id == company.wang.pk
    night(14)
    assert returned(followed) == [followed]


def test_a_claim_starts_the_clock_anew_however_old_the_last_follow_up(company: Company) -> None:
    pool = make_pool(members=[company.east])
    make_rule(pool, 5)
    with at(0):
        number = make("account", owner=company.li)
        follow_up("account", number)
    night(30)
    assert returned(number) == [number]
    with at(30):
        assert claim(Access.for_user(company.wang), pool, [number], source=TEST).done
    assert stored("account", number).returns_on == START + timedelta(days=36)
    night(35)
    assert returned(number) == []
    night(36)
    assert returned(number) == [number]


def test_the_first_rule_that_fits_decides_for_its_reason(company: Company) -> None:
    pool = make_pool(members=[company.east])
    make_rule(pool, 60, where=level("A"), position=0)
    make_rule(pool, 30, where=level("B"), position=1)
    make_rule(pool, 10, position=2)
    with at(0):
        a, b, c = make_all("account", [{"level": one} for one in "ABC"], owner=company.li)
    night(11)
    assert returned(a, b, c) == [c]
    night(31)
    assert returned(a, b, c) == [b, c]
    with at(40):
        save_one(Access.for_user(company.li), "account", {"level": "B"}, record_id=a)
    assert stored("account", a).returns_on == START + timedelta(days=31)
    night(41)
    assert returned(a) == [a]


def test_claimed_but_never_begun(company: Company) -> None:
    pool = make_pool(members=[company.east])
    make_rule(pool, 3, "not_begun")
    with at(0):
        idle, busy, own = make_all("account", [{}, {}, {}], owner=company.li)
        put_in(pool, idle, busy)
        claim(Access.for_user(company.wang), pool, [idle, busy], source=TEST)
    with at(2):
        follow_up("account", busy)
    night(4)
    assert returned(idle, busy, own) == [idle]
    night(90)
    assert returned(idle, busy, own) == [idle]


def test_leads_that_are_not_converted(company: Company) -> None:
    pool = make_pool("线索公海", members=[company.east], key="lead")
    make_rule(pool, 30, "not_converted")
    with at(0):
        number = make("lead", owner=company.li)
        account = make("account", owner=company.li)
    with at(20):
        follow_up("lead", number)
    night(31)
    assert returned(number, key="lead") == [number]
    assert returned(account) == []
    assert reasons.return_reasons(ACCOUNT) != reasons.return_reasons(object_type("lead"))


def test_what_is_spared(company: Company) -> None:
    pool = make_pool(
        members=[company.east], administrators=[company.wang], exempt_filter=level("A"),
        exemptions=["has_deal"],
    )  # fmt: skip
    make_rule(pool, 5)
    with at(0):
        key, locked, deal, plain = make_all(
            "account",
            [
                {"level": "A"},
                {"level": "C"},
                {"level": "C", "name": "谈判中的客户"},
                {"level": "C"},
            ],
            owner=company.li,
        )
        set_lock(Access.for_user(company.wang), ACCOUNT, [locked], locked=True, source=TEST)
    # As a package above would: an open opportunity spares a customer.
    register_return_exemption(
        ReturnExemption(
            key="has_deal", label="有进行中的商机", condition=lambda: Q(name="谈判中的客户")
        )
    )
    try:
        night(6)
        assert returned(key, locked, deal, plain) == [plain]
        with at(6):
            set_lock(Access.for_user(company.wang), ACCOUNT, [locked], locked=False, source=TEST)
        night(7)
        assert returned(key, locked, deal) == [locked]
    finally:
        reasons._exemptions.pop("has_deal")


def test_the_owner_is_warned_once_and_in_time(company: Company) -> None:
    pool = make_pool(members=[company.east], warn_days=3)
    make_rule(pool, 10)
    with at(0):
        number = make("account", owner=company.li, name="苏州博远精密机械有限公司")
    for day in range(1, 8):
        night(day)
    assert not Notice.objects.filter(kind="pool_warning").exists()
    night(8)
    night(8)
    night(9)
    notice = Notice.objects.get(kind="pool_warning")
    assert (notice.user_id, notice.record_id) == (company.li.pk, number)
    assert notice.words["title"]["day"] == (START + timedelta(days=11)).isoformat()
    with at(9):
        follow_up("account", number)
    for day in range(10, 20):
        night(day)
    assert Notice.objects.filter(kind="pool_warning").count() == 2, "the next round warns again"
    night(20)
    gone = Notice.objects.get(kind="pool_returned")
    assert gone.user_id == company.li.pk and gone.url == f"/pool/{pool.pk}/{number}/"


def test_many_warnings_of_one_night_are_one_notice(company: Company) -> None:
    make_rule(make_pool(members=[company.east]), 10)
    with at(0):
        make_all("account", [{} for _number in range(12)], owner=company.li)
    night(8)
    notice = Notice.objects.get(kind="pool_warning")
    assert notice.words["title"]["count"] == 12 and notice.url == "/pool/forecast/"
    assert ReturnWarning.objects.count() == 12
    night(11)
    assert Notice.objects.filter(kind="pool_returned").count() == 1


def test_a_rule_switched_on_leaves_time_for_the_warning(company: Company) -> None:
    pool = make_pool(members=[company.east], warn_days=3)
    with at(0):
        number = make("account", owner=company.li)
    make_rule(pool, 5, on_since=START + timedelta(days=100))
    note_returns.call("account")
    assert stored("account", number).returns_on == START + timedelta(days=104)
    assert night(101) == {"note": 0, "warn": 1, "return": 0}
    assert night(103)["return"] == 0
    assert night(104)["return"] == 1


def test_switched_off_rules_return_nothing_and_note_nothing(company: Company) -> None:
    pool = make_pool(members=[company.east])
    rule = make_rule(pool, 5)
    with at(0):
        number = make("account", owner=company.li)
    assert stored("account", number).returns_on
    PoolRule.objects.filter(pk=rule.pk).update(is_active=False)
    pools_changed()
    assert night(50)["return"] == 0
    assert stored("account", number).returns_on is None


def test_a_broken_filter_returns_too_little_rather_than_too_much(company: Company) -> None:
    pool = make_pool(members=[company.east])
    make_rule(pool, 90, where={"field": "x_gone", "operator": "equals", "value": "1"}, position=0)
    make_rule(pool, 5, position=1)
    with at(0):
        number = make("account", owner=company.li)
    night(30)
    assert returned(number) == []


def test_the_clock_at_the_change_of_year(company: Company) -> None:
    make_rule(make_pool(members=[company.east]), 2)
    with time_machine.travel(datetime(2026, 12, 30, 23, 59, tzinfo=SHANGHAI), tick=False):
        late = make("account", owner=company.li)
    with time_machine.travel(datetime(2026, 12, 31, 0, 1, tzinfo=SHANGHAI), tick=False):
        later = make("account", owner=company.li, seed=2)
    assert stored("account", late).returns_on == date(2027, 1, 2)
    assert stored("account", later).returns_on == date(2027, 1, 3)
    night(0, start=date(2027, 1, 2))
    assert returned(late, later) == [late]


def test_a_night_that_was_missed_is_made_up_for(company: Company) -> None:
    make_rule(make_pool(members=[company.east]), 5)
    with at(0):
        ids = make_all("account", [{} for _number in range(5)], owner=company.li)
    assert night(60)["return"] == 5
    assert returned(*ids) == ids


def test_a_broken_off_night_is_taken_up_where_it_ended(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keqiao.customers.pool import returning

    kept: dict[str, Any] = {}
    monkeypatch.setattr(returning, "AT_ONCE", 4)
    monkeypatch.setattr(returning, "resume_state", lambda: dict(kept))
    monkeypatch.setattr(returning, "save_state", kept.update)

    class Stop(Exception):
        pass

    def interrupt(_done: int, _total: int, _note: str = "") -> None:
        if kept["return"] >= 4:
            raise Stop

    make_rule(make_pool(members=[company.east]), 5)
    with at(0):
        ids = make_all("account", [{} for _number in range(10)], owner=company.li)
    monkeypatch.setattr(returning, "progress", interrupt)
    with pytest.raises(Stop):
        night(6)
    assert returned(*ids) == ids[:4]
    monkeypatch.setattr(returning, "progress", lambda *_args: None)
    assert night(6)["return"] == 10
    assert returned(*ids) == ids
    assert PoolMove.objects.filter(what="returned").count() == 10


# --- before it is switched on -------------------------------------------------------------------------


def test_a_simulation_says_what_would_return(company: Company) -> None:
    pool = make_pool(members=[company.east])
    with at(0):
        old = make_all("account", [{"level": "C"}] * 3, owner=company.li)
        make("account", owner=company.wang, level="C", seed=40)
        make("account", owner=company.li, level="A", seed=41)
        make("account", owner=company.zhou, level="C", seed=42)
    with at(28):
        recent = make_all("account", [{"level": "C"}] * 6, owner=company.li, seed=60)
    rule = make_rule(pool, 30, where=level("C"), is_active=False)
    with at(31):
        found = simulate(Access.for_user(company.li), ACCOUNT, rule)
    assert (found.now, found.in_seven_days, found.in_thirty_days) == (4, 4, 10)
    assert found.total == 11
    assert found.by_person == [("李销售", 3), ("王经理", 1)]
    assert found.sample[0].title == stored("account", old[0]).name
    assert any(one.title.startswith("#") for one in found.sample), "names out of reach are not told"
    assert returned(*old, *recent) == []
    PoolRule.objects.filter(pk=rule.pk).update(is_active=True)
    pools_changed()
    assert night(31)["return"] == found.now


def test_a_simulation_counts_only_what_this_rule_decides(company: Company) -> None:
    pool = make_pool(members=[company.east], exempt_filter=level("D"))
    make_rule(pool, 90, where=level("A"), position=0)
    with at(0):
        make_all("account", [{"level": one} for one in "ABCD"], owner=company.li)
    rule = make_rule(pool, 10, position=1, is_active=False)
    with at(20):
        assert simulate(Access.for_user(company.qian), ACCOUNT, rule).now == 2
    last = make_rule(pool, 1, position=2, is_active=False)
    PoolRule.objects.filter(pk=rule.pk).update(is_active=True)
    pools_changed()
    with at(20):
        assert simulate(Access.for_user(company.qian), ACCOUNT, last).now == 0


@pytest.mark.parametrize(("owned", "old", "drastic"), [(10, 2, False), (10, 3, True)])
def test_a_rule_that_returns_much_asks_for_the_count(
    owned: int, old: int, drastic: bool, company: Company
) -> None:
    pool = make_pool(members=[company.east])
    with at(0):
        make_all("account", [{}] * old, owner=company.li)
    with at(100):
        make_all("account", [{}] * (owned - old), owner=company.li, seed=90)
        rule = make_rule(pool, 60, is_active=False)
        assert simulate(Access.for_user(company.qian), ACCOUNT, rule).is_drastic is drastic


def test_what_returns_is_a_column_like_any_other(company: Company) -> None:
    make_rule(make_pool(members=[company.east]), 10)
    with at(0):
        first = make("account", owner=company.li)
    with at(1):
        second = make("account", owner=company.li, seed=2)
    with at(9):
        page = run_list(
            Access.for_user(User.objects.get(pk=company.li.pk)),
            ListQuery(object_type=ACCOUNT, columns=("returns_on",), sort="returns_on"),
        )
    assert [row.id for row in page.rows] == [first, second]
    assert page.rows[0].cells["returns_on"].value == START + timedelta(days=11)
