"""Following up by keyboard alone: from the list in three steps, with a draft, a colleague and a file."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

from PIL import Image

from keqiao.activities.composer_models import FollowUpDraft
from keqiao.catalog.registry import object_type
from tests.company import Company, make
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle

BODY = "设备科认可参数，价格需下探 5%"


def bodies(key: str) -> list[str]:
    rows: Any = object_type(key).model._default_manager.order_by("pk")
    return list(rows.values_list("body", flat=True))


def test_a_follow_up_from_the_list_in_three_steps(sit_down: SitDown, staff: Company) -> None:
    number = make("account", owner=staff.li, name="苏州博远精密机械有限公司")
    page = sit_down(staff.li).open("/accounts/")
    page.keyboard.press("j")
    page.keyboard.press("l")  # 1: the line opens over the list, for the row one is on
    page.locator("#dialog textarea:focus").wait_for()
    settle(page)
    page.keyboard.type(BODY)  # 2
    page.keyboard.press("Enter")  # 3
    page.locator("#dialog dialog").wait_for(state="detached")
    assert bodies("note") == [BODY]
    page.locator("#rows tr.cur", has_text="刚刚").wait_for()  # the row tells it at once
    assert page.url.endswith("/accounts/")
    page.goto(f"{page.url}{number}/")
    assert BODY in page.locator("#timeline").inner_text()


def test_the_line_of_a_record_by_keyboard(sit_down: SitDown, staff: Company) -> None:
    number = make("account", owner=staff.li, name="苏州博远精密机械有限公司")
    desk = sit_down(staff.li)
    page = desk.open(f"/accounts/{number}/")
    page.keyboard.press("l")
    page.keyboard.type("写到一半")
    page.locator("[data-kept]:not([hidden])").wait_for()
    assert FollowUpDraft.objects.get().data["body"] == "写到一半"
    page = desk.open(f"/accounts/{number}/")
    box = page.locator(".mid textarea")
    assert box.input_value() == "写到一半"
    page.keyboard.press("l")
    page.keyboard.press("End")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("第二行 @wjl")
    page.locator(".mentions [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    assert "@王经理" in box.input_value()
    page.keyboard.press("Enter")
    page.locator("#timeline .at").wait_for()
    settle(page)
    assert bodies("note") == ["写到一半\n第二行 @王经理"]
    assert page.locator(".mid textarea").input_value() == ""
    assert not FollowUpDraft.objects.exists()
    # The line has the cursor again: the next one is typed at once, and nothing is sent while composing.
    page.keyboard.type("再来一条")
    page.locator(".mid textarea").dispatch_event(
        "keydown", {"key": "Enter", "bubbles": True, "isComposing": True, "keyCode": 229}
    )
    settle(page)  # whatever it had sent would be answered by now
    assert len(bodies("note")) == 1
    page.keyboard.press("Enter")
    page.locator("#timeline").get_by_text("再来一条").wait_for()
    assert len(bodies("note")) == 2
    # What can be done with an entry opens over the page: a comment with @, then corrected.
    settle(page)
    entry = page.locator("#timeline article", has_text="再来一条")
    entry.hover()
    entry.locator(".do a[href$='/comment/']").click()
    page.locator("#dialog dialog[open] textarea").wait_for()
    settle(page)
    page.locator("#dialog dialog[open] textarea").fill("看过了 @w")
    page.locator("#dialog .mentions [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.locator("#timeline .said", has_text="看过了").wait_for()
    settle(page)
    page.locator("#timeline .tl-chips .chip", has_text="评论").click()
    page.locator("#timeline .said", has_text="看过了").wait_for()
    page.locator("#timeline article", has_text="第二行").wait_for(state="detached")
    settle(page)
    page.locator("#timeline article .do button").first.evaluate("button => button.click()")
    page.locator(".toast", has_text="已置顶").wait_for()


def test_on_a_phone_the_line_is_at_the_bottom(sit_down: SitDown, staff: Company) -> None:
    number = make("account", owner=staff.li, name="苏州博远精密机械有限公司")
    page = sit_down(staff.li, width=390, height=844).open(f"/accounts/{number}/")
    box = page.locator(".mid .composer").bounding_box()
    assert box is not None
    assert box["y"] > 600
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".mid textarea").fill("电话里谈妥")
    page.locator(".mid .composer button.p").click()
    page.locator("#timeline").get_by_text("电话里谈妥").wait_for()


def test_photo_recording_stage_and_next_contact_go_with_one_line(
    sit_down: SitDown, staff: Company, tmp_path: Path
) -> None:
    number = make("lead", owner=staff.li, name="苏州博远", state="new")
    page = sit_down(staff.li).open(f"/leads/{number}/")
    page.locator(".mid textarea").fill("现场看过了")
    page.locator("[data-composer] input[name=stage]").first.wait_for(state="attached")
    files = page.locator("[data-composer] [data-files]")
    large = tmp_path / "很大.jpg"
    with large.open("wb") as file:
        file.write(b"\xff\xd8\xff")
        file.truncate(31 * 1024 * 1024)
    files.nth(0).set_input_files(large)
    page.locator(".toast.bad", has_text="很大.jpg").wait_for()  # told before it is sent
    assert files.nth(0).evaluate("box => box.files.length") == 0
    photo, voice = tmp_path / "现场.jpg", tmp_path / "录音.wav"
    Image.new("RGB", (400, 300), "teal").save(photo)
    with wave.open(str(voice), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\x00\x00" * 4000)
    files.nth(0).set_input_files(photo)
    files.nth(1).set_input_files(voice)
    page.locator("[data-composer] .opt", has_text="明天").click()
    page.locator("[data-composer] .opt:has(input[name=stage][value=contacting])").click()
    page.locator(".mid textarea").press("Enter")
    page.locator("#timeline audio").wait_for()
    page.locator("#timeline .files img").wait_for()
    # The left column follows: state, next step and last contact.
    page.locator(".identity .tag", has_text="联系中").wait_for()
    page.locator(".kv [data-f=state]", has_text="联系中").wait_for()
    page.locator(".nextpanel").get_by_text("再次跟进").wait_for()
    lead = object_type("lead").model._default_manager.get(pk=number)
    assert lead.state == "contacting"  # type: ignore[attr-defined]


def test_on_a_phone_a_draft_does_not_cover_the_page(sit_down: SitDown, staff: Company) -> None:
    number = make("account", owner=staff.li)
    desk = sit_down(staff.li, width=390, height=844)
    page = desk.open(f"/accounts/{number}/")
    page.locator(".mid textarea").fill("写到一半")
    page.locator("[data-kept]:not([hidden])").wait_for()
    page = desk.open(f"/accounts/{number}/")
    assert page.locator(".mid textarea").input_value() == "写到一半"
    assert not page.locator(".mid .unfolded").is_visible()
    page.locator(".mid textarea").click()
    page.locator(".mid .unfolded").wait_for()
