"""What the form says while somebody types, and what it must not say."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from tests.company import Company, make

BOYUAN = {"name": "苏州博远科技有限公司", "phone": "0512-66668888", "region": "320505"}
MOST_QUERIES = 14


def ask(user: User, path: str, values: dict[str, Any], status: int = 200) -> str:
    client = Client()
    client.force_login(user)
    answer = client.post(f"/{path}/likely/", values, headers={"HX-Request": "true"})
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def test_typing_a_name_names_the_customer_with_reasons(company: Company) -> None:
    pk = make("account", owner=company.li, **BOYUAN)
    html = ask(company.li, "accounts", {"name": "蘇州博遠科技"})
    assert "苏州博远科技有限公司" in html
    assert f'href="/accounts/{pk}/"' in html
    assert "客户名称相同" in html
    assert "李销售" in html
    assert f'value="account:{pk}"' in html
    assert "合并" not in html  # there is nothing to merge yet


def test_nothing_alike_says_nothing(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    assert ask(company.li, "accounts", {"name": "南京大华贸易有限公司"}).strip() == ""
    assert ask(company.li, "accounts", {}).strip() == ""
    ask(company.li, "tasks", {"name": "博远"}, status=204)


def test_a_lead_is_told_of_customer_and_contact(company: Company) -> None:
    account = make("account", owner=company.li, **BOYUAN)
    make("contact", owner=company.li, name="王小明", account=account, phone="13812345678")
    typed = {"name": "博远科技", "contact_name": "王小明", "phone": "13812345678"}
    html = ask(company.li, "leads", typed)
    assert "苏州博远科技有限公司" in html
    assert "王小明" in html


def test_a_record_out_of_reach_is_named_by_its_owner_alone(company: Company) -> None:
    pk = make("account", owner=company.zhou, **BOYUAN)
    html = ask(company.li, "accounts", {"name": "苏州博远科技有限公司", "phone": "051266668888"})
    assert "周销售" in html
    assert f"/accounts/{pk}/" not in html
    assert f":{pk}" not in html
    # No reason: it would tell what is written there.
    assert "名称相同" not in html
    assert "电话相同" not in html
    # A likeness that is not strong tells nothing at all of a record of others.
    assert ask(company.li, "accounts", {"name": "苏州博远科技有限公司"}).strip() == ""


@pytest.mark.parametrize("right", [Right.HIDDEN, Right.MASKED])
def test_a_field_one_may_not_read_does_not_speak(right: Right, company: Company) -> None:
    make("contact", owner=company.li, name="王小明", phone="13812345678", account=None, region="")
    asked = {"name": "李大山", "phone": "13812345678"}
    assert "王小明" in ask(company.li, "contacts", asked)
    for role in company.li.roles.all():
        set_field_right(role, "contact", "phone", right)
    assert ask(company.li, "contacts", asked).strip() == ""
    # Not through the same number of another type either.
    assert "王小明" not in ask(company.li, "leads", {"name": "某公司", "phone": "13812345678"})


def test_on_a_change_the_record_itself_is_left_out_and_merging_is_offered(
    company: Company,
) -> None:
    first = make("account", owner=company.qian, **BOYUAN)
    second = make("account", owner=company.qian, name="博远", region="", phone="", uscc="")
    html = ask(company.qian, "accounts", {"likely_of": str(second), "name": "苏州博远科技有限公司"})
    assert f"/accounts/merge/?ids={second},{first}" in html
    assert f'value="account:{second}"' not in html


def test_whoever_may_not_enter_is_told_nothing(company: Company) -> None:
    pk = make("account", owner=company.zhou, **BOYUAN)
    ask(company.sun, "accounts", dict(BOYUAN), status=403)
    ask(company.li, "accounts", {"likely_of": str(pk), **BOYUAN}, status=404)
    assert Client().post("/accounts/likely/", BOYUAN).status_code in {302, 403}


def test_whoever_tries_out_values_is_stopped(company: Company, settings: Any) -> None:
    settings.KEQIAO_API_PER_MINUTE = 75
    for _number in range(3):
        ask(company.li, "accounts", {"name": "博远"})
    ask(company.li, "accounts", {"name": "博远"}, status=204)
    ask(company.zhou, "accounts", {"name": "博远"})


def test_an_answer_costs_the_same_whoever_is_found(company: Company) -> None:
    def queries() -> int:
        client = Client()
        client.force_login(company.li)
        client.post("/accounts/likely/", {"name": "苏州博远科技有限公司"})
        with CaptureQueriesContext(connection) as captured:
            client.post("/accounts/likely/", {"name": "苏州博远科技有限公司"})
        return len(captured)

    make("account", owner=company.li, **BOYUAN)
    one = queries()
    for number in range(8):
        make("account", owner=company.li, seed=number + 5, name="苏州博远科技有限公司")
    assert queries() == one
    assert one <= MOST_QUERIES


def test_hostile_text_is_shown_as_text(company: Company) -> None:
    name = "<img src=x onerror=alert(1)>博远有限公司"
    make("account", owner=company.li, name=name)
    html = ask(company.li, "accounts", {"name": name})
    assert "<img" not in html
    assert "&lt;img" in html


def test_the_form_asks_while_one_types(company: Company) -> None:
    client = Client()
    client.force_login(company.li)
    for path in ("accounts", "contacts", "leads"):
        html = client.get(f"/{path}/new/").content.decode()
        assert f'hx-post="/{path}/likely/"' in html
    assert "/likely/" not in client.get("/tasks/new/").content.decode()
