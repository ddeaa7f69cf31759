"""Saved views: they open again as they were kept, never wider, and say what is missing from them."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.catalog.custom_fields import add_custom_field, delete_custom_field, uses_of
from keqiao.catalog.registry import object_type
from keqiao.ui.models import SavedView
from tests.company import Company, make
from tests.ui.test_list_menus import hide
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db


def keep(client: Client, state: str, name: str = "重点华东", **more: str) -> str:
    response = client.post("/accounts/views/save/", {"state": state, "name": name, **more})
    assert response.status_code == 303, response.content.decode()[:2000]
    return str(response["Location"])


def test_a_view_opens_as_it_was_kept_and_shows_when_it_was_changed(company: Company) -> None:
    make("account", owner=company.li, name="甲级公司", level="A")
    make("account", owner=company.li, name="乙级公司", level="B", seed=7)
    client = browser(company.li)
    address = keep(client, "where=level:equals:A&sort=name&columns=level")
    page = client.get(address).content.decode()
    assert "甲级公司" in page and "乙级公司" not in page
    assert "重点华东" in page and "views/save/?state" not in page
    changed = client.get(f"{address}&changed=1&where=level:equals:B&sort=name&columns=level")
    text = changed.content.decode()
    assert "乙级公司" in text and "甲级公司" not in text
    assert f'href="{address}"' in text and "/save/" in text
    number = address.rpartition("=")[2]
    client.post(f"/accounts/views/{number}/save/", {"state": "where=level:equals:B"})
    assert "乙级公司" in client.get(address).content.decode()


def test_a_view_opens_first_and_everything_is_still_a_click_away(company: Company) -> None:
    make("account", owner=company.li, name="甲级公司", level="A")
    make("account", owner=company.li, name="乙级公司", level="B", seed=7)
    client = browser(company.li)
    keep(client, "where=level:equals:A", is_first="1")
    assert "乙级公司" not in client.get("/accounts/").content.decode()
    page = client.get("/accounts/?view=all").content.decode()
    assert "乙级公司" in page and "/accounts/?view=all" in page


def test_who_may_open_change_and_share(company: Company) -> None:
    own = keep(browser(company.li), "where=level:equals:A")
    wang = browser(company.wang)
    assert "重点华东" not in wang.get("/accounts/").content.decode()
    assert "不再与您共享" in wang.get(own).content.decode()
    shared = keep(browser(company.li), "where=level:equals:B", "部门用", audience="department")
    assert "部门用" in wang.get("/accounts/").content.decode()
    assert "部门用" not in browser(company.zhou).get("/accounts/").content.decode()
    number = shared.rpartition("=")[2]
    assert wang.post(f"/accounts/views/{number}/save/", {"state": ""}).status_code == 403
    assert wang.post("/accounts/views/", {"do": f"delete:{number}"}).status_code == 403
    assert SavedView.objects.count() == 2
    refused = browser(company.li).post(
        "/accounts/views/save/", {"state": "", "name": "全员", "audience": "everybody"}
    )
    assert refused.status_code == 422
    keep(browser(company.qian), "where=level:equals:A", "全公司", audience="everybody")
    assert "全公司" in browser(company.zhou).get("/accounts/").content.decode()


def test_a_view_whose_field_is_gone_or_hidden_opens_and_says_so(company: Company) -> None:
    field = add_custom_field(
        object_type("account"), {"label": "信用评级", "kind": "text", "filterable": True}
    )
    nested = json.dumps(
        {"any": [
            {"field": field.key, "operator": "equals", "value": "AA"},
            {"field": "level", "operator": "equals", "value": "A"},
        ]}
    )  # fmt: skip
    make("account", owner=company.li, name="甲级公司", level="A")
    client = browser(company.li)
    address = keep(client, f"where={field.key}:equals:AA&columns={field.key}&filter={nested}")
    assert uses_of(field)[-1].names == ("重点华东",)
    delete_custom_field(field)
    page = client.get(address)
    assert page.status_code == 200
    assert field.key in page.content.decode() and "甲级公司" in page.content.decode()
    hide(company.li, "level")
    text = client.get(address).content.decode()
    assert "无权查看的字段" in text


def test_order_tab_and_name_are_changed_on_the_page_of_views(company: Company) -> None:
    client = browser(company.li)
    first = keep(client, "where=level:equals:A", "一").rpartition("=")[2]
    second = keep(client, "where=level:equals:B", "二").rpartition("=")[2]
    client.post("/accounts/views/", {"do": f"down:{first}"})
    page = client.get("/accounts/").content.decode()
    assert page.index(f"view={second}") < page.index(f"view={first}")
    client.post("/accounts/views/", {"do": f"untab:{first}"})
    assert f'href="/accounts/?view={first}"' not in client.get("/accounts/").content.decode()
    client.post("/accounts/views/", {"do": f"rename:{second}", f"name-{second}": "改名"})
    assert "改名" in client.get("/accounts/").content.decode()
    twice = client.post("/accounts/views/save/", {"state": "", "name": "改名"})
    assert twice.status_code == 422


def test_lists_ask_no_further_query_for_views(
    company: Company, django_assert_max_num_queries: object
) -> None:
    client = browser(company.li)
    for number in range(5):
        keep(client, "where=level:equals:A", f"视图{number}")
    client.get("/accounts/")
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        client.get("/accounts/")
    assert Access.for_user(company.li).user_id == company.li.pk


@pytest.mark.parametrize("state", ["sort=na%00me", "where=name:equals:a%00b", "display=a%00"])
def test_a_nul_inside_the_state_is_refused_wherever_it_is_read(
    company: Company, state: str
) -> None:
    make("account", owner=company.li)
    client = browser(company.li)
    number = keep(client, "sort=name").rpartition("=")[2]
    for address in (
        "/accounts/views/save/", f"/accounts/views/{number}/save/", "/accounts/bulk/",
    ):  # fmt: skip
        given = {"state": state, "name": "x", "action": "delete", "all": "1"}
        assert client.post(address, given).status_code == 400, address
