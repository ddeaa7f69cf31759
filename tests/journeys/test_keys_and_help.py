"""The command box by pinyin, keys that rest, a tour, help beside the page, and the page without a network."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page

from keqiao.base.clock import now
from tests.company import Company, make
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle

# What an input method sends while letters are not yet a word.
COMPOSED_KEY = """(key) => document.body.dispatchEvent(new KeyboardEvent(
  'keydown', {key, bubbles: true, cancelable: true, isComposing: true}))"""
OLD_COMPOSED_KEY = """(key) => {
  const made = new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true});
  Object.defineProperty(made, 'keyCode', {get: () => 229}); document.body.dispatchEvent(made); }"""
OFFENCES = """document.addEventListener('securitypolicyviolation',
  (event) => console.error('policy', event.violatedDirective))"""


def box(page: Page, text: str) -> None:
    page.keyboard.press("Control+k")
    page.locator("#command [aria-selected=true]").wait_for()
    if text:
        about = f"/commands/?q={quote(text)}&"
        with page.expect_response(lambda answer: about in answer.url):
            page.locator("#command[open] input").fill(text)
    settle(page)
    page.locator("#command [aria-selected=true]").wait_for()


def test_the_box_goes_anywhere_by_pinyin_and_asks_over_the_page(
    sit_down: SitDown, staff: Company
) -> None:
    number = make("account", owner=staff.li, name="苏州博远精密机械有限公司")
    other = make("account", owner=staff.li, name="无锡凯桥阀门有限公司", seed=2)
    desk = sit_down(staff.wang)
    page = desk.open(f"/accounts/{other}/")
    box(page, "byjm")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/accounts/{number}/")
    settle(page)
    box(page, "")
    first = page.locator("#command section").nth(1)
    assert "无锡凯桥阀门有限公司" in first.inner_text()
    page.keyboard.press("Escape")
    box(page, ">zhuanyi")
    page.keyboard.press("Enter")
    page.locator("#dialog dialog[open] input[name=owner]").wait_for()
    assert desk.here == f"/accounts/{number}/"
    page.keyboard.press("Escape")
    box(page, "jrsc")  # 加入收藏
    page.keyboard.press("Enter")
    page.locator("[data-star][aria-pressed=true]").wait_for()
    page.locator(".favs summary").click()
    page.locator(".favs a", has_text="苏州博远").wait_for()
    page.reload()
    page.locator(".favs a", has_text="苏州博远").wait_for()
    box(page, "lxr")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/")
    settle(page)
    page.keyboard.press("Control+k")
    page.locator("#command [aria-selected=true]").wait_for()
    page.keyboard.type("xiansuo")  # and Enter before the pause is over
    page.keyboard.press("Enter")
    page.wait_for_url("**/leads/")


def test_the_box_asks_once_per_pause(sit_down: SitDown, staff: Company) -> None:
    desk = sit_down(staff.li)
    desk.page.clock.install()
    page = desk.open("/accounts/")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/commands/" in one.url else None)
    page.keyboard.press("Control+k")
    page.locator("#command [aria-selected=true]").wait_for()
    page.clock.pause_at(now() + timedelta(hours=1))
    asked.clear()
    for letter in "boyuan":
        page.keyboard.type(letter)
        page.clock.run_for(100)
    assert asked == []
    with page.expect_response(lambda answer: "/commands/?q=boyuan&" in answer.url):
        page.clock.run_for(100)
    assert len(asked) == 1, asked


def test_keys_rest_while_composing_typing_or_switched_off(
    sit_down: SitDown, staff: Company
) -> None:
    make("account", owner=staff.li)
    desk = sit_down(staff.li)
    page = desk.open("/accounts/")
    for event in (COMPOSED_KEY, OLD_COMPOSED_KEY):
        page.evaluate(event, "c")
        page.evaluate(event, "?")
        page.evaluate(event, "j")
    settle(page)
    assert desk.here == "/accounts/" and not page.locator("dialog[open], tr.cur").count()
    page.locator("[data-find]").focus()
    page.keyboard.type("jc?")
    assert page.locator("[data-find]").input_value() == "jc?"
    assert not page.locator("dialog[open], tr.cur").count()
    page.keyboard.press("Escape")
    for key in "ltasq":  # no such place on this page: nothing happens
        page.keyboard.press(key)
    assert desk.here == "/accounts/" and not page.locator("dialog[open]").count()
    page = desk.open("/settings/profile/")
    page.locator("[data-preference=keys] [value=off]").click()
    settle(page)
    page = desk.open("/accounts/")
    for key in ("c", "j", "?"):
        page.keyboard.press(key)
    settle(page)
    assert desk.here == "/accounts/" and not page.locator("dialog[open], tr.cur").count()
    page.keyboard.press("Control+k")
    page.locator("#command[open]").wait_for()


def test_keys_find_their_place_by_attribute(sit_down: SitDown, staff: Company) -> None:
    number = make("account", owner=staff.li)
    desk = sit_down(staff.wang)
    page = desk.open(f"/accounts/{number}/")
    page.evaluate("""() => ['followup', 'task', 'stage'].forEach((name) => {
      const made = document.createElement('button');
      made.setAttribute(`data-${name}`, '');
      made.textContent = name;
      made.onclick = () => (document.title += ` ${name}`);
      document.querySelector('.crumbs').append(made);
    })""")
    for key in "lts":
        page.keyboard.press(key)
    assert page.title().endswith("followup task stage")
    page.keyboard.press("a")
    page.locator("#dialog dialog[open] input[name=owner]").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.wait_for_url("**/edit/")
    page.locator("[name=legal_person]").fill("赵敏")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/accounts/{number}/")


def test_a_newcomer_is_shown_around_without_a_complaint_of_the_policy(
    sit_down: SitDown, staff: Company
) -> None:
    desk = sit_down(staff.li)
    page = desk.page
    loaded: list[str] = []
    page.add_init_script(OFFENCES)
    page.on("request", lambda one: loaded.append(one.url))
    desk.open("/")
    assert not [one for one in loaded if "driver" in one]
    page.locator(".offer [data-start-tour]").click()
    page.locator(".driver-popover.tour").wait_for()
    assert [one for one in loaded if one.endswith("vendor/driver.js")]
    shown = page.locator(".driver-popover-progress-text").inner_text()
    steps = int(shown.split("/")[1])
    assert steps >= 4
    seen = {page.locator(".driver-popover-title").inner_text()}
    for step in range(2, steps + 1):
        page.keyboard.press("ArrowRight")
        place = re.compile(rf"^{step} / {steps}$")
        page.locator(".driver-popover-progress-text", has_text=place).wait_for()
        seen.add(page.locator(".driver-popover-title").inner_text())
    assert len(seen) == steps
    page.keyboard.press("Escape")
    page.locator(".driver-popover").wait_for(state="detached")
    desk.open("/")
    assert not page.locator(".offer").count()


def test_a_tour_leaves_out_what_is_not_there(sit_down: SitDown, staff: Company) -> None:
    desk = sit_down(staff.li, width=390, height=844)
    page = desk.open("/")
    page.locator(".offer [data-start-tour]").click()
    page.locator(".driver-popover.tour").wait_for()
    answer: Any = page.request.get(desk.base + "/help/tours/home/").json()
    shown = int(page.locator(".driver-popover-progress-text").inner_text().split("/")[1])
    assert 0 < shown < len(answer["steps"])


def test_help_opens_beside_the_page_and_follows_links(sit_down: SitDown, staff: Company) -> None:
    number = make("account", owner=staff.li)
    desk = sit_down(staff.li)
    page = desk.open(f"/accounts/{number}/")
    page.locator("[data-help]").click()
    drawer = page.locator(".drawer")
    drawer.wait_for()
    title = drawer.locator("h2").first.inner_text()
    drawer.locator(".guide img").first.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.drawer img').naturalWidth > 100")
    settle(page)
    drawer.locator("[name=q]").fill("导入")
    page.keyboard.press("Enter")
    drawer.locator("a[href='/help/import/']").first.wait_for()
    settle(page)
    drawer.locator("a[href='/help/import/']").click()
    drawer.locator("article.guide").wait_for()
    assert drawer.locator("h2").first.inner_text() != title
    assert desk.here == f"/accounts/{number}/"
    drawer.locator("[data-close-help]").focus()
    page.keyboard.press("Escape")
    drawer.wait_for(state="detached")
    page = desk.open(f"/accounts/{number}/?tab=details")
    help_of_field = page.locator("dt .why").first
    help_of_field.locator("summary").focus()
    page.keyboard.press("Enter")
    text = help_of_field.locator("[role=note]")
    assert text.is_visible() and text.inner_text().strip()


def test_without_a_network_the_app_says_so_and_keeps_no_customer(
    sit_down: SitDown, staff: Company
) -> None:
    number = make("account", owner=staff.li, name="绝密样板有限公司")
    desk = sit_down(staff.li)
    page = desk.open("/accounts/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    desk.open(f"/accounts/{number}/")
    kept: list[str] = page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name)"
        ".then((one) => one.keys())))).then((all) => all.flat().map((one) => one.url))"
    )
    assert kept and all(re.search(r"/offline/\?lang=|/static/", one) for one in kept), kept
    page.context.set_offline(True)
    page.goto(desk.base + "/accounts/")
    assert page.locator("a[href='']").count() == 1
    assert "绝密样板" not in page.content()
    page.context.set_offline(False)
    page.locator("a[href='']").click()
    page.locator("#rows").wait_for()
    settle(page)
    desk.troubles[:] = [one for one in desk.troubles if "ERR_INTERNET_DISCONNECTED" not in one]
