"""The desk of data quality by keyboard alone: review, what comes back, double entry, differences."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from keqiao.customers.account import ACCOUNT
from keqiao.quality.review.models import PendingChange, PendingState
from keqiao.records.outbox import dispatch_events
from keqiao.records.query import get_record, records
from tests.company import SYSTEM, Company, make, save_one
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle
from tests.quality.double_entry.rules import entry_rule
from tests.quality.review.rules import enter, review_rule

USCC = "91350100M000100Y43"


def press(page: Page, key: str) -> None:
    page.keyboard.press(key)
    settle(page)


def names() -> set[str]:
    return set(records(SYSTEM, ACCOUNT).values_list("name", flat=True))


def title(page: Page, text: str) -> None:
    expect(page.locator("[data-desk-title]")).to_contain_text(text)


def test_entries_are_reviewed_without_a_mouse(sit_down: SitDown, staff: Company) -> None:
    pk = make("account", owner=staff.li, name="苏州旧名有限公司", uscc="")
    review_rule(staff.wang)
    enter(staff.li, {"name": "甲骨科技有限公司"})
    enter(staff.li, {"name": "乙炔气体有限公司"})
    enter(staff.li, {"name": "苏州新名有限公司", "uscc": USCC}, record_id=pk)
    enter(staff.li, {"name": "丁香医药有限公司"})
    desk = sit_down(staff.wang)
    page = desk.open("/quality/queue/review/")
    title(page, "甲骨科技有限公司")
    press(page, "a")
    title(page, "乙炔气体有限公司")
    assert names() == {"苏州旧名有限公司", "甲骨科技有限公司"}
    expect(page.locator("[role=status]").first).to_contain_text("1/4")
    press(page, "s")
    title(page, "苏州旧名有限公司")
    # The first of two fields goes back; what is typed as the reason are no commands.
    press(page, "1")
    page.keyboard.type("asd 与执照不符")
    press(page, "Enter")
    title(page, "丁香医药有限公司")
    record = get_record(SYSTEM, ACCOUNT, pk)
    assert (record.name, record.uscc) == ("苏州旧名有限公司", USCC)
    press(page, "u")
    title(page, "苏州旧名有限公司")
    assert get_record(SYSTEM, ACCOUNT, pk).uscc == ""
    press(page, "d")
    page.keyboard.type("资料不全")
    press(page, "Enter")
    title(page, "丁香医药有限公司")
    state = PendingChange.objects.get(record_id=pk).state
    assert state == PendingState.REJECTED
    press(page, "a")
    title(page, "已到最后一条")
    assert "乙炔气体有限公司" not in names()


def test_the_keys_rest_while_an_input_method_composes(sit_down: SitDown, staff: Company) -> None:
    review_rule(staff.wang)
    enter(staff.li, {"name": "甲骨科技有限公司"})
    page = sit_down(staff.wang).open("/quality/queue/review/")
    page.evaluate(
        """() => document.body.dispatchEvent(
             new KeyboardEvent("keydown", {key: "a", isComposing: true, bubbles: true}))"""
    )
    settle(page)
    assert PendingChange.objects.get().state == PendingState.WAITING
    press(page, "a")
    title(page, "没有待处理")
    assert names() == {"甲骨科技有限公司"}


def test_what_came_back_is_corrected_and_accepted(sit_down: SitDown, staff: Company) -> None:
    review_rule(staff.wang)
    enter(staff.li, {"name": "苏州博原科技有限公司"})
    reviewer = sit_down(staff.wang).open("/quality/queue/review/")
    press(reviewer, "d")
    reviewer.keyboard.type("应为博远")
    press(reviewer, "Enter")
    maker = sit_down(staff.li).open("/notices/")
    maker.locator("a", has_text="退回了您录入的内容").first.click()
    maker.wait_for_url("**/quality/review/*/")
    assert "应为博远" in maker.locator("main").inner_text()
    maker.keyboard.press("e")
    maker.wait_for_url("**/correct/")
    maker.fill("#id-name", "苏州博远科技有限公司")
    maker.keyboard.press("Control+s")
    maker.wait_for_url("**/accounts/")
    page = sit_down(staff.wang).open("/quality/queue/review/")
    title(page, "苏州博远科技有限公司")
    press(page, "a")
    title(page, "没有待处理")
    assert names() == {"苏州博远科技有限公司"}


def test_a_record_is_keyed_twice_and_a_third_person_settles(
    sit_down: SitDown, staff: Company
) -> None:
    entry_rule(staff.li, staff.wang, staff.qian, fields=["uscc", "phone"])
    pk = make("account", owner=staff.li, name="苏州博远科技有限公司", uscc="", phone="")
    from keqiao.access.access import Access

    values = {"uscc": USCC, "phone": "0512-62881234"}
    save_one(Access.for_user(staff.li), "account", values, record_id=pk)
    dispatch_events()
    page = sit_down(staff.wang).open("/quality/second-entry/")
    page.locator("#id-uscc").focus()
    page.keyboard.type(USCC)
    page.locator("#id-phone").focus()
    page.keyboard.type("0512-62881243")
    page.keyboard.press("Control+s")
    expect(page.locator("#toasts")).to_contain_text("2 个字段中 1 个一致")
    boss = sit_down(staff.qian).open("/quality/queue/differences/")
    title(boss, "苏州博远科技有限公司")
    press(boss, "1")
    press(boss, "1")
    press(boss, "a")
    title(boss, "没有待处理")
    assert get_record(SYSTEM, ACCOUNT, pk).phone == "+8651262881243"
    details = sit_down(staff.li).open(f"/accounts/{pk}/?tab=details")
    expect(details.locator("dt .mark")).to_have_count(2)
