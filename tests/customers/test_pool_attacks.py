"""Strangers and members with sharp questions: nobody learns of a pooled record what the pool hides."""

from __future__ import annotations

from typing import Any

import pytest

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.tokens import issue_token
from keqiao.catalog.filter import Condition, FilterProblem
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.known import lens_of, pools_changed
from keqiao.customers.pool.models import Pool
from keqiao.records import counting
from keqiao.records.present import titles_of
from keqiao.records.query import ListQuery, RecordNotFound, count_records, get_record, run_list
from keqiao.records.removal import delete_records
from keqiao.records.save import DuplicateFound, Rejected
from keqiao.records.search import search
from keqiao.records.search_hits import reachable_ids
from keqiao.records.search_terms import question
from tests.company import TEST, Company, make, make_all, save_one
from tests.contract.test_pages import browser_of
from tests.customers.pools import make_pool, make_rule, put_in, stored

ACCOUNT: ObjectType = object_type("account")
PHONE, SHOWN, NAME = "13812345678", "138 1234 5678", "苏州博远精密机械有限公司"


@pytest.fixture
def pool(company: Company) -> Pool:
    return make_pool(members=[company.east], hidden_fields=["phone", "level"], views_per_day=2)


@pytest.fixture
def number(pool: Pool, company: Company) -> int:
    made = make("account", owner=company.zhou, name=NAME, phone=PHONE, level="A")
    make("contact", owner=company.zhou, account=made, name="陈采购", phone="13987654321")
    put_in(pool, made, reason="预算不足")
    return made


def member(company: Company, pool: Pool) -> Access:
    return lens_of(Access.for_user(company.li), pool)


def text_of(answer: Any) -> str:
    return answer.content.decode()


# --- who is not a member ----------------------------------------------------------------------------


def test_a_stranger_finds_nothing_by_any_road(number: int, pool: Pool, company: Company) -> None:
    rule = make_rule(pool, 30, is_active=False)
    for user in (company.zhou, company.zhao, company.li):
        is_member = user is company.li
        if is_member:
            for address in ("", f"rules/{rule.pk}/"):
                sent = {"name": "x", "delete": "1"}
                path = f"/settings/pools/{pool.pk}/{address}"
                assert browser_of(user).post(path, sent).status_code == 404
            continue
        access = Access.for_user(user)
        sees_all = user is company.zhao  # 客服 sees every account, pooled or not
        client = browser_of(user)
        for address in (
            f"/pool/{pool.pk}/", f"/pool/{pool.pk}/{number}/", f"/pool/{pool.pk}/filter/",
            f"/pool/{pool.pk}/filter/region/", f"/pool/{pool.pk}/columns/",
            f"/pool/{pool.pk}/filter-line/", f"/settings/pools/{pool.pk}/",
            f"/settings/pools/{pool.pk}/rules/new/", f"/settings/pools/{pool.pk}/rules/{rule.pk}/",
        ):  # fmt: skip
            assert client.get(address).status_code == 404, (user.name, address)
        for address in (f"/pool/{pool.pk}/claim/", f"/pool/{pool.pk}/hand-on/"):
            assert client.post(address, {"one": number}).status_code == 404, address
        if not sees_all:
            assert count_records(access, ListQuery(object_type=ACCOUNT)) == 0
            assert search(access, "博远") == []
            assert titles_of(access, ACCOUNT, [number]) == {}
            assert client.get(f"/accounts/{number}/").status_code == 404
            assert client.get(f"/accounts/{number}/pool/").status_code == 404
            assert client.get(f"/accounts/{number}/lock/").status_code == 404
    assert stored("account", number).pool_id == pool.pk


def test_a_stranger_hears_of_a_duplicate_without_name_or_pool(
    number: int, pool: Pool, company: Company
) -> None:
    outcome = save_one(
        Access.for_user(company.zhou), "account", {"name": "别的公司", "phone": PHONE}
    )
    assert isinstance(outcome, DuplicateFound)
    told = str(outcome.candidates)
    assert NAME not in told and "华东公海" not in told and f"/pool/{pool.pk}" not in told
    assert outcome.candidates[0].record_id is None and str(outcome.candidates[0].place)


def test_a_member_hears_in_which_pool_a_duplicate_lies(
    number: int, pool: Pool, company: Company
) -> None:
    li = browser_of(company.li)
    answer = li.post("/accounts/new/", {"name": "别的公司", "phone": PHONE})
    shown = text_of(answer)
    assert answer.status_code == 422 and "华东公海" in shown
    assert f'href="/pool/{pool.pk}/{number}/"' in shown
    assert NAME not in shown


# --- members and hidden fields ------------------------------------------------------------------------


def test_hidden_fields_are_masked_in_rows_and_refused_in_questions(
    number: int, pool: Pool, company: Company
) -> None:
    lens = member(company, pool)
    page = run_list(lens, ListQuery(object_type=ACCOUNT, columns=("name", "phone", "level")))
    [row] = page.rows
    assert row.cells["phone"].value is None and row.cells["phone"].masked
    assert row.cells["level"].value is None
    assert row.cells["name"].text == NAME
    for condition in (
        Condition("phone", "equals", PHONE), Condition("phone", "starts_with", "138"),
        Condition("phone", "is_filled"), Condition("level", "equals", "A"),
        Condition("parent.phone", "equals", PHONE),
    ):  # fmt: skip
        query = ListQuery(object_type=ACCOUNT, filter=condition)
        with pytest.raises(FilterProblem):
            run_list(lens, query)
        with pytest.raises(FilterProblem):
            count_records(lens, query)
    for sort in ("level", "-level", "phone"):
        with pytest.raises(FilterProblem):
            run_list(lens, ListQuery(object_type=ACCOUNT, sort=sort))


def test_hidden_fields_are_not_found_by_searching(
    number: int, pool: Pool, company: Company
) -> None:
    lens = member(company, pool)
    for text in (PHONE, "5678", "12345678"):
        assert reachable_ids(lens, ACCOUNT, question(text), 300) == [], text
    assert reachable_ids(lens, ACCOUNT, question("博远"), 300) == [number]
    li = browser_of(company.li)
    assert NAME not in text_of(li.get(f"/pool/{pool.pk}/?search=5678"))
    assert NAME in text_of(li.get(f"/pool/{pool.pk}/?search=博远"))


def test_pages_of_the_pool_never_carry_hidden_values(
    number: int, pool: Pool, company: Company
) -> None:
    li = browser_of(company.li)
    base = f"/pool/{pool.pk}/"
    for address in (
        base, f"{base}?columns=name&columns=phone&columns=level", f"{base}{number}/",
        f"{base}?sort=-level", f"{base}?where=level:equals:A", f"{base}?where=phone:contains:5678",
        f"{base}filter/", f"{base}{number}/?part=panel",
    ):  # fmt: skip
        for headers in ({}, {"HX-Request": "true"}):
            shown = text_of(li.get(address, headers=headers))
            assert SHOWN not in shown and PHONE not in shown, address
    answer = li.get(f"{base}?where=level:equals:A")
    assert answer.status_code == 422 and NAME not in text_of(answer)
    assert "陈采购" not in text_of(li.get(f"{base}{number}/")), "contacts come with the claim"


def test_a_hidden_name_is_a_number(number: int, pool: Pool, company: Company) -> None:
    Pool.objects.update(hidden_fields=["name"])
    pools_changed()
    li = browser_of(company.li)
    shown = text_of(li.get(f"/pool/{pool.pk}/"))
    assert NAME not in shown and f"#{number}" in shown
    assert NAME not in text_of(li.get(f"/pool/{pool.pk}/?search=博远"))


def test_through_the_lens_there_is_nothing_but_seeing(
    number: int, pool: Pool, company: Company
) -> None:
    lens = member(company, pool)
    other = make("account", owner=company.li, seed=5)
    assert get_record(lens, ACCOUNT, number).pk == number
    with pytest.raises(RecordNotFound):
        get_record(lens, ACCOUNT, other)
    outcome = save_one(lens, "account", {"note": "x"}, record_id=number)
    assert isinstance(outcome, Rejected)
    assert delete_records(lens, ACCOUNT, [number], source=TEST).done == []


def test_ordinary_roads_stay_closed_for_members(number: int, company: Company) -> None:
    """Being a member opens the pool's pages, not the record's own, nor export, API or bulk work."""
    li = browser_of(company.li)
    for address in (
        f"/accounts/{number}/", f"/accounts/{number}/edit/", f"/accounts/{number}/transfer/",
        f"/accounts/{number}/people/", f"/accounts/{number}/delete/",
    ):  # fmt: skip
        assert li.get(address).status_code == 404, address
    assert li.post(f"/accounts/{number}/reveal/", {"field": "phone"}).status_code == 404
    _token, text = issue_token(company.li, "程序", ["*:write"], days=1)
    headers = {"Authorization": f"Bearer {text}"}
    assert li.get(f"/api/v1/accounts/{number}", headers=headers).status_code == 404
    listed = li.get("/api/v1/accounts?where=pooled_at:is_filled", headers=headers)
    assert listed.json()["items"] == []
    assert NAME not in text_of(li.get("/search/?q=博远"))
    assert NAME not in text_of(li.get("/accounts/pick/?q=博远"))


def test_a_member_elsewhere_learns_nothing_of_another_pool(
    number: int, pool: Pool, company: Company
) -> None:
    west = make_pool("西南公海", members=[company.west])
    zhou = browser_of(company.zhou)
    assert zhou.get(f"/pool/{west.pk}/{number}/").status_code == 404
    answer = zhou.post(f"/pool/{west.pk}/claim/", {"one": number}, headers={"HX-Request": "true"})
    assert NAME not in text_of(answer) and stored("account", number).pool_id == pool.pk
    assert "西南公海" in text_of(zhou.get(f"/pool/{west.pk}/"))
    assert "华东公海" not in text_of(zhou.get(f"/pool/{west.pk}/"))


def test_leaving_the_department_ends_the_membership_at_once(
    number: int, pool: Pool, company: Company
) -> None:
    from keqiao.access.directory import update_user

    li = browser_of(company.li)
    assert li.get(f"/pool/{pool.pk}/").status_code == 200
    update_user(User.objects.get(pk=company.li.pk), department=company.west)
    assert li.get(f"/pool/{pool.pk}/").status_code == 404


def test_views_cannot_be_saved_by_asking_for_parts(pool: Pool, company: Company) -> None:
    ids = make_all("account", [{} for _number in range(4)])
    put_in(pool, *ids)
    li = browser_of(company.li)
    shown = 0
    for pk in ids:
        panel = li.get(f"/pool/{pool.pk}/{pk}/?part=panel", headers={"HX-Request": "true"})
        shown += stored("account", pk).name in text_of(panel)
    assert shown == 2


def test_the_count_of_a_pool_is_not_that_of_ones_own_list(
    company: Company, pool: Pool, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_all("account", [{}, {}, {}], owner=company.li, seed=500)
    put_in(pool, make("account", owner=company.zhou, seed=900))
    monkeypatch.setattr(counting, "COUNT_CAP", 2)
    asked = ListQuery(object_type=ACCOUNT, limit=1)
    assert run_list(Access.for_user(company.li), asked).count_text == "2+"
    assert run_list(member(company, pool), asked).count_text == "2"
