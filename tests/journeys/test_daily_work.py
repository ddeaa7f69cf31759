"""A salesperson's day in a real browser: found, entered, changed, filtered; by mouse and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from keqiao.access.access import Access
from keqiao.catalog.registry import object_type
from tests.company import Company, make, make_all, save_one
from tests.journeys.conftest import PHONE, SignIn

pytestmark = pytest.mark.journey
RECORD = re.compile(r"/accounts/\d+/$")


def account(number: int) -> object:
    return object_type("account").model._default_manager.get(pk=number)


def test_a_customer_is_entered_by_keyboard_alone(company: Company, sign_in: SignIn) -> None:
    page = sign_in(company.li)
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/accounts/")
    page.keyboard.press("c")
    page.wait_for_url("**/accounts/new/")
    page.focus("#id-name")
    page.keyboard.type("苏州博远精密机械有限公司")
    page.focus("#id-region")
    page.keyboard.type("suzhou")
    page.wait_for_selector("#id-region ~ .options [aria-selected=true]")
    page.keyboard.press("Enter")
    page.focus("#id-phone")
    page.keyboard.type("１３８ ００１３ ８０００")
    page.keyboard.press("Control+s")
    page.wait_for_url(RECORD)
    saved = object_type("account").model._default_manager.get()
    assert (saved.region, saved.phone) == ("320500", "+8613800138000")


def test_the_command_box_finds_by_initials_and_opens(company: Company, sign_in: SignIn) -> None:
    number = make("account", owner=company.li, name="苏州博远精密机械有限公司")
    page = sign_in(company.li)
    page.keyboard.press("Control+k")
    page.keyboard.type("byjm")
    page.wait_for_selector("#command [aria-selected=true] >> text=博远精密")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/accounts/{number}/")


def test_the_list_is_walked_opened_and_filtered(company: Company, sign_in: SignIn) -> None:
    make_all(
        "account",
        [{"name": f"博远{n}机械公司", "level": "AB"[n % 2]} for n in range(60)],
        owner=company.li,
    )
    page = sign_in(company.li)
    page.goto("/accounts/")
    for key in ("j", "j", "x", "o"):
        page.keyboard.press(key)
    page.wait_for_selector("#panel header h2")
    assert "panel=" in page.url
    assert page.locator("#bulk").is_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel header", state="detached")
    page.click("[data-more]")
    expect(page.locator("#rows tr")).to_have_count(60)
    page.click("[data-filter]")
    page.select_option("[name=filter_field]", "level")
    page.click(".filterline .opt >> nth=1")
    page.click(".filterpop .btn.p")
    expect(page.locator("#rows tr")).to_have_count(30)
    assert "where=level" in page.url
    page.go_back()
    expect(page.locator("#rows tr")).to_have_count(50)


def test_two_people_who_edit_the_same_field_are_asked(company: Company, sign_in: SignIn) -> None:
    number = make("account", owner=company.li, employees="10")
    page = sign_in(company.li)
    page.goto(f"/accounts/{number}/edit/")
    page.fill("#id-employees", "55")
    save_one(Access.for_user(company.wang), "account", {"employees": 77}, record_id=number)
    page.click("[data-save]")
    page.wait_for_selector("dialog[open] .compare")
    assert account(number).employees == 77  # type: ignore[attr-defined]
    page.click("dialog .btn.p")
    page.wait_for_url(RECORD)
    assert account(number).employees == 55  # type: ignore[attr-defined]


def test_a_mistake_is_told_beside_its_field_and_nothing_is_lost(
    company: Company, sign_in: SignIn
) -> None:
    page = sign_in(company.li)
    page.goto("/accounts/new/")
    page.fill("#id-name", "无锡凯桥阀门有限公司")
    page.fill("#id-phone", "12")
    page.click("[data-save]")
    page.wait_for_selector("#f-phone .err")
    assert page.input_value("#id-name") == "无锡凯桥阀门有限公司"
    page.fill("#id-phone", "0510-8888 6666")
    page.click("[data-save]")
    page.wait_for_url(RECORD)


def test_colours_change_at_once_and_stay(company: Company, sign_in: SignIn) -> None:
    page = sign_in(company.li)
    page.click(".top .me summary")
    with page.expect_response("**/preferences/"):
        page.click(".own [value=dark]")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.reload()
    assert page.get_attribute("html", "data-theme") == "dark"


def test_a_phone_shows_cards_and_the_bar_below(company: Company, sign_in: SignIn) -> None:
    make("account", owner=company.li, name="苏州博远精密机械有限公司")
    page = sign_in(company.li, PHONE)
    page.click(".tabbar a >> nth=1")
    page.wait_for_url("**/accounts/")
    assert page.locator(".side").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("#rows .tt a")
    page.wait_for_url(RECORD)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
