"""A whole list goes into a pool: chosen in the wizard or on the command line, by who may fill it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import ensure_standard_roles, set_field_right
from keqiao.catalog.registry import object_type
from keqiao.config.command_line import main
from keqiao.customers.pool.known import pools_changed
from keqiao.customers.pool.models import Pool, PoolMove
from keqiao.importing.command import CommandProblem, run_import_command
from keqiao.importing.models import ImportRun
from keqiao.jobs.worker import run_worker
from tests.company import Company, make
from tests.customers.pools import make_pool
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db
LIST = "客户名称,负责人,电话\n海里一号,周销售,01062518888\n海里二号,,01062518889\n"
COLUMNS = {"column-0": "name", "column-1": "owner", "column-2": "phone", "mode": "create"}


@pytest.fixture
def pool(company: Company) -> Pool:
    return make_pool(members=[company.li])


def uploaded(client: Client, key: str = "account") -> str:
    file = SimpleUploadedFile("名单.csv", LIST.encode())
    answer = client.post("/import/", {"object": key, "file": file})
    return answer.headers["Location"].removesuffix("columns/")


def bring_in(client: Client, run: str, **given: str) -> ImportRun:
    assert client.post(f"{run}check/", {**COLUMNS, **given}).status_code == 303
    run_worker(once=True)
    assert client.post(f"{run}run/").status_code == 303
    run_worker(once=True)
    return ImportRun.objects.get()


def rows(key: str = "account") -> list[tuple[Any, ...]]:
    found = object_type(key).model._default_manager.order_by("pk")
    return list(found.values_list("name", "owner_id", "pool_id"))


def test_a_list_goes_into_the_pool_whatever_its_owner_column_says(
    company: Company, pool: Pool
) -> None:
    client = browser(company.li)
    run = uploaded(client)
    page = client.get(f"{run}columns/").content.decode()
    assert f'<option value="pool:{pool.pk}">公海: 华东公海</option>' in page.replace("：", ": ")
    bring_in(client, run, owner=f"pool:{pool.pk}")
    assert rows() == [("海里一号", None, pool.pk), ("海里二号", None, pool.pk)]
    assert PoolMove.objects.filter(pool=pool, what=PoolMove.What.ADDED).count() == 2


def test_the_check_says_where_new_records_go(company: Company, pool: Pool) -> None:
    client = browser(company.li)
    run = uploaded(client)
    client.post(f"{run}check/", {**COLUMNS, "owner": f"pool:{pool.pk}"})
    run_worker(once=True)
    assert rows() == []
    assert "华东公海" in client.get(run).content.decode()


def test_the_column_or_the_importer_are_the_other_choices(company: Company, pool: Pool) -> None:
    client = browser(company.qian)
    bring_in(client, uploaded(client))
    assert rows() == [("海里一号", company.zhou.pk, None), ("海里二号", company.qian.pk, None)]
    ImportRun.objects.all().delete()
    run = uploaded(client)
    client.post(f"{run}check/", {**COLUMNS, "owner": "me", "allow_duplicates": "1"})
    run_worker(once=True)
    client.post(f"{run}run/")
    run_worker(once=True)
    assert [owner for _name, owner, _pool in rows()[2:]] == [company.qian.pk] * 2


def test_records_that_are_there_stay_with_whom_they_are(company: Company, pool: Pool) -> None:
    number = make("account", owner=company.li, name="海里一号")
    client = browser(company.li)
    both = {"mode": "both", "key": "name", "column-1": "", "owner": f"pool:{pool.pk}"}
    run = bring_in(client, uploaded(client), **both)
    assert (run.created, run.updated) == (1, 1)
    assert rows() == [("海里一号", company.li.pk, None), ("海里二号", None, pool.pk)]
    assert object_type("account").model._default_manager.get(pk=number).phone  # type: ignore[attr-defined]


def refused(user: User, taker: str, key: str = "account") -> None:
    client = browser(user)
    run = uploaded(client, key)
    answer = client.post(f"{run}check/", {**COLUMNS, "owner": taker})
    assert answer.status_code == 422, taker
    assert ImportRun.objects.latest("pk").owner == ""
    assert rows(key) == []


def test_only_pools_one_may_fill_are_offered_and_taken(company: Company, pool: Pool) -> None:
    leads = make_pool("线索池", members=[company.li], key="lead")
    foreign = make_pool("机密公海", members=[company.zhao])
    client = browser(company.li)
    page = client.get(f"{uploaded(client)}columns/").content.decode()
    assert "线索池" not in page and "机密公海" not in page
    for taker in (f"pool:{foreign.pk}", f"pool:{leads.pk}", "pool:999", "pool:x", "owner:1"):
        refused(company.li, taker)
    zhou = browser(company.zhou)
    assert 'name="owner"' not in zhou.get(f"{uploaded(zhou)}columns/").content.decode()
    refused(company.zhou, f"pool:{pool.pk}")


def test_who_may_not_choose_an_owner_is_offered_no_pool(company: Company, pool: Pool) -> None:
    set_field_right(ensure_standard_roles()["sales"], "account", "owner", Right.READ)
    client = browser(company.li)
    assert 'name="owner"' not in client.get(f"{uploaded(client)}columns/").content.decode()
    refused(company.li, f"pool:{pool.pk}")


def test_a_pool_that_closed_after_the_check_takes_nothing(company: Company, pool: Pool) -> None:
    client = browser(company.li)
    run = uploaded(client)
    client.post(f"{run}check/", {**COLUMNS, "owner": f"pool:{pool.pk}"})
    run_worker(once=True)
    Pool.objects.update(is_active=False)
    pools_changed()
    client.post(f"{run}run/")
    run_worker(once=True)
    found = ImportRun.objects.get()
    assert (found.created, found.rejected) == (0, 2) and rows() == []


def test_the_command_line_names_the_pool(company: Company, pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "名单.csv"
    file.write_text(LIST, "utf-8")
    make_pool("线索池", members=[company.li], key="lead")
    for name in ("没有的", "线索池", "999"):
        with pytest.raises(CommandProblem) as found:
            run_import_command(str(file), "account", into=("pool", name), username="li")
        assert (
            "华东公海" in found.value.message
            and "线索池" not in found.value.message.split("可选")[-1]
        )
    given = [
        "import",
        str(file),
        "--object",
        "account",
        "--pool",
        "华东公海",
        "--user",
        "li",
        "--json",
    ]
    answer = CliRunner().invoke(main, given)
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["created"] == 2
    assert {pool_id for _name, _owner, pool_id in rows()} == {pool.pk}
    dry = run_import_command(str(file), "account", into=("pool", str(pool.pk)), dry_run=True)
    assert dry["rows_read"] == 2
