"""Many rows changed and taken back; cells walked and changed with the keyboard; two people at one cell."""

from __future__ import annotations

from keqiao.catalog.registry import object_type
from keqiao.jobs.worker import run_worker
from keqiao.records.query import get_record, records
from tests.company import SYSTEM, Company, make, make_all, save_one
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle

ACCOUNT = "account"


def of_level(level: str) -> int:
    return records(SYSTEM, object_type(ACCOUNT)).filter(level=level).count()


def test_two_hundred_rows_are_changed_and_taken_back(sit_down: SitDown, staff: Company) -> None:
    ids = make_all(ACCOUNT, [{"level": "C"} for _ in range(200)], owner=staff.li)
    desk = sit_down(staff.li)
    page = desk.open("/accounts/")
    ticks = page.locator("#rows .ck input")
    ticks.nth(1).click()
    ticks.nth(4).click(modifiers=["Shift"])
    assert "4" in page.locator("#bulk .sel").inner_text()
    page.locator("[data-all]").check()
    page.locator("[data-select-all]").click()
    assert "200" in page.locator("#bulk .sel").inner_text()
    page.locator("#bulk button[value=edit]").click()
    dialog = page.locator("#dialog dialog")
    dialog.locator(".tag", has_text="200").wait_for()
    settle(page)
    dialog.locator("#bulk-field").select_option("level")
    dialog.locator("input[value=A]").wait_for()
    settle(page)
    dialog.locator("input[value=A]").check()
    dialog.locator("button[name=go]").click()
    dialog.locator("[data-reload]").wait_for()
    settle(page)
    run_worker(once=True)
    assert (of_level("A"), of_level("C")) == (200, 0)
    save_one(SYSTEM, ACCOUNT, {"level": "B"}, record_id=ids[7])
    dialog.locator("a[href$='/undo/']").click()
    dialog.locator(".tag", has_text="200").wait_for()
    settle(page)
    dialog.locator("button.p").click()
    dialog.locator("[data-reload]").wait_for()
    run_worker(once=True)
    assert (of_level("A"), of_level("B"), of_level("C")) == (0, 1, 199)


def test_cells_are_changed_by_keyboard_alone(sit_down: SitDown, staff: Company) -> None:
    other = make(ACCOUNT, owner=staff.li, name="第二行", level="B")
    number = make(ACCOUNT, owner=staff.li, name="第一行", level="C", seed=2)
    desk = sit_down(staff.li)
    page = desk.open("/accounts/?columns=level&columns=region&columns=created_at&sort=-id")
    page.locator("#rows td.tt").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("#rows select").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#rows form").count() == 0
    page.keyboard.press("F2")
    page.locator("#rows select").select_option("A")
    page.keyboard.press("Enter")
    page.locator("#rows tr").first.locator(".tag", has_text="A").wait_for()
    account = object_type(ACCOUNT)
    assert get_record(SYSTEM, account, number).level == "A"  # type: ignore[attr-defined]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("#rows select").select_option("D")
    page.keyboard.press("Tab")
    page.locator("#rows input[name=region]").wait_for()
    assert get_record(SYSTEM, account, other).level == "D"  # type: ignore[attr-defined]
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.locator(".toast.bad").wait_for()  # filled by the system, and says so
    page.keyboard.press("Shift+ArrowUp")
    assert page.locator("#rows .ck input:checked").count() == 2
    assert desk.here.startswith("/accounts/?columns")


def test_two_people_at_one_cell(sit_down: SitDown, staff: Company) -> None:
    number = make(ACCOUNT, owner=staff.li, level="C")
    page = sit_down(staff.li).open("/accounts/?columns=level")
    page.locator("#rows td").nth(2).dblclick()
    page.locator("#rows select").wait_for()
    save_one(SYSTEM, ACCOUNT, {"level": "B"}, record_id=number)
    page.locator("#rows select").select_option("A")
    page.keyboard.press("Enter")
    page.locator("#dialog dialog .compare").wait_for()
    settle(page)
    page.locator("#dialog dialog button.p").click()
    page.locator("#rows .tag", has_text="A").wait_for()
    account = object_type(ACCOUNT)
    assert get_record(SYSTEM, account, number).level == "A"  # type: ignore[attr-defined]


def test_a_property_is_changed_on_the_records_page(sit_down: SitDown, staff: Company) -> None:
    number = make(ACCOUNT, owner=staff.li, level="C")
    page = sit_down(staff.li).open(f"/accounts/{number}/?tab=details")
    page.locator(".fields [data-f=level]").click()
    page.locator("dd select").select_option("A")
    page.keyboard.press("Enter")
    page.locator(".fields [data-f=level] .tag", has_text="A").wait_for()
    account = object_type(ACCOUNT)
    assert get_record(SYSTEM, account, number).level == "A"  # type: ignore[attr-defined]


def test_key_properties_are_changed_at_the_left_by_keyboard(
    sit_down: SitDown, staff: Company
) -> None:
    number = make(ACCOUNT, owner=staff.li, level="C", phone="0512-6521 1234")
    page = sit_down(staff.li).open(f"/accounts/{number}/?tab=details")
    account = object_type(ACCOUNT)
    page.locator(".kv [data-f=level] + .edit").focus()
    page.keyboard.press("F2")
    page.locator(".kv select").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.locator(".kv select").select_option("A")
    page.keyboard.press("Enter")
    for place in (".kv [data-f=level]", ".fields [data-f=level]", ".identity"):
        page.locator(f"{place} .tag", has_text="A").wait_for()
    settle(page)
    assert get_record(SYSTEM, account, number).level == "A"  # type: ignore[attr-defined]
    page.locator(".kv [data-f=phone] + .edit").press("Enter")
    page.locator(".kv .celledit input[type=tel], .kv .celledit input.in").first.fill("12")
    page.keyboard.press("Enter")
    page.locator(".kv .cellerr:not(:empty)").wait_for()  # refused in its place
    page.keyboard.press("Escape")
    assert "6521" in page.locator(".kv [data-f=phone]").inner_text()
    page.locator(".kv [data-f=level]").click()
    page.locator(".kv select").wait_for()
    save_one(SYSTEM, ACCOUNT, {"level": "B"}, record_id=number)
    page.locator(".kv select").select_option("D")
    page.keyboard.press("Enter")
    page.locator("#dialog dialog .compare").wait_for()
    settle(page)
    page.locator("#dialog dialog button.p").click()
    page.locator(".kv [data-f=level] .tag", has_text="D").wait_for()
    assert get_record(SYSTEM, account, number).level == "D"  # type: ignore[attr-defined]


def test_a_card_is_moved_by_keyboard_and_leafing_follows_the_list(
    sit_down: SitDown, staff: Company
) -> None:
    number = make("lead", owner=staff.li, name="会动的线索", state="new")
    make("lead", owner=staff.li, name="另一条线索", state="qualified", seed=2)
    desk = sit_down(staff.li)
    page = desk.open("/leads/board/")
    page.locator(".bcard a.strong", has_text="会动的线索").focus()
    with page.expect_response(lambda answer: "/cell/state/" in answer.url):
        page.keyboard.press("Shift+ArrowRight")
    page.locator("[data-value=contacting] .bcard", has_text="会动的线索").wait_for()
    settle(page)
    lead = object_type("lead")
    assert get_record(SYSTEM, lead, number).state == "contacting"  # type: ignore[attr-defined]
    card = page.locator(".bcard", has_text="会动的线索")
    with page.expect_response(lambda answer: "/cell/state/" in answer.url):
        card.drag_to(page.locator("[data-value=qualified] ul"))
    page.locator("[data-value=qualified] .bcard", has_text="会动的线索").wait_for()
    settle(page)
    assert get_record(SYSTEM, lead, number).state == "qualified"  # type: ignore[attr-defined]
    desk.open("/leads/?sort=name")
    page.locator("#rows .tt a", has_text="会动的线索").dblclick()
    page.locator(".pos [data-count]", has_text="1 / 2").wait_for()
    settle(page)
    page.locator(".pos [rel=next]").click()
    page.locator(".pos [data-count]", has_text="2 / 2").wait_for()
