"""The pages of the pool: claim from the list, be refused with a reason, set up pools and rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from keqiao.access.models import User
from keqiao.base.clock import now, today
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.known import known
from keqiao.customers.pool.models import Pool, PoolCapacity, PoolRule
from keqiao.records.derived import write_derived
from tests.company import Company, make, make_all
from tests.contract.test_pages import browser_of, queries_of
from tests.customers.pools import make_pool, make_room, make_rule, put_in, stored

HTMX = {"HX-Request": "true"}


def text_of(answer: Any) -> str:
    return answer.content.decode()


@pytest.fixture
def pool(company: Company) -> Pool:
    return make_pool(
        members=[company.east], administrators=[company.wang], claims_per_day=2, views_per_day=3,
        hidden_fields=["phone"], reasons=["联系不上", "暂无需求"],
    )  # fmt: skip


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_is_there(language: str, pool: Pool, company: Company) -> None:
    number, own = make("account"), make("account", owner=company.wang, seed=2)
    put_in(pool, number)
    rule = make_rule(pool, 30)
    User.objects.update(language=language)
    client = browser_of(company.qian)
    for address in (
        f"/pool/{pool.pk}/", f"/pool/{pool.pk}/{number}/", "/pool/forecast/",
        "/pool/forecast/?whose=team&object=lead", f"/pool/{pool.pk}/filter/",
        f"/pool/{pool.pk}/filter/level/", f"/pool/{pool.pk}/filter/builder/",
        f"/pool/{pool.pk}/columns/", "/settings/pools/",
        "/settings/pools/new/?object=lead", f"/settings/pools/{pool.pk}/",
        f"/settings/pools/{pool.pk}/rules/new/", f"/settings/pools/{pool.pk}/rules/{rule.pk}/",
        "/settings/pools/capacity/", f"/accounts/{own}/pool/", f"/accounts/{own}/lock/",
    ):  # fmt: skip
        for headers in ({}, HTMX):
            answer = client.get(address, headers=headers)
            assert answer.status_code == 200, address
            assert "{{" not in text_of(answer) and "{%" not in text_of(answer), address
            assert "object at 0x" not in text_of(answer), address
    assert client.get("/pool/").headers["Location"] == f"/pool/{pool.pk}/"


def test_claim_from_the_list_until_the_limit_says_why(pool: Pool, company: Company) -> None:
    make_room("account", 30)
    ids = make_all("account", [{} for _number in range(3)])
    put_in(pool, *ids)
    li = browser_of(company.li)
    shown = text_of(li.get(f"/pool/{pool.pk}/"))
    assert "0/30" in shown and shown.count('name="one"') == 3
    for number in ids[:2]:
        answer = li.post(f"/pool/{pool.pk}/claim/", {"one": number}, headers=HTMX)
        assert answer.headers["HX-Redirect"] == f"/pool/{pool.pk}/"
        assert stored("account", number).owner_id == company.li.pk
    answer = li.post(f"/pool/{pool.pk}/claim/", {"one": ids[2]}, headers=HTMX)
    assert answer.status_code == 422 and "2" in text_of(answer) and "华东公海" in text_of(answer)
    assert "2/30" in text_of(li.get(f"/pool/{pool.pk}/"))
    assert stored("account", ids[2]).owner_id is None


def test_several_ticked_without_javascript_keep_the_list_as_set_up(
    pool: Pool, company: Company
) -> None:
    ids = make_all("account", [{"level": "A"}, {"level": "A"}])
    put_in(pool, *ids)
    state = "where=level%3Aequals%3AA"
    answer = browser_of(company.li).post(f"/pool/{pool.pk}/claim/", {"tick": ids, "state": state})
    assert answer.status_code == 303 and answer.headers["Location"].endswith(f"?{state}")
    assert stored("account", ids[1]).owner_id == company.li.pk


def test_opening_counts_and_the_limit_is_told(pool: Pool, company: Company) -> None:
    ids = make_all("account", [{} for _number in range(4)])
    put_in(pool, *ids)
    li = browser_of(company.li)
    for number in (*ids[:3], ids[0]):
        assert li.get(f"/pool/{pool.pk}/{number}/").status_code == 200
    answer = li.get(f"/pool/{pool.pk}/{ids[3]}/")
    assert answer.status_code == 403 and "3" in text_of(answer)
    assert stored("account", ids[3]).name not in text_of(answer)
    panel = li.get(f"/pool/{pool.pk}/{ids[3]}/?part=panel", headers=HTMX)
    assert panel.status_code == 200 and stored("account", ids[3]).name not in text_of(panel)
    assert browser_of(company.wang).get(f"/pool/{pool.pk}/{ids[3]}/").status_code == 200


def test_hidden_fields_are_shown_once_opened_where_the_pool_says_so(
    pool: Pool, company: Company
) -> None:
    number = make("account", phone="13812345678")
    put_in(pool, number)
    li = browser_of(company.li)
    assert "138 1234 5678" not in text_of(li.get(f"/pool/{pool.pk}/{number}/"))
    Pool.objects.update(reveals_on_open=True)
    from keqiao.customers.pool.known import pools_changed

    pools_changed()
    assert "138 1234 5678" in text_of(li.get(f"/pool/{pool.pk}/{number}/"))
    assert "138 1234 5678" not in text_of(li.get(f"/pool/{pool.pk}/"))


def test_assigning_from_the_list(pool: Pool, company: Company) -> None:
    number = make("account")
    put_in(pool, number)
    wang = browser_of(company.wang)
    address = f"/pool/{pool.pk}/hand-on/"
    assert "new-owner" in text_of(wang.post(address, {"ids": number}, headers=HTMX))
    assert wang.post(address, {"ids": number, "go": "1"}, headers=HTMX).status_code == 422
    given = {"ids": number, "go": "1", "owner": "李销售", "owner__pick": f"{company.li.pk}|李销售"}
    assert wang.post(address, given).status_code == 303
    assert stored("account", number).owner_id == company.li.pk
    assert browser_of(company.li).post(address, given).status_code == 403


def test_returning_from_the_record(pool: Pool, company: Company) -> None:
    number = make("account", owner=company.li)
    li = browser_of(company.li)
    assert "联系不上" in text_of(li.get(f"/accounts/{number}/pool/", headers=HTMX))
    given = {"pool": pool.pk, "reason_choice": "联系不上", "reason": "三次无人接听"}
    answer = li.post(f"/accounts/{number}/pool/", given)
    assert answer.headers["Location"] == "/accounts/"
    assert stored("account", number).pool_reason == "联系不上：三次无人接听"
    assert li.get(f"/accounts/{number}/pool/").status_code == 404


def test_who_is_in_no_pool_is_told_what_a_pool_is(company: Company) -> None:
    assert "empty" in text_of(browser_of(company.zhao).get("/pool/"))


def test_the_week_ahead_for_oneself_and_the_team(pool: Pool, company: Company) -> None:
    make_rule(pool, 10)
    soon, later = make_all("account", [{}, {}], owner=company.li)
    wangs = make("account", owner=company.wang, seed=7)
    account = object_type("account")
    back = now() - timedelta(days=8)
    for pk in (soon, wangs):
        write_derived(account, {pk: {"returns_on": today() + timedelta(days=3)}})
    assert back and stored("account", later).returns_on > today() + timedelta(days=7)
    shown = text_of(browser_of(company.li).get("/pool/forecast/"))
    assert stored("account", soon).name in shown
    assert stored("account", later).name not in shown
    assert stored("account", wangs).name not in shown
    team = text_of(browser_of(company.wang).get("/pool/forecast/?whose=team"))
    assert stored("account", soon).name in team and stored("account", wangs).name in team
    one = text_of(
        browser_of(company.wang).get(f"/pool/forecast/?whose=team&person={company.li.pk}")
    )
    assert stored("account", wangs).name not in one
    assert "1 " in text_of(browser_of(company.li).get("/todo/"))


def test_a_pool_is_set_up_in_the_settings(company: Company) -> None:
    qian = browser_of(company.qian)
    given = {
        "name": "华东公海", "is_active": "on", "departments": [company.east.pk],
        "administrators": "王经理", "administrators__pick": f"{company.wang.pk}|王经理",
        "claims_per_day": "5", "warn_days": "3", "hidden": ["phone", "nothing"],
        "reasons": "联系不上\n暂无需求\n联系不上", "exempt.level": ["A"],
    }  # fmt: skip
    answer = qian.post("/settings/pools/new/?object=account", given)
    made = Pool.objects.get()
    assert answer.headers["Location"] == f"/settings/pools/{made.pk}/"
    assert (made.claims_per_day, made.claims_per_week, made.hidden_fields) == (5, None, ["phone"])
    assert made.reasons == ["联系不上", "暂无需求"]
    assert known().members[made.pk] == {company.li.pk, company.wang.pk}
    assert known().administrators[made.pk] == {company.wang.pk}
    given["claims_per_day"] = "viele"
    assert qian.post(f"/settings/pools/{made.pk}/", given).status_code == 422
    wang = browser_of(company.wang)
    assert wang.get(f"/settings/pools/{made.pk}/").status_code == 200
    assert wang.get("/settings/pools/new/").status_code == 403
    assert wang.get("/settings/pools/capacity/").status_code == 403
    li = browser_of(company.li)
    assert li.get("/settings/pools/").status_code == 403
    assert li.get(f"/settings/pools/{made.pk}/").status_code == 404


def test_a_rule_that_returns_everything_wants_the_count_typed(pool: Pool, company: Company) -> None:
    import time_machine

    with time_machine.travel(now() - timedelta(days=200), tick=False):
        make_all("account", [{} for _number in range(6)], owner=company.li)
    wang = browser_of(company.wang)
    address = f"/settings/pools/{pool.pk}/rules/new/"
    given = {"reason": "no_follow_up", "days": "30", "is_active": "on"}
    tried = wang.post(address, {**given, "try": "1"})
    assert tried.status_code == 200 and not PoolRule.objects.exists()
    assert "李销售" in text_of(tried)
    refused = wang.post(address, given)
    assert refused.status_code == 422 and 'name="typed"' in text_of(refused)
    assert wang.post(address, {**given, "typed": "5"}).status_code == 422
    assert not PoolRule.objects.exists()
    assert wang.post(address, {**given, "typed": "6"}).status_code == 303
    rule = PoolRule.objects.get()
    assert rule.is_active and rule.on_since == today()
    assert (
        wang.post(f"/settings/pools/{pool.pk}/rules/{rule.pk}/", {"delete": "1"}).status_code == 303
    )
    assert not PoolRule.objects.exists()


def test_a_harmless_rule_is_simply_saved(pool: Pool, company: Company) -> None:
    make("account", owner=company.li)
    given = {"reason": "no_follow_up", "days": "30", "is_active": "on", "filter.level": ["C", "D"]}
    answer = browser_of(company.wang).post(f"/settings/pools/{pool.pk}/rules/new/", given)
    assert answer.status_code == 303
    assert PoolRule.objects.get().filter == {
        "all": [{"field": "level", "operator": "any_of", "value": ["C", "D"]}]
    }


def test_capacity_is_set_in_the_settings(company: Company) -> None:
    qian = browser_of(company.qian)
    address = "/settings/pools/capacity/"
    given = {"object": "account", "limit": "30", "whose": "total", "department": company.east.pk}
    assert qian.post(address, given).status_code == 303
    assert qian.post(address, {**given, "limit": "40"}).status_code == 303
    one = PoolCapacity.objects.get()
    assert (one.limit, one.is_total, one.department_id) == (40, True, company.east.pk)
    assert qian.post(address, {**given, "department": ""}).status_code == 422
    assert qian.post(address, {"object": "account", "remove": one.pk}).status_code == 303
    assert not PoolCapacity.objects.exists()


def test_a_pool_with_records_in_it_is_not_deleted(pool: Pool, company: Company) -> None:
    number = make("account")
    put_in(pool, number)
    qian = browser_of(company.qian)
    qian.post(f"/settings/pools/{pool.pk}/", {"delete": "1"})
    assert Pool.objects.filter(pk=pool.pk).exists()
    qian.post(f"/pool/{pool.pk}/claim/", {"one": number})
    qian.post(f"/settings/pools/{pool.pk}/", {"delete": "1"})
    assert not Pool.objects.filter(pk=pool.pk).exists()


def test_a_pool_costs_the_same_for_few_and_many_rows(pool: Pool, company: Company) -> None:
    client: Client = browser_of(company.li)
    put_in(pool, *make_all("account", [{}, {}]))
    few = queries_of(client, f"/pool/{pool.pk}/")
    put_in(pool, *make_all("account", [{} for _number in range(55)], seed=100))
    many = queries_of(client, f"/pool/{pool.pk}/")
    assert many <= few + 1 and many <= 16, (few, many)


def test_many_are_returned_from_the_list_in_the_background(pool: Pool, company: Company) -> None:
    from keqiao.customers.pool.release_many import release_many

    ids = make_all("account", [{} for _number in range(3)], owner=company.li)
    foreign = make("account", owner=company.zhou, seed=9)
    li = browser_of(company.li)
    assert 'value="pool"' in text_of(li.get("/accounts/"))
    asked = li.post(
        "/accounts/bulk/", {"action": "pool", "ids": ",".join(map(str, ids))}, headers=HTMX
    )
    assert asked.status_code == 200 and "联系不上" in text_of(asked)
    given = {"action": "pool", "go": "1", "ids": ",".join(map(str, ids)), "pool": pool.pk}
    assert li.post("/accounts/bulk/", {**given, "reason": "搬迁"}, headers=HTMX).status_code == 200
    done = release_many.call(
        user_id=company.li.pk, request_id="", object_key="account", where=[], search="",
        ids=[*ids[:2], foreign], pool_id=pool.pk, reason="搬迁",
    )  # fmt: skip
    assert done["changed"] == 2
    assert [stored("account", pk).pool_reason for pk in (*ids, foreign)] == ["搬迁", "搬迁", "", ""]


def test_who_has_no_pool_is_offered_no_return(pool: Pool, company: Company) -> None:
    make("account", owner=company.zhou)
    zhou = browser_of(company.zhou)
    assert 'value="pool"' not in text_of(zhou.get("/accounts/"))
    assert zhou.post("/accounts/bulk/", {"action": "pool", "ids": "1"}).status_code == 404


def test_the_records_own_page_offers_the_pool_and_says_when_it_returns(
    pool: Pool, company: Company
) -> None:
    number = make("account", owner=company.li)
    write_derived(object_type("account"), {number: {"returns_on": today() + timedelta(days=3)}})
    shown = text_of(browser_of(company.li).get(f"/accounts/{number}/"))
    assert f'hx-get="/accounts/{number}/pool/"' in shown
    assert f'hx-get="/accounts/{number}/lock/"' not in shown
    assert (today() + timedelta(days=3)).isoformat() in shown
    assert f'hx-get="/accounts/{number}/lock/"' in text_of(
        browser_of(company.wang).get(f"/accounts/{number}/")
    )
    put_in(pool, number)
    assert f"/pool/{pool.pk}/{number}/" in text_of(
        browser_of(company.qian).get(f"/accounts/{number}/")
    )


def test_conditions_combined_in_the_pool_ask_its_records_alone(
    pool: Pool, company: Company
) -> None:
    ids = make_all("account", [{"level": level} for level in "ABC"])
    make_all("account", [{"level": "A"}, {"level": "B"}], owner=company.li, seed=50)
    put_in(pool, *ids)
    li, base = browser_of(company.li), f"/pool/{pool.pk}/"
    assert f"{base}filter/builder/" in text_of(li.get(f"{base}filter/", headers=HTMX))
    whole = (
        f"{base}filter/builder/?building=1&way-0=any&node=1:0:line&field-1=level"
        "&operator-1=equals&value-1=A&node=2:0:line&field-2=level&operator-2=equals&value-2=B"
    )
    assert "符合条件 2 条" in text_of(li.get(whole))
    found = li.get(f"{whole}&do=apply").headers["Location"]
    assert found.startswith(f"{base}?")
    assert text_of(li.get(found)).count('name="one"') == 2
