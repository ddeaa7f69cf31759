"""Bringing in an untidy list through the wizard, and a day without a mouse."""

from __future__ import annotations

import re
from pathlib import Path

from keqiao.customers.demo_sample import sample_file
from keqiao.importing.models import ImportRun
from keqiao.jobs.worker import run_worker
from tests.company import Company, make, make_all
from tests.customers.pools import make_pool
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle


def test_an_untidy_list_comes_in_and_goes_out_again(
    sit_down: SitDown, staff: Company, tmp_path: Path
) -> None:
    sample = tmp_path / "客户名单.xlsx"
    sample_file(sample)
    desk = sit_down(staff.qian)
    page = desk.open("/import/?object=account")
    page.set_input_files("input[type=file]", sample)
    page.locator("main form button:not([type=button])").last.click()
    page.wait_for_url("**/columns/")
    assert page.locator("select[name^=column-]").count() >= 8
    page.locator("form[action$='/check/'] button, button[formaction$='/check/']").last.click()
    page.wait_for_url(re.compile(r"/import/\d+/$"))
    run_worker(once=True)
    page.locator("form[action$='/run/'] button").last.wait_for()
    run = ImportRun.objects.get()
    assert run.rows_read == run.created + run.updated + run.duplicates + run.rejected
    wrong = run.rejected
    assert wrong > 0
    cell = page.locator("form:has(input[name=value])").first
    cell.locator("input[name=value]").fill("100")
    cell.locator("button").first.click()
    settle(page)
    page.locator("form[action$='/run/'] button").last.click()
    settle(page)
    run_worker(once=True)
    page.locator("a[href$='/undo/'], form[action$='/undo/']").first.wait_for()
    run.refresh_from_db()
    assert run.created > 400
    assert run.rows_read == run.created + run.updated + run.duplicates + run.rejected
    page = desk.open(f"/import/{run.pk}/undo/")
    page.locator("form[action$='/undo/'] button, main form button").last.click()
    settle(page)
    run_worker(once=True)
    desk.open("/accounts/")
    assert desk.page.locator("tbody tr").count() == 0


def test_a_list_goes_into_a_pool(sit_down: SitDown, staff: Company, tmp_path: Path) -> None:
    pool = make_pool(members=[staff.east])
    file = tmp_path / "客户.csv"
    file.write_text("客户名称,负责人\n海里一号有限公司,\n海里二号有限公司,\n", "utf-8")
    desk = sit_down(staff.li)
    page = desk.open("/import/?object=account")
    page.set_input_files("input[type=file]", file)
    page.locator("main form button:not([type=button])").last.click()
    page.wait_for_url("**/columns/")
    page.get_by_label("新记录归属").select_option(f"pool:{pool.pk}")
    page.locator("#mapping .savebar button").click()
    page.wait_for_url(re.compile(r"/import/\d+/$"))
    run_worker(once=True)
    page.locator("form[action$='/run/'] .tag", has_text="华东公海").wait_for()
    page.locator("form[action$='/run/'] button").last.click()
    settle(page)
    run_worker(once=True)
    page = desk.open(f"/pool/{pool.pk}/")
    assert page.locator("#rows tr").count() == 2


def test_a_day_without_a_mouse(sit_down: SitDown, staff: Company) -> None:
    make_all("account", [{} for _number in range(3)], owner=staff.li, seed=20)
    last = make("account", owner=staff.li, name="键盘测试有限公司")
    desk = sit_down(staff.li)
    page = desk.open("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/accounts/")
    settle(page)
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("tbody .tick:checked").count() == 1
    page.keyboard.press("x")
    page.keyboard.press("o")
    page.locator("#panel header h2").wait_for()
    assert page.locator("#panel header h2").inner_text() == "键盘测试有限公司"
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "search"
    page.keyboard.type("键盘")
    page.keyboard.press("Enter")
    page.wait_for_url("**search=**")
    settle(page)
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/accounts/{last}/**")
    page.keyboard.press("?")
    page.locator("#dialog .dlg").wait_for()
    page.keyboard.press("Escape")
    page.locator("#dialog .dlg").wait_for(state="detached")


def test_the_focus_is_always_seen_and_reaches_everything(sit_down: SitDown, staff: Company) -> None:
    make("account", owner=staff.li)
    desk = sit_down(staff.li)
    for address in ("/accounts/", "/accounts/new/", "/settings/profile/"):
        page = desk.open(address)
        page.evaluate("document.activeElement.blur()")
        reached = set()
        for _step in range(40):
            page.keyboard.press("Tab")
            place = page.evaluate(FOCUSED)
            assert place["seen"], f"{address}: the focus is invisible on {place['name']}"
            reached.add(place["name"])
        assert len(reached) >= 15, address


FOCUSED = """() => {
  const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
  // A hidden box (radio, tick, file) lends its focus to the label that stands for it.
  const shown = [e, e.closest('label'), e.parentElement].filter(Boolean).map(x => getComputedStyle(x));
  const ring = shown.some(x => x.outlineStyle !== 'none' && parseFloat(x.outlineWidth) > 0
    || x.boxShadow !== 'none');
  const name = [e.tagName, e.className, e.id, e.name || e.href || e.textContent.slice(0, 12)];
  return { name: name.join(' '),
           seen: e === document.body || (ring && (box.width > 0 || !!e.closest('label'))) };
}"""
