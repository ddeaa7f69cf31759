"""A day with the product: find a customer, change it, meet a colleague's change, find it twice."""

from __future__ import annotations

import re
from typing import Any

import pytest

from keqiao.catalog.registry import object_type
from tests.company import Company, make, make_all
from tests.journeys.conftest import SitDown
from tests.journeys.looking import faint, settle


def stored(number: int, name: str, key: str = "account") -> Any:
    return object_type(key).model._default_manager.values_list(name, flat=True).get(pk=number)


def test_find_a_customer_and_change_it(sit_down: SitDown, staff: Company) -> None:
    number = make("account", owner=staff.li, name="苏州博远精密机械有限公司", level="C")
    make_all("account", [{} for _number in range(5)], owner=staff.li, seed=40)
    desk = sit_down(staff.li)
    page = desk.open("/accounts/")
    assert page.locator("tbody tr").count() == 6
    page.keyboard.press("Control+k")
    page.locator("#command [aria-selected=true]").wait_for()
    page.keyboard.type("bojm")
    for _letter in range(4):
        page.keyboard.press("Backspace")
    page.keyboard.type("by")
    page.locator("#command [aria-selected=true]", has_text="苏州博远精密机械有限公司").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/accounts/{number}/")
    settle(page)
    page.keyboard.press("e")
    page.wait_for_url(f"**/accounts/{number}/edit/")
    settle(page)
    page.fill("#id-website", "boyuan.example")
    page.locator("input[name=level][value=A]").check(force=True)
    page.keyboard.press("Control+s")
    page.wait_for_url(f"**/accounts/{number}/")
    assert "boyuan.example" in page.locator("main").inner_text()
    assert (stored(number, "level"), stored(number, "website")) == ("A", "https://boyuan.example")
    page.goto(f"{desk.base}/accounts/{number}/?tab=history")
    assert "李销售" in page.locator("main").inner_text()


def test_two_people_change_the_same_field(sit_down: SitDown, staff: Company) -> None:
    number = make("account", owner=staff.li, level="C", note="开始")
    li, wang = sit_down(staff.li), sit_down(staff.wang)
    for desk in (li, wang):
        desk.open(f"/accounts/{number}/edit/")
    wang.page.fill("#id-note", "王经理的话")
    wang.page.locator("[data-save], button[type=submit], .btn.p").last.click()
    wang.page.wait_for_url(f"**/accounts/{number}/")
    li.page.fill("#id-note", "李销售的话")
    li.page.fill("#id-legal_person", "张三")
    li.page.keyboard.press("Control+s")
    dialog = li.page.locator("#dialog .dlg")
    dialog.wait_for()
    settle(li.page)
    text = dialog.inner_text()
    assert "王经理的话" in text
    assert "李销售的话" in text
    assert stored(number, "note") == "王经理的话", "nothing is overwritten before the choice"
    mine = dialog.locator("input[type=radio][name=keep__note]").first
    mine.check(force=True)
    dialog.locator("footer .btn.p").click()
    li.page.wait_for_url(f"**/accounts/{number}/")
    assert (stored(number, "note"), stored(number, "legal_person")) == ("李销售的话", "张三")


def test_the_same_customer_is_not_made_twice_unaware(sit_down: SitDown, staff: Company) -> None:
    make("account", owner=staff.li, name="苏州博远精密机械有限公司", phone="13912345678")
    desk = sit_down(staff.li)
    page = desk.open("/accounts/new/")
    page.fill("#id-name", "博远机械")
    page.fill("#id-phone", "139-1234-5678")
    page.keyboard.press("Control+s")
    hint = page.locator("[role=alert]", has_text="苏州博远精密机械有限公司")
    hint.wait_for()
    settle(page)
    manager = object_type("account").model._default_manager
    assert manager.count() == 1
    page.locator("button[name=allow_duplicates]").click()
    page.wait_for_url(re.compile(r"/accounts/\d+/$"))
    assert manager.count() == 2


def test_a_wrong_value_is_told_beside_its_field(sit_down: SitDown, staff: Company) -> None:
    desk = sit_down(staff.li)
    page = desk.open("/accounts/new/")
    page.fill("#id-phone", "1391234567")
    page.keyboard.press("Control+s")
    page.locator("#id-phone[aria-invalid=true]").wait_for()
    assert page.locator("#id-phone").input_value() == "1391234567"
    assert page.locator("#id-phone-err").inner_text().strip()
    assert page.locator("#id-name[aria-invalid=true]").count() == 1


def test_a_field_of_the_company_s_own_is_there_at_once(sit_down: SitDown, staff: Company) -> None:
    number = make("account", owner=staff.li)
    boss, li = sit_down(staff.qian), sit_down(staff.li)
    assert li.open("/accounts/new/").get_by_label("合作阶段").count() == 0
    page = boss.open("/settings/fields/new/?object=account")
    page.fill("[name=label]", "合作阶段")
    page.fill("[name=standard]", "以最近一次订单为准。")
    page.click("[data-save]")
    page.wait_for_url("**/settings/fields/?object=account")
    form = li.open(f"/accounts/{number}/edit/")
    form.get_by_label("合作阶段", exact=True).fill("长期")
    form.locator("#f-x_he_zuo_jie_duan .why summary").click()
    assert "以最近一次订单为准。" in form.locator("form.form").inner_text()
    form.keyboard.press("Control+s")
    form.wait_for_url(f"**/accounts/{number}/")
    assert "长期" in form.locator("main").inner_text()


def test_many_at_once(sit_down: SitDown, staff: Company) -> None:
    from keqiao.jobs.worker import run_worker

    numbers = make_all("account", [{"level": "C"} for _n in range(4)], owner=staff.li)
    desk = sit_down(staff.li)
    page = desk.open("/accounts/")
    for place in (0, 1):
        page.locator("tbody .tick").nth(place).check()
    page.locator(".bulk [value=edit], .bulk [data-bulk=edit], .bulk button").first.click()
    dialog = page.locator("#dialog .dlg")
    dialog.wait_for()
    settle(page)
    dialog.locator("select[name=field]").select_option("level")
    page.locator("#dialog #bulk-value").wait_for()
    settle(page)
    page.locator("#dialog [name=value][value=A]").check(force=True)
    page.locator("#dialog footer button.p").click()
    page.locator("#dialog [data-poll]").wait_for()
    run_worker(once=True)
    assert sorted(stored(number, "level") for number in numbers) == ["A", "A", "C", "C"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_fits_a_phone(theme: str, sit_down: SitDown, staff: Company) -> None:
    number = make(
        "account", owner=staff.qian, name="很长很长的名字" * 10 + "有限公司", note="x" * 400
    )
    desk = sit_down(staff.qian, width=390, height=844, has_touch=True, color_scheme=theme)
    for address in (
        "/", "/accounts/", "/accounts/?where=level:any_of:A,B", f"/accounts/{number}/",
        f"/accounts/{number}/?tab=history", f"/accounts/{number}/edit/", "/accounts/new/",
        "/search/?q=test", "/todo/", "/me/", "/notices/", "/jobs/", "/import/", "/exports/",
        "/settings/profile/", "/settings/tokens/", "/settings/fields/", "/settings/people/",
        "/settings/roles/", "/settings/bin/", "/settings/sessions/", "/settings/numbering/",
    ):  # fmt: skip
        page = desk.open(address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{address} is {wide} pixels wide"


def test_the_dark_theme_is_dark_and_readable(sit_down: SitDown, staff: Company) -> None:
    number = make("account", owner=staff.li)
    desk = sit_down(staff.li)
    page = desk.open("/accounts/")
    page.locator("details.me summary").click()
    page.locator("details.me button[name=theme][value=dark]").click()
    page.wait_for_selector("html[data-theme=dark]")
    for address in ("/accounts/", f"/accounts/{number}/", f"/accounts/{number}/edit/", "/"):
        page = desk.open(address)
        assert faint(page) == []
