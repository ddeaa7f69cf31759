"""A5, A6: no card, search, suggestion, hint, log or count tells of a record out of reach."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils.translation import gettext

from keqiao.access.access import Access
from keqiao.access.directory import share_record
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type, object_types
from tests.attacks.conftest import browser_of
from tests.attacks.database import changed, fingerprint
from tests.company import Company, make, save_one

SECRET = "绝密样板"


def text_of(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code in {200, 404, 422}, (address, answer.status_code)
    return answer.content.decode()


def secret(declared: ObjectType, company: Company, **values: Any) -> int:
    """Make a record of 李销售 whose title would give it away."""
    return make(declared.key, owner=company.li, **{declared.title: f"{SECRET}八五", **values})


def test_a6_no_page_of_the_kit_tells_of_a_foreign_record(
    declared: ObjectType, company: Company
) -> None:
    number = secret(declared, company)
    make(declared.key, owner=company.zhou, seed=70)
    own, other = browser_of(company.li), browser_of(company.zhou)
    fragment = {"HX-Request": "true"}
    pages = [
        f"/{declared.path}/",
        f"/{declared.path}/?exact=1",
        f"/{declared.path}/?search={SECRET}",
        f"/{declared.path}/?where={declared.title}:contains:{SECRET}",
        f"/{declared.path}/?sort={declared.title}",
        f"/{declared.path}/pick/?q={SECRET}",
        f"/{declared.path}/pick/",
        f"/search/?q={SECRET}",
        "/search/?q=jmyb",
        f"/commands/?q={SECRET}",
        f"/commands/?q=%23{SECRET}",
        "/commands/",
        f"/commands/?at=/{declared.path}/{number}/",
        "/",
        "/todo/",
        "/notices/",
    ]
    # What was asked for comes back in the search boxes; a record's own title is longer than that.
    assert any(f"{SECRET}八五" in text_of(own, page) for page in pages)
    for page in pages:
        for headers in ({}, fragment):
            assert f"{SECRET}八五" not in text_of(other, page, **headers), page
            if not page.startswith("/commands/?at="):
                assert f"/{declared.path}/{number}/" not in text_of(other, page, **headers), page


def test_a6_no_calendar_of_a_list_shows_a_foreign_record(
    declared: ObjectType, company: Company
) -> None:
    secret(declared, company)
    page = f"/{declared.path}/calendar/?display=calendar:created_at:day"
    assert f"{SECRET}八五" in text_of(browser_of(company.li), page)
    assert f"{SECRET}八五" not in text_of(browser_of(company.zhou), page)


def test_a6_counts_are_those_of_the_reader(declared: ObjectType, company: Company) -> None:
    for seed in (1, 20, 40):
        make(declared.key, owner=company.li, seed=seed)
    make(declared.key, owner=company.zhou, seed=70)
    for user, count in ((company.zhou, 1), (company.li, 3), (company.qian, 4)):
        shown = text_of(browser_of(user), f"/{declared.path}/")
        # Required links bring records of their own, which belong to nobody.
        linked = declared.model._default_manager.filter(owner=None).count()
        count += linked if user == company.qian else 0
        assert gettext("%(count)s in all") % {"count": count} in shown, user.username


def test_a6_related_cards_hold_and_count_only_what_the_reader_may_see(company: Company) -> None:
    shared = make("account", owner=company.li)
    mine = make("account", owner=company.zhou, seed=9, parent=shared, name="周自己的分公司")
    for seed in range(10, 15):
        make("account", owner=company.li, seed=seed, parent=shared, name=f"{SECRET}{seed}")
    share_record(object_type("account"), shared, company.zhou, by=company.li, can_write=False)
    page = text_of(browser_of(company.zhou), f"/accounts/{shared}/")
    assert f"/accounts/{mine}/" in page
    assert SECRET not in page
    assert "<b>1</b>" in page
    assert "<b>5</b>" in text_of(browser_of(company.li), f"/accounts/{shared}/")
    assert "<b>6</b>" in text_of(browser_of(company.qian), f"/accounts/{shared}/")


def test_a6_the_question_before_a_delete_counts_only_what_the_reader_may_see(
    company: Company,
) -> None:
    mine = make("account", owner=company.zhou)
    for seed in range(10, 14):
        make("account", owner=company.li, seed=seed, parent=mine, name=f"{SECRET}{seed}")
    page = text_of(browser_of(company.zhou), f"/accounts/{mine}/delete/")
    assert SECRET not in page
    label = str(object_type("account").label_plural)
    assert f"{label} 4" not in page
    assert f"{label} 4" in text_of(browser_of(company.qian), f"/accounts/{mine}/delete/")


def test_a5_a_link_out_of_reach_is_shown_without_its_name(company: Company) -> None:
    hidden = secret(object_type("account"), company)
    contact = make("contact", owner=company.zhou, account=hidden)
    client = browser_of(company.zhou)
    for page in (
        f"/contacts/{contact}/",
        f"/contacts/{contact}/edit/",
        f"/contacts/{contact}/?tab=details",
        f"/contacts/{contact}/?tab=history",
        "/contacts/",
        "/contacts/?columns=name&columns=account.name&columns=account.phone",
        f"/contacts/?where=account:equals:{hidden}",
        f"/contacts/?where=account.name:contains:{SECRET}八",
        f"/contacts/new/?account={hidden}",
    ):
        shown = text_of(client, page)
        assert f"{SECRET}八五" not in shown, page
        assert f"/accounts/{hidden}/" not in shown, page


@pytest.mark.parametrize("how", ["number", "picked", "name"])
def test_a5_a_form_cannot_link_to_a_record_out_of_reach(how: str, company: Company) -> None:
    hidden = secret(object_type("account"), company)
    contact = make("contact", owner=company.zhou)
    sent = {
        "number": {"account": str(hidden)},
        "picked": {"account": "x", "account__pick": f"{hidden}|x"},
        "name": {"account": f"{SECRET}八五"},
    }[how]
    client = browser_of(company.zhou)
    before = fingerprint()
    for address, more in (
        (f"/contacts/{contact}/edit/", {"was": "{}", "version": "1"}),
        ("/contacts/new/", {"name": "新联系人"}),
    ):
        answer = client.post(address, {**sent, **more})
        assert answer.status_code == 422
        assert how == "name" or SECRET not in answer.content.decode()
    assert changed(before, fingerprint()) == []


def test_a5_a_bulk_change_cannot_link_to_a_record_out_of_reach(company: Company) -> None:
    from keqiao.jobs.worker import run_worker

    hidden = secret(object_type("account"), company)
    contact = make("contact", owner=company.zhou)
    stored = object_type("contact").model._default_manager.filter(pk=contact)
    before = stored.values().get()
    sent = {
        "action": "edit",
        "field": "account",
        "value": str(hidden),
        "ids": str(contact),
        "go": "1",
    }
    answer = browser_of(company.zhou).post("/contacts/bulk/", sent)
    run_worker(once=True)
    assert SECRET not in answer.content.decode()
    assert stored.values().get() == before


def test_a6_a_duplicate_out_of_reach_tells_whom_to_ask_and_nothing_else(company: Company) -> None:
    number = secret(object_type("account"), company, phone="13912345678", note=f"{SECRET}备注")
    answer = browser_of(company.zhou).post(
        "/accounts/new/", {"name": "新来的有限公司", "phone": "139 1234 5678"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "李销售" in page
    assert SECRET not in page
    assert f"/accounts/{number}/" not in page


def test_a6_the_log_hides_names_of_links_out_of_reach(company: Company) -> None:
    """A link that once led to somebody else's customer must not tell that customer's name."""
    hidden = secret(object_type("account"), company)
    mine = make("account", owner=company.zhou, seed=30)
    contact = make("contact", owner=company.zhou, account=hidden)
    save_one(Access.for_user(company.qian), "contact", {"account": mine}, record_id=contact)
    shown = text_of(browser_of(company.zhou), f"/contacts/{contact}/?tab=history")
    assert f"{SECRET}八五" not in shown


def test_a6_no_suggestion_lists_the_customers_of_others(company: Company) -> None:
    secret(object_type("account"), company)
    client = browser_of(company.zhou)
    for declared in object_types():
        for field in declared.fields().values():
            if field.target:
                address = f"/{object_type(field.target).path}/pick/?q={SECRET}"
                assert f"{SECRET}八五" not in text_of(client, address)


def test_a6_somebody_without_any_role_sees_nothing_at_all(company: Company) -> None:
    from keqiao.access.directory import add_user

    for declared in object_types():
        secret(declared, company)
    nobody = browser_of(add_user("nobody", "无权限", "x" * 12))
    for declared in object_types():
        for page in ("", "new/", "pick/", "filter-line/", "export/", "1/", "1/edit/", "1/people/"):
            answer = nobody.get(f"/{declared.path}/{page}")
            assert answer.status_code in {403, 404}, (declared.key, page)
    for page in ("/", "/commands/", f"/commands/?q={SECRET}", f"/search/?q={SECRET}", "/todo/"):
        assert f"{SECRET}八五" not in text_of(nobody, page)


def test_a6_old_page_marks_do_not_lead_to_rows_of_others(company: Company) -> None:
    """The mark of a place in a list is signed for nobody: it must not widen what is listed."""
    for seed in range(1, 61):
        make("lead", owner=company.li, seed=seed)
    page = text_of(browser_of(company.li), "/leads/")
    assert "cursor=" in page
    mark = page.split("cursor=", 1)[1].split("&amp;")[0].split('"')[0]
    other = browser_of(company.zhou).get(f"/leads/?cursor={mark}").content.decode()
    assert other.count('class="tick" value="') == 0
