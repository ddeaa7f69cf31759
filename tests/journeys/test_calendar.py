"""A day planned by hand and by mouse: move, be overtaken by a colleague, complete and plan on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Locator, Page

from keqiao.access.models import User
from keqiao.base.clock import today
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Draft
from keqiao.records.save import save_records
from tests.company import SYSTEM, TEST, Company, make
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle

# How far the page has scrolled, whichever part of it scrolls.
SCROLLED = "() => [...document.querySelectorAll('*')].reduce((sum, one) => sum + one.scrollTop, 0)"


def at(days: int, hour: int) -> datetime:
    """Return an hour of this month's middle, so that no day lies outside of the month shown."""
    middle = today().replace(day=12) + timedelta(days=days)
    return timezone.make_aware(datetime(middle.year, middle.month, middle.day, hour))


def event(staff: Company, name: str, begin: datetime) -> int:
    return make("event", owner=staff.li, name=name, at=begin, ends_at=begin + timedelta(hours=1),
                about=None, contacts=[], participants=[], state="planned", all_day=False)  # fmt: skip


def stored(key: str, number: int, name: str) -> Any:
    return object_type(key).model._default_manager.values_list(name, flat=True).get(pk=number)


def test_move_by_keys_and_mouse_and_be_told_of_a_colleague(
    sit_down: SitDown, staff: Company
) -> None:
    begin = at(0, 10)
    number = event(staff, "方案讲解", begin)
    page = sit_down(staff.li).open("/calendar/")
    entry = page.locator(f'[data-entry="event:{number}"]').first
    entry.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.locator(f'[data-entry="event:{number}"][data-version="2"]').first.wait_for()
    settle(page)
    assert stored("event", number, "at") == begin + timedelta(days=1)
    goal = (timezone.localtime(begin) + timedelta(days=3)).date().isoformat()
    page.locator(f'[data-entry="event:{number}"]').first.drag_to(
        page.locator(f'td[data-drop-day="{goal}"]')
    )
    page.locator(f'[data-entry="event:{number}"][data-version="3"]').first.wait_for()
    settle(page)
    assert stored("event", number, "at") == begin + timedelta(days=3)
    save_records(
        SYSTEM, object_type("event"), [Draft({"at": begin}, record_id=number)], source=TEST
    )
    page.locator(f'[data-entry="event:{number}"]').first.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.locator("#dialog dialog .note.bad").wait_for()
    assert stored("event", number, "at") == begin, "what the colleague did stands"


def test_plan_on_an_empty_day_with_the_keyboard(sit_down: SitDown, staff: Company) -> None:
    make("account", owner=staff.li, name="苏州博远精密机械有限公司")
    page = sit_down(staff.li).open("/calendar/")
    day = at(1, 9).date().isoformat()
    page.locator(f'td[data-drop-day="{day}"] .add').focus()
    page.keyboard.press("Enter")
    page.locator("#plan-name").wait_for()
    settle(page)
    page.keyboard.type("拜访采购部")
    page.keyboard.press("Enter")
    page.locator(f'td[data-drop-day="{day}"] .ev').wait_for()
    assert "拜访采购部" in page.locator(f'td[data-drop-day="{day}"]').inner_text()


def test_tick_off_and_plan_the_next_step(sit_down: SitDown, staff: Company) -> None:
    account = make("account", owner=staff.li, name="苏州博远精密机械有限公司")
    due = timezone.now().replace(microsecond=0)
    given: dict[str, Any] = {
        "at": due,
        "about": f"account:{account}",
        "contacts": [],
        "state": "planned",
    }
    first = make("task", owner=staff.li, name="寄样品", **given)
    second = make("task", owner=staff.li, name="回访", seed=2, **given)
    page = sit_down(staff.li).open("/my-tasks/")
    page.get_by_role("button", name="寄样品").click()
    page.locator("#work").get_by_text("寄样品").wait_for(state="detached")
    settle(page)
    assert stored("task", first, "state") == "done"
    page.locator(f'a[hx-get="/activities/task/{second}/complete/"]').click()
    page.locator("#done-note").wait_for()
    settle(page)
    page.keyboard.type("客户要报价")
    page.locator(".nextstep summary").click()
    page.locator("#next-name").fill("发报价")
    page.keyboard.press("Enter")
    page.locator("#work").get_by_text("发报价").wait_for()
    settle(page)
    assert stored("task", second, "state") == "done"
    assert stored("account", account, "next_activity_at") is not None
    page.locator(".quickadd input[name=name]").fill("买笔记本")
    page.keyboard.press("Enter")
    page.locator("#work").get_by_text("买笔记本").wait_for()


class Finger:
    """One finger on a phone's screen, as the browser hears it."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def put(self, x: float, y: float) -> None:
        self._send("touchStart", (x, y))

    def to(self, *steps: tuple[float, float]) -> None:
        for step in steps:
            self._send("touchMove", step)

    def up(self) -> None:
        self._send("touchEnd")


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def on_a_phone(sit_down: SitDown, user: User, address: str) -> Page:
    return sit_down(user, width=390, height=844, has_touch=True, is_mobile=True).open(address)


def test_a_finger_carries_an_entry_to_another_day(sit_down: SitDown, staff: Company) -> None:
    begin = at(0, 10)
    number = event(staff, "方案讲解", begin)
    page = on_a_phone(sit_down, staff.li, "/events/calendar/")
    line = page.locator(".agenda li", has_text="方案讲解")
    goal = (timezone.localtime(begin) + timedelta(days=2)).date().isoformat()
    finger = Finger(page)
    finger.put(*middle(line))
    page.locator(".ev.carried").wait_for()
    finger.to(middle(page.locator(f'td[data-drop-day="{goal}"]')))
    page.locator(f'td.over[data-drop-day="{goal}"]').wait_for()
    finger.up()
    page.locator('.agenda [data-move="2"]').wait_for()
    settle(page)
    assert stored("event", number, "at") == begin + timedelta(days=2)
    assert page.locator(".ev.carried, [data-drop-day].over, .dragged").count() == 0
    assert "/events/calendar/" in page.url, "the finger that let go opened nothing"


def test_a_finger_that_moves_at_once_scrolls_and_moves_nothing(
    sit_down: SitDown, staff: Company
) -> None:
    numbers = [event(staff, f"日程{hour}", at(0, hour)) for hour in range(6, 20)]
    page = on_a_phone(sit_down, staff.li, "/events/calendar/")
    x, y = middle(page.locator(".agenda li").first)
    before = page.evaluate(SCROLLED)
    finger = Finger(page)
    finger.put(x, y)
    finger.to(*((x, y - 20 * step) for step in range(1, 12)))
    page.wait_for_function(f"before => ({SCROLLED})() > before", arg=before)
    assert page.locator(".ev.carried").count() == 0
    finger.up()
    settle(page)
    assert {stored("event", number, "version") for number in numbers} == {1}


def test_a_finger_carries_an_entry_to_another_half_hour(sit_down: SitDown, staff: Company) -> None:
    begin = at(0, 10)
    number = event(staff, "方案讲解", begin)
    day = timezone.localtime(begin).date().isoformat()
    page = on_a_phone(sit_down, staff.li, f"/events/calendar/?display=calendar:at:day&day={day}")
    box = page.locator(f'.daycol .ev[data-entry="event:{number}"]')
    box.scroll_into_view_if_needed()
    x, y = middle(box)
    finger = Finger(page)
    finger.put(x, y)
    page.locator(".ev.carried").wait_for()
    top = page.locator(".daycol").bounding_box()["y"]  # type: ignore[index]
    finger.to((x, y + 30), (x, top + 22 * 23 + 5))
    page.locator(".daycol.over").wait_for()
    finger.up()
    page.locator(f'.daycol [data-entry="event:{number}"][data-version="2"]').wait_for()
    assert stored("event", number, "at") == begin.replace(hour=11, minute=30)


def test_a_line_of_the_phone_is_moved_by_a_form_as_well(sit_down: SitDown, staff: Company) -> None:
    begin = at(0, 10)
    number = event(staff, "方案讲解", begin)
    page = on_a_phone(sit_down, staff.li, "/events/calendar/")
    page.locator(".agenda [data-move]").tap()
    page.locator("#move-day").wait_for()
    settle(page)
    page.locator("#move-day").fill(
        (timezone.localtime(begin) + timedelta(days=1)).date().isoformat()
    )
    page.locator("#dialog .btn.p").tap()
    page.locator('.agenda [data-move="2"]').wait_for()
    assert stored("event", number, "at") == begin + timedelta(days=1)
    assert "/events/calendar/" in page.url
