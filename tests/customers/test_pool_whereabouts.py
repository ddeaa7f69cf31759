"""What a task says of its customer when that lies in a pool: no more than the pool shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.models import Pool
from keqiao.records.present import Cell, present
from keqiao.records.query import get_record, records
from tests.company import Company, make
from tests.contract.test_pages import browser_of, queries_of
from tests.customers.pools import make_pool, put_in

pytestmark = pytest.mark.django_db
NAME = "苏州博远精密机械有限公司"


def work_in(pool: Pool, company: Company, **values: Any) -> tuple[int, int]:
    """Give Li a task with a customer that lies in the pool."""
    account = make("account", owner=company.li, name=NAME, seed=7)
    now = timezone.now()
    about = f"account:{account}"
    task = make(
        "task", owner=company.li, name="寄样品", about=about, at=now, contacts=[],
        state="planned", **values,
    )  # fmt: skip
    put_in(pool, account)
    return account, task


def about_of(user: User, task: int) -> Cell:
    access, declared = Access.for_user(user), object_type("task")
    [row] = present(access, declared, [get_record(access, declared, task)], ["about"])
    return row.cells["about"]


def test_a_member_reads_the_name_that_the_pool_shows(company: Company) -> None:
    pool = make_pool(members=[company.east], hidden_fields=["phone"])
    account, task = work_in(pool, company)
    cell = about_of(company.li, task)
    assert (cell.text, cell.url) == (NAME, f"/pool/{pool.pk}/{account}/")
    assert cell.masked and cell.value is None and cell.link is None
    client = browser_of(company.li)
    for address in ("/", "/my-tasks/", f"/tasks/{task}/", "/tasks/"):
        page = client.get(address).content.decode()
        assert f'href="/pool/{pool.pk}/{account}/">{NAME}</a>' in page, address
    assert client.get(cell.url).status_code == 200


def test_where_the_pool_hides_names_the_pool_stands_for_them(company: Company) -> None:
    pool = make_pool(members=[company.east], hidden_fields=["name"])
    account, task = work_in(pool, company)
    cell = about_of(company.li, task)
    assert (cell.text, cell.url) == ("（在公海「华东公海」）", f"/pool/{pool.pk}/")
    page = browser_of(company.li).get("/my-tasks/").content.decode()
    assert f'href="/pool/{pool.pk}/">（在公海「华东公海」）</a>' in page
    assert NAME not in page and f"/pool/{pool.pk}/{account}/" not in page


def test_who_is_no_member_learns_neither_name_nor_pool(company: Company) -> None:
    pool = make_pool("机密公海", members=[company.zhou])
    account, task = work_in(pool, company)
    cell = about_of(company.li, task)
    assert (cell.text, cell.url, cell.value) == ("（客户在公海）", "", None)
    for address in ("/", "/my-tasks/", f"/tasks/{task}/", "/calendar/"):
        page = browser_of(company.li).get(address).content.decode()
        assert NAME not in page and "机密公海" not in page, address
        assert f"/accounts/{account}/" not in page and f"/pool/{pool.pk}/" not in page, address
    assert "（客户在公海）" in browser_of(company.li).get("/my-tasks/").content.decode()


def test_out_of_reach_for_another_reason_says_no_more_than_that(company: Company) -> None:
    pool = make_pool(members=[company.east])
    _account, task = work_in(pool, company)
    foreign = make("account", owner=company.sun, seed=9)
    tasks = records(Access.system(reason="test"), object_type("task"))
    tasks.filter(pk=task).update(about=f"account:{foreign}")
    assert about_of(company.li, task).text == "（无权查看）"


def test_many_customers_in_pools_are_named_by_few_questions(company: Company) -> None:
    pool = make_pool(members=[company.east])
    client = browser_of(company.li)
    _account, _task = work_in(pool, company)
    client.get("/my-tasks/")
    one = queries_of(client, "/my-tasks/")
    for seed in range(20, 26):
        account = make("account", owner=company.li, seed=seed)
        about = f"account:{account}"
        make("task", owner=company.li, about=about, at=timezone.now(), seed=seed, state="planned")
        put_in(pool, account)
    assert queries_of(client, "/my-tasks/") <= one
