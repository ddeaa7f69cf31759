"""The main pages before the judge of accessibility: nothing serious, in any dress or size."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.company import Company
from tests.journeys.looking import DESK, PHONE, look_around, settle, signed_in
from tests.journeys.stage import Stage, set_the_stage, speak

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}
JUDGE = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .map(v => [v.impact, v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')])"""


def main_pages(stage: Stage) -> list[str]:
    number, run = stage.numbers, stage.slots["run_id"][0]
    return [
        "/",
        "/accounts/",
        "/leads/board/",
        f"/accounts/{number['accounts']}/",
        f"/accounts/{number['accounts']}/?tab=details",
        f"/accounts/{number['accounts']}/edit/",
        "/contacts/new/",
        f"/pool/{stage.slots['pool_id'][0]}/",
        "/pool/forecast/",
        "/calendar/",
        "/calendar/?view=week",
        "/my-tasks/",
        "/todo/",
        "/search/?q=3001",
        f"/settings/roles/{stage.slots['role_id'][0]}/",
        "/settings/fields/",
        "/settings/people/",
        "/settings/working-days/",
        f"/import/{run}/",
        "/import/",
        "/notices/",
        "/jobs/",
        "/help/",
    ]


def grave(page: Page, address: str) -> list[str]:
    """Return what the judge calls serious or worse, in both dresses of the page."""
    found = []
    for size, colours in ((DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=colours)
        for impact, rule, where in page.evaluate(JUDGE):
            if impact in GRAVE:
                found.append(f"{address} {size['width']} {colours}: {rule} {where}")
    return found


def test_nothing_serious_on_the_main_pages(
    chromium: Browser, live_server: LiveServer, staff: Company
) -> None:
    assert AXE.is_file(), "Run `python3 scripts/set_up.py dev`: it fetches axe-core."
    stage = set_the_stage(staff)
    speak(stage, staff, "zh-hans")
    # The judge comes in as a script of its own, which the product's policy rightly refuses.
    context = look_around(chromium, bypass_csp=True)
    context.add_init_script(path=AXE)
    page = context.new_page()
    found = []
    for address in ["/auth/login/", *main_pages(stage)]:
        page.goto(live_server.url + address, wait_until="load")
        settle(page)
        found += grave(page, address)
        if address == "/auth/login/":
            signed_in(context, staff.qian, live_server.url)
    page.keyboard.press("Control+k")
    page.locator("#command [role=option]").first.wait_for()
    found += grave(page, "the command box")
    context.close()
    assert found == []
