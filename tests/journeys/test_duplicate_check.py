"""Whoever types a customer that is there is told so before saving; rules are tried before they hold."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from keqiao.customers.account import ACCOUNT
from keqiao.customers.lead import LEAD
from keqiao.quality.scenarios.known import rules_for
from keqiao.quality.scenarios.models import Act, Scenario
from keqiao.records.query import records
from tests.company import SYSTEM, Company, make
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle

BOYUAN = {"name": "苏州博远科技有限公司", "phone": "0512-66668888", "region": "320505"}


def test_typing_a_known_customer_says_so_before_saving(sit_down: SitDown, staff: Company) -> None:
    pk = make("account", owner=staff.li, **BOYUAN)
    desk = sit_down(staff.li)
    page = desk.open("/leads/new/")
    hint = page.locator(".likely")
    expect(hint).to_be_hidden()
    page.locator("#id-name").press_sequentially("蘇州博遠科技", delay=20)
    expect(hint).to_contain_text("苏州博远科技有限公司")
    expect(hint).to_contain_text("名称相同")
    expect(hint.get_by_role("link", name="打开")).to_have_attribute("href", f"/accounts/{pk}/")
    # Another name: the hint goes by itself, and nothing was lost of what was typed.
    page.fill("#id-name", "南京大华贸易有限公司")
    expect(hint).to_be_hidden()
    page.click("[data-save]")
    expect(page).to_have_url(re.compile(r"/leads/\d+/$"))
    assert records(SYSTEM, LEAD).count() == 1


def test_on_a_phone_the_hint_leaves_the_form_in_sight(sit_down: SitDown, staff: Company) -> None:
    for number in range(5):
        make("account", owner=staff.li, seed=number + 2, **BOYUAN)
    desk = sit_down(staff.li, width=390, height=844, has_touch=True, is_mobile=True)
    page = desk.open("/accounts/new/")
    page.locator("#id-name").press_sequentially("博远科技", delay=20)
    hint = page.locator(".likely .note")
    expect(hint).to_be_visible()
    box = hint.bounding_box()
    assert box is not None
    assert box["height"] <= 0.35 * 844
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_what_was_shown_while_typing_is_saved_without_a_second_question(
    sit_down: SitDown, staff: Company
) -> None:
    make("account", owner=staff.li, **BOYUAN)
    page = sit_down(staff.li).open("/accounts/new/")
    page.locator("#id-phone").press_sequentially("051266668889", delay=10)
    page.locator("#id-name").press_sequentially("苏州博源科技有限公司", delay=10)
    expect(page.locator(".likely")).to_contain_text("客户名称同音")
    page.click("[data-save]")
    expect(page).to_have_url(re.compile(r"/accounts/\d+/$"))
    assert records(SYSTEM, ACCOUNT).count() == 2


def test_a_rule_is_tried_out_and_then_holds(sit_down: SitDown, staff: Company) -> None:
    make("account", owner=staff.li, uscc="", **BOYUAN)
    alike = {"name": "苏州博源科技有限公司", "phone": "0512-66668889", "region": "320505"}
    make("account", owner=staff.li, seed=9, uscc="", **alike)
    page = sit_down(staff.qian).open("/settings/duplicates/")
    page.get_by_role("link", name="录入时高度相似").click()
    page.select_option("#r-action", "block")
    settle(page)
    page.click("button[value=try]")
    expect(page.locator("section[aria-live]")).to_contain_text("苏州博源科技有限公司")
    page.click("button[value=save]")
    expect(page).to_have_url(re.compile(r"/settings/duplicates/\?object=account$"))
    [rule] = rules_for(ACCOUNT, Scenario.ENTRY)
    assert rule.action == Act.BLOCK
