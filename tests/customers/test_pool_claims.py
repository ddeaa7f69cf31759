"""Claiming from the pool and giving back: who may, how much, and what goes along."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from keqiao.access.access import Access
from keqiao.access.directory import deactivate, share_record
from keqiao.access.models import Collaborator
from keqiao.access.rights import Action, Level
from keqiao.access.roles import set_right
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.claim import assign, claim
from keqiao.customers.pool.limits import note_view, own_room, views_left
from keqiao.customers.pool.models import PoolMove
from keqiao.customers.pool.refusal import PoolRefusal
from keqiao.customers.pool.release import move, pools_to_release_into, release, set_lock
from keqiao.records.models import ChangeEntry
from keqiao.records.query import records
from keqiao.records.save import Rejected, Saved
from tests.company import TEST, Company, make, make_all, save_one
from tests.customers.pools import make_pool, make_room, put_in, stored

ACCOUNT = object_type("account")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def as_user(user: object) -> Access:
    return Access.for_user(user)  # type: ignore[arg-type]


def refused(call: object, *args: object, **more: object) -> PoolRefusal:
    with pytest.raises(PoolRefusal) as found:
        call(*args, **more)  # type: ignore[operator]
    assert str(found.value.message).endswith(("。", ".", "）")), found.value.message
    return found.value


def test_a_claimed_customer_is_ones_own_with_its_contacts(company: Company) -> None:
    pool = make_pool(members=[company.east])
    number = make("account", owner=company.zhou)
    contact = make("contact", owner=company.zhou, account=number)
    put_in(pool, number)
    assert stored("contact", contact).owner_id is None
    moved = claim(as_user(company.li), pool, [number], source=TEST)
    assert (moved.done, moved.refused) == ([number], {})
    row = stored("account", number)
    assert (row.owner_id, row.team_id) == (company.li.pk, company.east.pk)
    assert row.pool_id is None and row.pooled_at is None and row.claimed_at is not None
    assert row.previous_owner_id == company.zhou.pk
    assert stored("contact", contact).owner_id == company.li.pk
    assert records(as_user(company.li), ACCOUNT).filter(pk=number).exists()
    assert not records(as_user(company.zhou), ACCOUNT).filter(pk=number).exists()
    line = ChangeEntry.objects.filter(object_key="account", record_id=number).latest("pk")
    assert line.actor_name == "李销售" and "华东公海" in line.detail
    assert line.after["owner"] == company.li.pk


def test_what_lies_in_the_pool_is_in_nobodys_ordinary_reach(company: Company) -> None:
    pool = make_pool(members=[company.east])
    number = make("account", owner=company.li)
    contact = make("contact", owner=company.li, account=number)
    share_record(ACCOUNT, number, company.zhou, by=None, can_write=True)
    share_record(object_type("contact"), contact, company.zhou, by=None)
    put_in(pool, number)
    for user in (company.li, company.zhou, company.wang):
        assert not records(as_user(user), ACCOUNT).filter(pk=number).exists(), user.name
        assert not records(as_user(user), object_type("contact")).filter(pk=contact).exists()
        outcome = save_one(as_user(user), "account", {"note": "x"}, record_id=number)
        assert isinstance(outcome, Rejected) and outcome.missing
    assert not Collaborator.objects.exists()


def test_only_members_claim(company: Company) -> None:
    pool = make_pool(members=[company.east])
    number = make("account")
    put_in(pool, number)
    assert refused(claim, as_user(company.zhou), pool, [number], source=TEST).code == "not_a_member"
    pool.is_active = False
    pool.save()
    assert refused(claim, as_user(company.li), pool, [number], source=TEST).code == "not_a_member"
    assert stored("account", number).owner_id is None


def test_a_member_whose_role_cannot_own_claims_nothing(company: Company) -> None:
    pool = make_pool(members=[company.li])
    number = make("account")
    put_in(pool, number)
    set_right(company.li.roles.get(), "account", Action.CHANGE, Level.NONE)
    assert refused(claim, as_user(company.li), pool, [number], source=TEST).code == "forbidden"


def test_a_program_needs_the_right_to_write(company: Company) -> None:
    from keqiao.access.tokens import issue_token

    pool = make_pool(members=[company.li])
    number = make("account")
    put_in(pool, number)
    token, _text = issue_token(company.li, "读", ["account:read"], days=1)
    assert refused(claim, Access.for_token(token), pool, [number], source=TEST).code == "forbidden"


def test_records_of_others_cannot_be_claimed_by_their_number(company: Company) -> None:
    pool = make_pool(members=[company.east])
    other = make_pool("西南公海", members=[company.west])
    owned, elsewhere = make("account", owner=company.zhou), make("account", seed=2)
    put_in(other, elsewhere)
    moved = claim(as_user(company.li), pool, [owned, elsewhere, 999_999], source=TEST)
    assert moved.done == [] and set(moved.refused) == {owned, elsewhere, 999_999}
    assert len(set(moved.refused.values())) == 1, "the answers tell records apart"
    assert "周销售" not in str(moved.refused)
    assert stored("account", owned).owner_id == company.zhou.pk


def test_claims_a_day_and_a_week(company: Company) -> None:
    pool = make_pool(members=[company.east], claims_per_day=2, claims_per_week=3)
    ids = make_all("account", [{} for _number in range(6)])
    put_in(pool, *ids)
    li = as_user(company.li)
    with time_machine.travel(datetime(2026, 11, 24, 9, tzinfo=SHANGHAI), tick=False):  # Tuesday
        assert refused(claim, li, pool, ids[:3], source=TEST).code == "claim_limit"
        assert len(claim(li, pool, ids[:2], source=TEST).done) == 2
        problem = refused(claim, li, pool, [ids[2]], source=TEST)
        assert "明天" in problem.message or "tomorrow" in problem.message
        assert len(claim(as_user(company.wang), pool, [ids[5]], source=TEST).done) == 1
    with time_machine.travel(datetime(2026, 11, 25, 9, tzinfo=SHANGHAI), tick=False):
        assert len(claim(li, pool, [ids[2]], source=TEST).done) == 1
        assert refused(claim, li, pool, [ids[3]], source=TEST).code == "claim_limit"
    with time_machine.travel(datetime(2026, 11, 30, 0, 5, tzinfo=SHANGHAI), tick=False):
        assert len(claim(li, pool, [ids[3]], source=TEST).done) == 1


def test_the_limit_of_a_day_ends_at_local_midnight_of_new_year(company: Company) -> None:
    pool = make_pool(members=[company.east], claims_per_day=1)
    ids = make_all("account", [{}, {}])
    put_in(pool, *ids)
    li = as_user(company.li)
    with time_machine.travel(datetime(2026, 12, 31, 23, 59, tzinfo=SHANGHAI), tick=False):
        claim(li, pool, ids[:1], source=TEST)
        refused(claim, li, pool, ids[1:], source=TEST)
    with time_machine.travel(datetime(2027, 1, 1, 0, 1, tzinfo=SHANGHAI), tick=False):
        assert claim(li, pool, ids[1:], source=TEST).done == ids[1:]


def test_the_previous_owner_waits_and_fresh_records_wait_for_all(company: Company) -> None:
    pool = make_pool(members=[company.east], cooldown_days=7, fresh_days=2)
    mine, others = make("account", owner=company.li), make("account", owner=company.zhou, seed=2)
    with time_machine.travel(datetime(2026, 11, 1, 23, tzinfo=SHANGHAI), tick=False):
        put_in(pool, mine, others)
        moved = claim(as_user(company.li), pool, [mine, others], source=TEST)
        assert moved.done == []
        assert "2026-11-08" in moved.refused[mine]
        assert "2026-11-03" in moved.refused[others]
    with time_machine.travel(datetime(2026, 11, 3, 1, tzinfo=SHANGHAI), tick=False):
        moved = claim(as_user(company.li), pool, [mine, others], source=TEST)
        assert moved.done == [others] and list(moved.refused) == [mine]
    with time_machine.travel(datetime(2026, 11, 8, 1, tzinfo=SHANGHAI), tick=False):
        assert claim(as_user(company.li), pool, [mine], source=TEST).done == [mine]


def test_capacity_of_a_person_and_of_a_department(company: Company) -> None:
    pool = make_pool(members=[company.east])
    make_room("account", 3)
    make_room("account", 4, is_total=True, department=company.east)
    make_all("account", [{}, {}], owner=company.li)
    ids = make_all("account", [{} for _number in range(4)], seed=50)
    put_in(pool, *ids)
    li = as_user(company.li)
    assert str(own_room(li, ACCOUNT)) == "2/3"
    problem = refused(claim, li, pool, ids[:2], source=TEST)
    assert problem.code == "capacity" and "2/3" in problem.message
    assert claim(li, pool, ids[:1], source=TEST).done == ids[:1]
    wang = as_user(company.wang)
    problem = refused(claim, wang, pool, ids[1:3], source=TEST)
    assert "华东" in problem.message and "3/4" in problem.message
    assert claim(wang, pool, ids[1:2], source=TEST).done == ids[1:2]


def test_capacity_also_holds_for_new_ones_and_hand_overs(company: Company) -> None:
    make_room("account", 2)
    make_room("account", 9, user=company.wang)
    make_all("account", [{}, {}], owner=company.li)
    outcome = save_one(as_user(company.li), "account", {"name": "第三家公司"})
    assert isinstance(outcome, Rejected) and outcome.problems[0].code == "capacity"
    number = make("account", owner=company.wang, seed=9)
    outcome = save_one(as_user(company.wang), "account", {"owner": company.li.pk}, record_id=number)
    assert isinstance(outcome, Rejected) and "李销售" in str(outcome.problems[0].message)
    assert isinstance(save_one(as_user(company.wang), "account", {"name": "又一家公司"}), Saved)


def test_customers_not_counted_leave_room(company: Company) -> None:
    make_room("account", 1, not_counted={"field": "level", "operator": "equals", "value": "A"})
    make_all("account", [{"level": "A"}, {"level": "A"}], owner=company.li)
    assert str(own_room(as_user(company.li), ACCOUNT)) == "0/1"
    assert isinstance(save_one(as_user(company.li), "account", {"name": "新公司"}), Saved)


def test_assigning_is_for_those_who_run_the_pool(company: Company) -> None:
    pool = make_pool(members=[company.east], administrators=[company.wang], claims_per_day=0)
    number = make("account")
    put_in(pool, number)
    li, wang = as_user(company.li), as_user(company.wang)
    assert refused(assign, li, pool, [number], company.li.pk, source=TEST).code == "forbidden"
    deactivate(company.zhou)
    assert refused(assign, wang, pool, [number], company.zhou.pk, source=TEST).code == "taker"
    assert refused(assign, wang, pool, [number], company.sun.pk, source=TEST).code == "taker"
    assert assign(wang, pool, [number], company.li.pk, source=TEST).done == [number]
    row = stored("account", number)
    assert row.owner_id == company.li.pk and row.updated_by_id == company.wang.pk


def test_returning_keeps_the_reason_and_the_previous_owner(company: Company) -> None:
    pool = make_pool(members=[company.east], needs_reason=True)
    number, foreign = make("account", owner=company.li), make("account", owner=company.zhou, seed=2)
    li = as_user(company.li)
    assert refused(release, li, pool, [number], " ", source=TEST).code == "reason"
    moved = release(li, pool, [number, foreign], "预算取消", source=TEST)
    assert moved.done == [number] and list(moved.refused) == [foreign]
    row = stored("account", number)
    assert (row.pool_id, row.pool_reason, row.previous_owner_id) == (
        pool.pk,
        "预算取消",
        company.li.pk,
    )
    assert (row.owner_id, row.team_id) == (None, None)
    assert PoolMove.objects.get().what == "released"


def test_nobody_returns_into_a_foreign_pool(company: Company) -> None:
    make_pool(members=[company.east])
    west = make_pool("西南公海", members=[company.west])
    number = make("account", owner=company.li)
    assert refused(release, as_user(company.li), west, [number], "", source=TEST).code == "pool"
    assert west not in pools_to_release_into(as_user(company.li), ACCOUNT)


def test_a_lock_is_set_by_who_runs_the_pool_and_keeps_from_returning(company: Company) -> None:
    pool = make_pool(members=[company.east], administrators=[company.wang])
    number = make("account", owner=company.li)
    li, wang = as_user(company.li), as_user(company.wang)
    assert set_lock(li, ACCOUNT, [number], locked=True, source=TEST).done == []
    assert set_lock(wang, ACCOUNT, [number], locked=True, source=TEST).done == [number]
    assert release(li, pool, [number], "", source=TEST).done == []
    assert release(wang, pool, [number], "", source=TEST).done == [number]
    assert stored("account", number).pool_locked is False


def test_a_pooled_customer_handed_out_by_an_administrator_leaves_the_pool(company: Company) -> None:
    pool = make_pool(members=[company.east])
    number = make("account", owner=company.zhou)
    put_in(pool, number)
    qian = as_user(company.qian)
    assert isinstance(save_one(qian, "account", {"note": "仍在公海"}, record_id=number), Saved)
    assert stored("account", number).pool_id == pool.pk
    outcome = save_one(qian, "account", {"owner": company.li.pk}, record_id=number)
    assert isinstance(outcome, Saved)
    row = stored("account", number)
    assert (row.pool_id, row.owner_id, row.pool_reason) == (None, company.li.pk, "")


def test_a_leavers_customer_can_return(company: Company) -> None:
    pool = make_pool(members=[company.east])
    number = make("account", owner=company.li)
    deactivate(company.li)
    put_in(pool, number)
    assert stored("account", number).previous_owner_id == company.li.pk


def test_moving_between_pools_needs_both(company: Company) -> None:
    east = make_pool(members=[company.east], administrators=[company.wang])
    west = make_pool("西南公海", members=[company.west])
    number = make("account", owner=company.li)
    put_in(east, number, reason="没有预算")
    assert refused(move, as_user(company.wang), east, west, [number], source=TEST)
    assert move(as_user(company.qian), east, west, [number], source=TEST).done == [number]
    row = stored("account", number)
    assert (row.pool_id, row.pool_reason, row.previous_owner_id) == (
        west.pk,
        "没有预算",
        company.li.pk,
    )


def test_views_of_a_day(company: Company) -> None:
    pool = make_pool(members=[company.east], administrators=[company.wang], views_per_day=2)
    li = as_user(company.li)
    for number in (1, 2, 1, 2):
        note_view(li, pool, number)
    assert views_left(li, pool) == 0
    assert refused(note_view, li, pool, 3).code == "view_limit"
    note_view(as_user(company.wang), pool, 3)
    with time_machine.travel(datetime.now(SHANGHAI) + timedelta(days=1), tick=False):
        note_view(li, pool, 3)
