"""Records that begin in a pool, by form, program and list, and what a leaver's customers do there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.directory import add_user
from keqiao.access.models import Departure, User
from keqiao.access.tokens import issue_token
from keqiao.catalog.registry import object_type
from keqiao.customers.pool import taking as pool_taking
from keqiao.customers.pool.models import Pool, PoolMove
from keqiao.jobs.worker import run_worker
from keqiao.records.drafts import Draft, Rejected, Saved
from keqiao.records.save import save_records
from tests.company import PASSWORD, TEST, Company, make
from tests.customers.pools import make_pool
from tests.importing.helpers import check, execute, states, upload_file
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool(company: Company) -> Pool:
    return make_pool(members=[company.li])


def stored(key: str = "account", **which: Any) -> Any:
    return object_type(key).model._default_manager.get(**which)


def create(user: User, owner: str, name: str = "新来的客户") -> Any:
    values = {"name": name, "owner": owner}
    [outcome] = save_records(
        Access.for_user(user), object_type("account"), [Draft(values)], source=TEST
    )
    return outcome


def test_a_new_record_named_for_the_pool_lies_in_it(company: Company, pool: Pool) -> None:
    asked = [f"pool:{pool.pk}", "华东公海", "公海：华东公海", "公海"]
    for place, owner in enumerate(asked):
        outcome = create(company.li, owner, f"第 {place} 家客户")
        assert isinstance(outcome, Saved), (owner, outcome)
        row = stored(pk=outcome.record_id)
        assert (row.pool_id, row.owner_id, row.team_id) == (pool.pk, None, None)
        assert row.pooled_at is not None
    moves = PoolMove.objects.filter(pool=pool, what=PoolMove.What.ADDED)
    assert moves.count() == len(asked)
    html = browser(company.li).get(f"/pool/{pool.pk}/").content.decode()
    assert "第 0 家客户" in html


def test_nobody_puts_records_into_a_pool_he_has_nothing_to_do_with(
    company: Company, pool: Pool
) -> None:
    for owner in (f"pool:{pool.pk}", "公海：华东公海", "华东公海", "公海", "pool:999"):
        outcome = create(company.zhou, owner)
        assert isinstance(outcome, Rejected), owner
        assert outcome.problems[0].field == "owner"
    Pool.objects.filter(pk=pool.pk).update(is_active=False)
    make_pool("另一个", members=[company.zhou])  # has the settings read anew
    assert isinstance(create(company.li, f"pool:{pool.pk}"), Rejected)
    leads = make_pool("线索池", members=[company.li], key="lead")
    assert isinstance(create(company.li, f"pool:{leads.pk}"), Rejected)  # of another type
    assert not object_type("account").model._default_manager.exists()
    number = make("account", owner=company.li)
    draft = Draft({"owner": f"pool:{leads.pk}"}, record_id=number)
    access = Access.for_user(company.qian)
    [changed] = save_records(access, object_type("account"), [draft], source=TEST)
    assert isinstance(changed, Rejected)  # a record that is there is returned, with a reason


def test_the_form_suggests_the_pool_and_leads_to_where_it_lies(
    company: Company, pool: Pool
) -> None:
    client = browser(company.li)
    form = client.get("/accounts/new/").content.decode()
    assert 'data-combo="/accounts/owner/pick/"' in form
    options = client.get("/accounts/owner/pick/?q=").content.decode()
    assert f'data-id="pool:{pool.pk}"' in options
    assert "pool:" not in browser(company.zhou).get("/accounts/owner/pick/?q=").content.decode()
    assert (
        'data-combo="/people/pick/"' in browser(company.zhou).get("/accounts/new/").content.decode()
    )
    given = {"name": "表单来的客户", "owner": "公海：华东公海"}
    given["owner__pick"] = f"pool:{pool.pk}|公海：华东公海"
    answer = client.post("/accounts/new/", given)
    row = stored(name="表单来的客户")
    assert row.pool_id == pool.pk
    assert answer["Location"] == f"/pool/{pool.pk}/{row.pk}/"
    assert client.get(answer["Location"]).status_code == 200


def test_a_program_puts_a_lead_into_its_pool(company: Company) -> None:
    leads = make_pool("线索池", members=[company.li], key="lead")
    _token, secret = issue_token(company.li, "官网", ["lead:write"], days=3)
    data = json.dumps({"name": "官网留言", "owner": f"pool:{leads.pk}"})
    answer = Client().post(
        "/api/v1/leads", data, content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    assert stored("lead", pk=answer.json()["id"]).pool_id == leads.pk


def test_a_list_says_in_the_owners_column_what_goes_into_the_pool(
    company: Company, pool: Pool, tmp_path: Path
) -> None:
    file = tmp_path / "客户.csv"
    file.write_text(
        "客户名称,负责人\n海里一号,公海\n海里二号,华东公海\n自己的,\n错的,别的公海\n", "utf-8"
    )
    run = execute(check(upload_file(Access.for_user(company.li), file)))
    assert states(run) == {2: "created", 3: "created", 4: "created", 5: "rejected"}
    rows = {row.name: row for row in object_type("account").model._default_manager.all()}
    assert set(rows) == {"海里一号", "海里二号", "自己的"}
    assert [rows[name].pool_id for name in sorted(rows, key=lambda one: rows[one].pk)] == [
        pool.pk,
        pool.pk,
        None,
    ]


def test_a_name_of_a_colleague_and_of_the_pool_is_no_guess(company: Company, pool: Pool) -> None:
    add_user("hai", "华东公海", PASSWORD, department=company.east)
    outcome = create(company.qian, "华东公海")
    assert isinstance(outcome, Rejected)
    [problem] = outcome.problems
    assert problem.field == "owner"
    assert "华东公海" in str(problem.message)
    assert "公海：华东公海" in str(problem.message)  # how to say that the pool is meant
    assert isinstance(create(company.qian, "公海：华东公海"), Saved)
    assert stored(name="新来的客户").pool_id == pool.pk


def test_a_long_list_asks_once_which_pools_there_are(
    company: Company, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    offered = pool_taking.pools_to_release_into

    def counted(access: Access, declared: Any) -> Any:
        asked.append(declared.key)
        return offered(access, declared)

    monkeypatch.setattr(pool_taking, "pools_to_release_into", counted)
    drafts = [Draft({"name": f"第 {n} 家", "owner": "华东公海"}) for n in range(5)]
    found = save_records(Access.for_user(company.li), object_type("account"), drafts, source=TEST)
    assert all(isinstance(one, Saved) for one in found)
    assert asked == ["account"]


def test_a_leavers_customers_go_to_the_pool_and_the_rest_to_a_colleague(
    company: Company, pool: Pool
) -> None:
    account = make("account", owner=company.li)
    contact = make("contact", owner=company.li, account=account, seed=2)
    lead = make("lead", owner=company.li, seed=3)
    locked = make("account", owner=company.li, seed=4)
    address = f"/settings/people/{company.li.pk}/leaving/"
    client = browser(company.qian)
    assert f'value="pool:{pool.pk}"' in client.get(address).content.decode()
    given = {"keys": ["account", "lead"], "to_account": f"pool:{pool.pk}", "reason": " 离职\n"}
    assert client.post(address, given).status_code == 422  # nobody for the leads
    foreign = {**given, "to_lead": f"pool:{pool.pk}"}
    assert client.post(address, foreign).status_code == 422  # of another type
    given |= {"taker0": "周销售", "taker0__pick": f"{company.zhou.pk}|周销售"}
    assert client.post(address, given).status_code == 303
    run_worker(once=True)
    for number in (account, locked):
        row = stored(pk=number)
        assert (row.pool_id, row.owner_id) == (pool.pk, None)
        assert row.pool_reason == "离职"
        assert row.previous_owner_id == company.li.pk
    assert stored("contact", pk=contact).owner_id is None
    assert stored("lead", pk=lead).owner_id == company.zhou.pk
    report = Departure.objects.get()
    assert [f"pool:{pool.pk}", "account", 2] in report.given
    page = client.get(address).content.decode()
    assert "华东公海" in page
