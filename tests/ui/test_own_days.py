"""Conditions with a number of days of one's own: in the filters of a list, its address and the API."""

from __future__ import annotations

import re
from datetime import timedelta

from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.customers.models import Account
from tests.company import Company, make
from tests.ui.test_pages import PART, browser


def aged(owner: User, name: str, days: int, seed: int) -> int:
    number = make("account", owner=owner, name=name, seed=seed)
    at = now() - timedelta(days=days)
    Account.objects.filter(pk=number).update(created_at=at, last_activity_at=at)
    return number


def shown(page: str) -> set[str]:
    return {name for name in ("今日公司", "上月公司", "去年公司", "从未公司") if name in page}


def test_any_number_of_days_in_address_list_and_api(company: Company) -> None:
    aged(company.li, "今日公司", 0, 1)
    aged(company.li, "上月公司", 40, 2)
    aged(company.li, "去年公司", 300, 3)
    client = browser(company.li)
    for condition, wanted in (
        ("created_at:within:past_45_days", {"今日公司", "上月公司"}),
        ("created_at:within:over_39_days_ago", {"上月公司", "去年公司"}),
        ("created_at:within:over_40_days_ago", {"去年公司"}),
        ("created_at:not_within:over_39_days_ago", {"今日公司"}),
        ("created_at:within:in_over_1_days", set()),
    ):
        assert shown(client.get(f"/accounts/?where={condition}").content.decode()) == wanted
        answer = client.get(f"/api/v1/accounts?where={condition}")
        assert {one["name"] for one in answer.json()["items"]} == wanted
    assert client.get("/accounts/?where=created_at:within:over_x_days").status_code == 422


def test_the_filter_editor_takes_the_days(company: Company) -> None:
    client = browser(company.li)
    begun = "/accounts/?filter_field=created_at&filter_operator=within&filter_value="
    answer = client.get(f"{begun}over_%23_days_ago&filter_value=&filter_days=45", headers=PART)
    assert answer["HX-Push-Url"] == "/accounts/?where=created_at%3Awithin%3Aover_45_days_ago"
    chip = re.search(r'class="chip on"[^>]*>([^<]*)<', answer.content.decode())
    assert chip is not None and "45" in chip[1] and "#" not in chip[1]
    unfinished = client.get(f"{begun}over_%23_days_ago&filter_days=", headers=PART)
    assert unfinished["HX-Push-Url"] == "/accounts/", "days that are not given add no condition"
    named = client.get(f"{begun}today&filter_days=30", headers=PART)
    assert named["HX-Push-Url"] == "/accounts/?where=created_at%3Awithin%3Atoday"


def test_the_builder_keeps_the_days_while_it_is_built(company: Company) -> None:
    client = browser(company.li)
    line = (
        "building=1&node=1:0:line&field-1=created_at&was-1=created_at&operator-1=within"
        "&value-1=next_%23_days&days-1=12"
    )
    page = client.get(f"/accounts/filter/builder/?{line}", headers=PART).content.decode()
    assert re.search(r'value="next_#_days" selected', page) and 'name="days-1"' in page
    assert re.search(r'name="days-1"[^>]*value="12"', page)
    done = client.get(f"/accounts/filter/builder/?{line}&do=apply", headers=PART)
    assert done["HX-Redirect"] == "/accounts/?where=created_at%3Awithin%3Anext_12_days"


def test_who_was_not_followed_up_for_as_long_as_one_likes(company: Company) -> None:
    aged(company.li, "今日公司", 0, 1)
    aged(company.li, "上月公司", 40, 2)
    make("account", owner=company.li, name="从未公司", seed=5)
    client = browser(company.li)
    where = "where=owner:is_me&where=last_activity_at:not_within:past_7_days"
    menu = client.get(f"/accounts/filter/last_activity_at/?{where}", headers=PART).content.decode()
    form = menu[menu.index("<form") :]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert fields == {
        "where": "owner:is_me", "filter_field": "last_activity_at",
        "filter_operator": "not_within", "filter_value": "past_#_days",
    }  # fmt: skip
    answer = client.get("/accounts/", {**fields, "filter_days": "21"}, headers=PART)
    assert "last_activity_at%3Anot_within%3Apast_21_days" in answer["HX-Push-Url"]
    page = answer.content.decode()
    assert shown(page) == {"上月公司", "从未公司"}
    zh = client.get(
        "/accounts/?where=last_activity_at:not_within:past_21_days",
        headers={"Accept-Language": "zh"},
    ).content.decode()
    assert "超过 21 天未跟进" in zh
