"""Data standards are written, and proposals and refused rows decided, in a browser by keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from keqiao.access.access import Access
from keqiao.customers.account import ACCOUNT
from keqiao.quality.cleaning.batches import run_batch, start_batch
from keqiao.quality.standards.models import StandardRule
from keqiao.records.query import get_record, records
from tests.company import SYSTEM, Company, make
from tests.importing.helpers import check, execute, upload
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle
from tests.journeys.test_quality_desk import press, title


def test_a_standard_is_written_tried_and_offers_its_repair(
    sit_down: SitDown, staff: Company
) -> None:
    make("account", owner=staff.li, name="无锡银行", phone="", more_phones=[])
    page = sit_down(staff.qian).open("/settings/standards/new/?object=account")
    page.fill("#r-name", "客户要有电话")
    page.click("button[value^=line]")
    settle(page)
    page.select_option("select[name^=field-]", "phone")
    settle(page)
    page.select_option("select[name^=operator-]", "is_empty")
    settle(page)
    page.select_option("#r-field", "phone")
    page.check("input[name=severity][value=error]")
    page.fill("#r-zh", "请填写电话。")
    page.fill("#r-repair", "0510-85001234")
    page.click("button[value=try]")
    expect(page.locator("section[aria-live]")).to_contain_text("无锡银行")
    page.check("input[name=is_active]")
    page.click("button[value=save]")
    # It finds every record there is, so their number is asked for.
    page.fill("#r-confirm", "1")
    page.click("button[value=save]")
    page.wait_for_url("**/settings/standards/?object=account")
    assert StandardRule.objects.get().is_active
    form = sit_down(staff.li).open("/accounts/new/")
    form.fill("#id-name", "常熟银行")
    form.keyboard.press("Control+s")
    offer = form.locator("[data-offer]")
    expect(offer).to_contain_text("0510-85001234")
    settle(form)
    offer.click()
    expect(form.locator("#id-phone")).to_have_value("0510-85001234")
    form.keyboard.press("Control+s")
    form.wait_for_url(re.compile(r"/accounts/\d+/"))
    assert records(SYSTEM, ACCOUNT).filter(name="常熟银行").exists()


def test_proposals_are_decided_by_keyboard(sit_down: SitDown, staff: Company) -> None:
    pk = make("account", owner=staff.li, name="博远科技有限公司", email="li@gmial.com")
    run_batch(start_batch(Access.for_user(staff.li), ACCOUNT, may_apply=False))
    page = sit_down(staff.li).open("/quality/queue/corrections/")
    title(page, "博远科技有限公司")
    expect(page.locator("#desk-form")).to_contain_text("li@gmail.com")
    press(page, "a")
    expect(page.locator("[role=status]").first).to_contain_text("1/")
    assert get_record(SYSTEM, ACCOUNT, pk).email == "li@gmail.com"
    press(page, "u")
    expect(page.locator("[role=status]").first).to_contain_text("0/")
    assert get_record(SYSTEM, ACCOUNT, pk).email == "li@gmial.com"


def test_a_refused_row_comes_in_by_keyboard(sit_down: SitDown, staff: Company) -> None:
    run = upload(Access.for_user(staff.li), "客户名称,电话\n甲骨科技有限公司,12\n")
    check(run)
    execute(run)
    page = sit_down(staff.li).open("/quality/queue/import-errors/")
    title(page, "甲骨科技有限公司")
    page.fill("input[name=text-column-1]", "0512-62885678")
    page.keyboard.press("Enter")
    title(page, "没有待处理")
    assert records(SYSTEM, ACCOUNT).filter(name="甲骨科技有限公司").exists()
    press(page, "u")
    title(page, "甲骨科技有限公司")
    assert not records(SYSTEM, ACCOUNT).filter(name="甲骨科技有限公司").exists()
