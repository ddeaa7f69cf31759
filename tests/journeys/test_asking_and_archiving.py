"""A customer answers on his phone what a colleague asked by a link; what is quiet is laid aside and back."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Browser, expect

from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.jobs.worker import run_worker
from keqiao.quality.review.models import PendingChange
from tests.company import Company, make
from tests.journeys.conftest import SitDown
from tests.journeys.looking import PHONE, settle

ACCOUNT = object_type("account")


def test_a_customer_answers_and_a_colleague_accepts(
    sit_down: SitDown, staff: Company, chromium: Browser
) -> None:
    pk = make("contact", owner=staff.li, phone="13800138001", position="")
    desk = sit_down(staff.li)
    page = desk.open(f"/contacts/{pk}/ask-customer/")
    page.locator("input[name=fields][value=phone]").check()
    page.locator("input[name=shows_values]").check()
    page.locator("button.p").click()
    settle(page)
    link = page.locator("#link").inner_text()
    assert link in page.locator("#mail-text").input_value()
    outside = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    customer = outside.new_page()
    customer.goto(link)
    expect(customer.locator("h1")).to_have_text("请核对您的资料")
    assert "13800138001" not in customer.content()
    assert customer.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    customer.locator("input[name=phone]").fill("1390013")
    customer.get_by_role("button", name="提交").click()
    expect(customer.locator("[aria-invalid=true]")).to_have_value("1390013")
    customer.locator("input[name=phone]").fill("13900139002")
    customer.locator("button[lang=en]").click()
    expect(customer.locator("h1")).to_have_text("Please check your details")
    customer.locator("input[name=phone]").fill("13900139002")
    customer.get_by_role("button", name="Send").click()
    expect(customer.locator("h1")).to_have_text("Thank you")
    customer.goto(link)
    expect(customer.locator("h1")).to_have_text("This link is not valid")
    outside.close()
    page = desk.open("/quality/queue/review/")
    expect(page.locator("[data-desk-title]")).to_be_visible()
    settle(page)
    page.keyboard.press("a")
    expect(page.locator("[data-desk-title]")).to_contain_text("没有待处理")
    assert PendingChange.objects.get().state == "accepted"
    stored = object_type("contact").model._default_manager.get(pk=pk)
    assert stored.phone.endswith("13900139002")  # type: ignore[attr-defined]


def test_what_is_quiet_is_counted_archived_found_and_brought_back(
    sit_down: SitDown, staff: Company
) -> None:
    quiet = make("account", seed=1, owner=staff.li, name="苏州静默机械厂")
    make("account", seed=2, owner=staff.li, name="苏州热闹机械厂")
    at = now() - timedelta(days=900)
    ACCOUNT.model._default_manager.filter(pk=quiet).update(
        created_at=at, updated_at=at, last_activity_at=None, next_activity_at=None
    )
    desk = sit_down(staff.qian)
    page = desk.open("/settings/archive/")
    page.locator("#a-object").select_option("account")
    page.locator("form[action='/settings/archive/new/'] button").click()
    page.locator("#r-name").fill("两年没有动态")
    page.locator("button[value=try]").click()
    expect(page.locator("#rule-form .feed")).to_have_text("苏州静默机械厂")
    page.locator("button[value=run]").click()
    page.wait_for_url("**/jobs/**")
    run_worker(once=True)
    page = desk.open("/accounts/")
    expect(page.locator("main")).not_to_contain_text("苏州静默机械厂")
    page = desk.open("/accounts/?where=archived_at:is_filled")
    expect(page.locator("main")).to_contain_text("苏州静默机械厂")
    page = desk.open(f"/accounts/{quiet}/")
    page.locator("form[action$='/unarchive/'] button").click()
    settle(page)
    page = desk.open("/accounts/")
    expect(page.locator("main")).to_contain_text("苏州静默机械厂")
