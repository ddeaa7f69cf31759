"""A day planned by hand and by mouse: move, be overtaken by a colleague, complete and plan on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from keqiao.base.clock import today
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Draft
from keqiao.records.save import save_records
from tests.company import SYSTEM, TEST, Company, make
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle


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
