"""A day with customers from the start page to the pool, and handing over a leaver's, by keyboard."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Locator, Page

from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.jobs.worker import run_worker
from keqiao.records.query import records
from tests.company import SYSTEM, Company, make, make_all
from tests.customers.pools import make_pool, make_room, put_in, stored
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle

MANY = 500


def number_of(page: Page, label: str) -> int:
    """Return what a counter of the start page or a line of the brief says."""
    line = page.locator(".counters li, .brief li", has_text=label).first
    return int(line.locator("b").inner_text().replace(",", ""))


def reach(page: Page, wanted: Locator, steps: int = 90) -> None:
    """Go on with Tab until the focus stands on `wanted`."""
    for _step in range(steps):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {wanted}")


def test_a_day_from_the_start_page(sit_down: SitDown, staff: Company) -> None:
    account = make("account", owner=staff.li, name="苏州博远精密机械有限公司")
    due = timezone.now() - timedelta(minutes=5)
    given = {"at": due, "about": f"account:{account}", "contacts": [], "state": "planned"}
    task = make("task", owner=staff.li, name="寄样品", **given)
    desk = sit_down(staff.li)
    page = desk.open("/")
    assert number_of(page, "今日需联系客户") == 1
    assert number_of(page, "完成任务") == 0 and number_of(page, "跟进记录") == 0

    # Open what is due, complete it and say what comes next.
    reach(page, page.get_by_role("link", name="寄样品", exact=True))
    page.keyboard.press("Enter")
    page.locator("#dialog dialog[open] h2", has_text="寄样品").wait_for()
    settle(page)
    reach(page, page.locator("#dialog a.p"))
    page.keyboard.press("Enter")
    page.locator("#done-note:focus").wait_for()
    settle(page)
    page.keyboard.type("样品已签收，等试机结果")
    reach(page, page.locator("#dialog .nextstep summary"), 3)
    page.keyboard.press("Enter")
    reach(page, page.locator("#next-name"), 6)
    page.keyboard.type("问试机结果")
    page.keyboard.press("Enter")
    page.locator("#dialog dialog").wait_for(state="detached")
    settle(page)
    page.locator(".homecard .work.done", has_text="寄样品").wait_for()
    assert stored("task", task).state == "done"
    following = records(SYSTEM, object_type("task")).get(name="问试机结果")
    assert following.state == "planned" and following.at > now()

    # Log what else happened, from where one stands.
    page.keyboard.press("Control+k")
    page.locator("#command[open] input").wait_for()
    page.locator("#command [aria-selected=true]").wait_for()
    page.keyboard.type("byjm")
    page.locator("#command [aria-selected=true]", has_text="博远").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/accounts/{account}/")
    settle(page)
    page.keyboard.press("l")
    page.locator(".composer textarea:focus").wait_for()
    page.keyboard.type("电话里说价格可以接受")
    page.keyboard.press("Enter")
    page.locator("#timeline", has_text="价格可以接受").wait_for()

    page.keyboard.press("Escape")  # out of the line, which waits for the next one
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(f"{desk.base}/")
    settle(page)
    assert number_of(page, "今日需联系客户") == 0
    assert number_of(page, "完成任务") == 1 and number_of(page, "跟进记录") == 1


def test_claiming_from_the_pool_until_there_is_no_room(sit_down: SitDown, staff: Company) -> None:
    pool = make_pool(members=[staff.east])
    make_room("account", 2)
    ids = make_all("account", [{"name": f"公海客户{n}有限公司"} for n in range(3)])
    put_in(pool, *ids)
    page = sit_down(staff.li).open("/pool/")
    for held in (1, 2):
        reach(page, page.locator("#rows .act button").first)
        page.keyboard.press("Enter")
        page.locator(".pool-facts dd", has_text=f"{held}/2").first.wait_for()
        settle(page)
    reach(page, page.locator("#rows .act button").first)
    page.keyboard.press("Enter")
    refusal = page.locator("#dialog dialog[open] [role=alert], #dialog dialog[open] li").first
    refusal.wait_for()
    assert "2" in refusal.inner_text() and "客户" in refusal.inner_text()
    page.keyboard.press("Escape")
    page.locator("#dialog dialog").wait_for(state="detached")
    owners = [stored("account", number).owner_id for number in ids]
    assert sorted(owners, key=str) == sorted([staff.li.pk, staff.li.pk, None], key=str)


def test_five_hundred_customers_go_to_three_colleagues(sit_down: SitDown, staff: Company) -> None:
    make_all("account", [{"parent": None} for _number in range(MANY)], owner=staff.li)
    takers = (staff.zhou, staff.wang, staff.zhao)
    desk = sit_down(staff.qian)
    page = desk.open(f"/settings/people/{staff.li.pk}/leaving/")
    assert str(MANY) in page.locator("main table").first.inner_text()
    for place, taker in enumerate(takers):
        page.locator(f"[name=taker{place}]").focus()
        page.keyboard.type(taker.name)
        page.locator(".combo .options [role=option]", has_text=taker.name).wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        picked = page.locator(f"[name=taker{place}__pick]")
        assert str(picked.input_value()).startswith(f"{taker.pk}|")
    reach(page, page.get_by_role("button", name="移交", exact=True))
    page.keyboard.press("Enter")
    page.get_by_text("正在进行中").wait_for()
    settle(page)
    run_worker(once=True)
    page = desk.open(f"/settings/people/{staff.li.pk}/leaving/")
    report = page.locator("main section", has_text="167").first
    assert all(one.name in report.inner_text() for one in takers)
    held = [stored_of(one) for one in (*takers, staff.li)]
    assert held == [167, 167, 166, 0]
    assert not User.objects.get(pk=staff.li.pk).is_active


def stored_of(user: User) -> int:
    return records(SYSTEM, object_type("account")).filter(owner_id=user.pk).count()
