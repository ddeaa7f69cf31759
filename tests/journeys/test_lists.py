"""A list set up to one's liking without a mouse: columns, widths, stars, totals, board and calendar."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from keqiao.base.clock import today
from keqiao.catalog.registry import object_type
from keqiao.records.query import get_record
from keqiao.ui.models import Favourite
from tests.company import SYSTEM, Company, make
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle

if TYPE_CHECKING:
    from playwright.sync_api import Page


def order(page: Page) -> list[str]:
    return page.eval_on_selector_all("thead th[data-f]", "all => all.map(one => one.dataset.f)")


def width(page: Page, name: str) -> int:
    return round(page.locator(f"th[data-f={name}]").bounding_box()["width"])


def test_columns_stars_and_totals_by_keyboard(sit_down: SitDown, staff: Company) -> None:
    for seed, amount in enumerate(("1000", "2345.50"), start=1):
        make("lead", owner=staff.li, state="new", expected_amount=amount, seed=seed)
    desk = sit_down(staff.li)
    page = desk.open("/leads/?columns=state&columns=expected_amount&columns=owner")
    page.locator("tfoot", has_text="3,345.50").wait_for()
    page.locator("th[data-f=state] .grip").focus()
    before = width(page, "state")
    for _press in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**width.state=*")
    page.locator("th[data-f=state] .grip:focus").wait_for()
    settle(page)
    assert width(page, "state") == before + 64
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_url("**columns=expected_amount&columns=state**")
    settle(page)
    assert order(page) == ["name", "expected_amount", "state", "owner"]
    page.reload()
    settle(page)
    assert order(page) == ["name", "expected_amount", "state", "owner"]
    assert width(page, "state") == before + 64, "the address is the view"
    page.keyboard.press("j")
    page.keyboard.press("b")
    page.locator("#rows tr.cur .st[aria-pressed=true]").wait_for()
    settle(page)
    assert Favourite.objects.count() == 1
    edge = page.locator("th[data-f=owner] .grip").bounding_box()
    wide = width(page, "owner")
    page.mouse.move(edge["x"] + 4, edge["y"] + 10)
    page.mouse.down()
    page.mouse.move(edge["x"] - 56, edge["y"] + 10, steps=4)
    page.mouse.up()
    page.wait_for_url("**width.owner=*")
    settle(page)
    assert abs(width(page, "owner") - (wide - 60)) <= 1
    page.locator("[data-tour=columns] summary").focus()
    page.keyboard.press("Enter")
    page.locator("#up-owner").wait_for()
    settle(page)
    page.locator("#up-owner").focus()
    page.keyboard.press("Enter")
    page.locator("#up-owner:focus").wait_for()
    settle(page)
    page.locator(".choose-columns .btn.p").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**columns=expected_amount&columns=owner&columns=state**")
    settle(page)
    assert order(page) == ["name", "expected_amount", "owner", "state"]


def test_more_cards_and_an_entry_moved_by_keyboard(sit_down: SitDown, staff: Company) -> None:
    for seed in range(1, 53):
        make("lead", owner=staff.li, state="new", seed=seed)
    number = make("task", owner=staff.li, name="回访", at=f"{today()} 10:00")
    desk = sit_down(staff.li)
    page = desk.open("/leads/")
    page.locator(".head .displays a[href*='/board/']").click()
    page.wait_for_url("**/leads/board/**")
    page.locator(".split").first.wait_for()
    settle(page)
    page.locator(".morecards a").focus()
    page.keyboard.press("Enter")
    page.locator(".morecards").wait_for(state="detached")
    assert page.locator(".bcard").count() == 52
    page = desk.open("/tasks/")
    page.locator(".head .displays a[href*='calendar']").click()
    page.locator(f".ev[data-entry='task:{number}']").wait_for()
    settle(page)
    page.locator(f".ev[data-entry='task:{number}']").focus()
    page.keyboard.press("Shift+ArrowRight")
    tomorrow = today() + timedelta(days=1)
    page.locator(f".ev[data-entry='task:{number}'][data-day='{tomorrow}']:focus").wait_for()
    stored = get_record(SYSTEM, object_type("task"), number)
    assert timezone.localtime(stored.at).date() == tomorrow  # type: ignore[attr-defined]


def test_cards_of_a_phone_are_ticked_and_starred(sit_down: SitDown, staff: Company) -> None:
    make("account", owner=staff.li)
    page = sit_down(staff.li, width=390).open("/accounts/")
    page.locator("#rows .ck input").click()
    assert "1" in page.locator("#bulk .sel").inner_text()
    page.locator("#rows .st").click()
    page.locator("#rows .st[aria-pressed=true]").wait_for()
    assert page.url.endswith("/accounts/")
