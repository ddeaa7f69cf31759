"""Duplicates by keyboard: found while everything is compared, decided at the desk, merged at once."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from keqiao.customers.account import ACCOUNT
from keqiao.jobs.worker import run_worker
from keqiao.quality.duplicates.models import DuplicatePair, PairStatus, Relation
from keqiao.quality.duplicates.running import compare_type
from keqiao.records.query import records
from tests.company import SYSTEM, Company, make
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle
from tests.quality.duplicates.finding import keep, pair_of

NOTHING = {
    "parent": None,
    "uscc": "",
    "more_phones": [],
    "email": "",
    "website": "",
    "legal_person": "",
}


def press(page: Page, key: str) -> None:
    page.keyboard.press(key)
    settle(page)


def decided(page: Page, count: int) -> None:
    expect(page.locator("#desk [role=status]").first).to_contain_text(f"{count}/3")


def _customer(staff: Company, name: str, phone: str, seed: int, **more: str) -> int:
    given = {"region": "320505", "address": "竹园路209号", **NOTHING, **more}
    return make("account", owner=staff.wang, seed=seed, name=name, phone=phone, **given)


def test_pairs_are_decided_without_a_mouse(sit_down: SitDown, staff: Company) -> None:
    one = _customer(staff, "苏州博远科技有限公司", "13800138001", 1)
    two = _customer(staff, "博远科技（苏州）有限公司", "13800138001", 2)
    three = _customer(staff, "杭州明昌贸易有限公司", "057188887777", 3, region="330106")
    four = _customer(staff, "无锡同方机械厂", "13900139002", 4, region="320211")
    compare_type(ACCOUNT)
    assert pair_of(one, two).status == PairStatus.NEW
    keep(three, four)
    keep(one, four)
    desk = sit_down(staff.wang)
    page = desk.open("/quality/duplicates/")
    expect(page.locator(".dup-table tbody tr")).to_have_count(3)
    page = desk.open("/quality/queue/duplicates/")
    expect(page.locator(".desk-sides")).to_contain_text("博远科技（苏州）有限公司")
    press(page, "a")
    decided(page, 1)
    assert pair_of(one, two).status == PairStatus.MERGED
    press(page, "u")
    decided(page, 0)
    assert records(SYSTEM, ACCOUNT).filter(pk__in=[one, two]).count() == 2
    press(page, "a")
    decided(page, 1)
    press(page, "d")
    decided(page, 2)
    press(page, "1")
    press(page, "a")
    expect(page.locator("[data-desk-title]")).to_contain_text("没有")
    pairs = DuplicatePair.objects.exclude(status=PairStatus.MERGED)
    assert {pair.status for pair in pairs} == {PairStatus.DIFFERENT, PairStatus.RELATED}
    assert Relation.HOUSEHOLD in {pair.relation for pair in pairs}


def test_safe_pairs_are_merged_and_the_batch_taken_back(sit_down: SitDown, staff: Company) -> None:
    one = _customer(staff, "苏州博远科技有限公司", "13800138001", 1)
    two = _customer(staff, "博远科技（苏州）有限公司", "13800138001", 2)
    keep(one, two, weight=40.0, probability=0.9999)
    desk = sit_down(staff.wang)
    page = desk.open(f"/accounts/{one}/")
    expect(page.locator("main")).to_contain_text("可能与另一条记录重复")
    page = desk.open("/quality/duplicates/merge/")
    page.get_by_role("button", name="合并", exact=True).click()
    page.wait_for_url("**/jobs/*/")
    run_worker(once=True)
    live = records(SYSTEM, ACCOUNT).filter(pk__in=[one, two])
    assert live.count() == 1
    page = desk.open("/quality/duplicates/merge/")
    page.get_by_role("button", name="全部撤回").click()
    page.wait_for_url("**/jobs/*/")
    run_worker(once=True)
    assert live.count() == 2
