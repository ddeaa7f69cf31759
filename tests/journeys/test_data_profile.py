"""A data steward finds what is rotten in one field and repairs it in one go, by keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from keqiao.customers.account import ACCOUNT
from keqiao.jobs.worker import run_worker
from keqiao.records.query import records
from tests.company import SYSTEM, Company, make
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle

USUAL = "星湖街328号"
VARIANTS = (USUAL, USUAL, USUAL, "星湖街 328 号", "星湖街-328号")


def addresses() -> list[str]:
    return sorted(records(SYSTEM, ACCOUNT).values_list("address", flat=True))


def enter(page: Page, name: str, role: str = "link") -> None:
    page.get_by_role(role, name=name, exact=True).first.focus()  # type: ignore[arg-type]
    page.keyboard.press("Enter")
    settle(page)


def test_variants_are_found_brought_together_and_taken_back(
    sit_down: SitDown, staff: Company
) -> None:
    for seed, address in enumerate((*VARIANTS, "无")):
        make("account", owner=staff.li, seed=seed, address=address, region="320505")
    desk = sit_down(staff.li)
    page = desk.open("/quality/profile/")
    enter(page, "详细地址")
    expect(page.locator(".pfcards")).to_contain_text("占位值")
    # A figure opens its records.
    shape = page.get_by_role("link", name="汉{3}9{3}汉", exact=True)
    expect(shape).to_be_visible()
    enter(page, "汉{3}9{3}汉")
    expect(page.locator("body")).to_contain_text("格式为")
    assert "/accounts/?where=address" in desk.here
    page.go_back()
    settle(page)
    enter(page, "归并写法")
    expect(page.locator(".pfcluster")).to_contain_text("3 种写法，5 条记录")
    enter(page, "预览修改", "button")
    expect(page.locator("h1")).to_contain_text("将修改 2 条记录")
    enter(page, "应用", "button")
    run_worker(once=True)
    assert addresses() == sorted([*[USUAL] * 5, "无"])
    job = desk.here
    page = desk.open(f"{job}undo/")
    page.locator("form[action$='/undo/'] button.p").focus()
    page.keyboard.press("Enter")
    settle(page)
    run_worker(once=True)
    assert addresses() == sorted([*VARIANTS, "无"])


def test_tidying_all_asks_for_the_number(sit_down: SitDown, staff: Company) -> None:
    for seed, address in enumerate(VARIANTS):
        make("account", owner=staff.li, seed=seed, address=address)
    desk = sit_down(staff.li)
    page = desk.open("/quality/profile/accounts/address/tidy/")
    page.get_by_label("处理方式").focus()
    page.get_by_label("处理方式").select_option("replace")
    page.get_by_label("要替换的文字").fill("街")
    page.get_by_label("新文字（可留空）").fill("大街")
    enter(page, "预览修改", "button")
    expect(page.locator(".pagebody")).to_contain_text("星湖大街328号")
    enter(page, "应用", "button")
    expect(page.get_by_role("alert")).to_contain_text("请输入记录数以确认")
    page.locator("[name=sure]").fill("5")
    enter(page, "应用", "button")
    run_worker(once=True)
    assert all("大街" in address for address in addresses())
