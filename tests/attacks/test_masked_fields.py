"""A7: a masked or hidden value leaves by no page, filter, order, search, log, form or message."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.directory import add_user
from keqiao.access.models import FieldRight, Role, User
from keqiao.access.rights import ANY_OBJECT, Action, Level, Right
from keqiao.access.roles import set_field_right, set_right
from keqiao.catalog.field import Field
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type
from keqiao.records.models import ChangeEntry
from keqiao.records.query import get_record
from tests.attacks.conftest import browser_of
from tests.attacks.database import changed, fingerprint
from tests.company import SYSTEM, Company, make, save_one

CANARY = "13912345678"
# Kinds whose sample is long and rare enough that finding it on a page proves a leak.
TELLING = frozenset(
    {"text", "long_text", "address", "phone", "phones", "email", "emails", "url", "uscc",
     "resident_id", "money", "person_name"}
)  # fmt: skip


def guarded_person(declared: ObjectType, right: Right, *names: str) -> User:
    """Return somebody who may do everything, but for some fields."""
    role = Role.objects.create(key="guarded", name="受限")
    for action in Action:
        set_right(role, ANY_OBJECT, action, Level.ALL)
    set_right(role, ANY_OBJECT, Action.REVEAL, Level.NONE)
    for name in names:
        set_field_right(role, declared.key, name, right)
    return add_user("guarded", "受限", "x" * 12, roles=[role])


def telling_fields(declared: ObjectType) -> list[Field]:
    return [
        field
        for name, field in declared.fields().items()
        if field.kind.key in TELLING and name != declared.title and not field.read_only
    ]


def forms_of(field: Field, value: Any) -> set[str]:
    """Return every way the value could stand on a page."""
    texts = {field.kind.text(value, field), str(field.kind.wire(value, field))}
    if isinstance(value, list):
        texts |= {str(one) for one in value} | {field.kind.text([one], field) for one in value}
    elif isinstance(value, str):
        texts.add(value)
    return {text for text in texts if len(text) >= 6}


def pages_of(declared: ObjectType, number: int, names: list[str]) -> list[str]:
    base = f"/{declared.path}/"
    columns = "&".join(f"columns={name}" for name in names)
    return [
        base,
        f"{base}?columns={declared.title}&{columns}",
        f"{base}?{columns}&exact=1",
        f"{base}totals/?{columns}",
        f"{base}totals/?{columns}&measure=highest",
        f"{base}{number}/",
        f"{base}{number}/?tab=history",
        f"{base}{number}/edit/",
        f"{base}{number}/delete/",
        f"{base}{number}/people/",
        f"{base}export/",
        f"{base}pick/",
        "/",
        "/commands/",
        f"/commands/?at={base}{number}/",
    ]


@pytest.mark.parametrize("right", [Right.MASKED, Right.HIDDEN])
def test_a7_guarded_values_stand_on_no_page(
    right: Right, declared: ObjectType, company: Company
) -> None:
    fields = telling_fields(declared)
    user = guarded_person(declared, right, *(field.name for field in fields))
    number = make(declared.key, owner=user)
    record = get_record(SYSTEM, declared, number)
    secrets = {
        text for field in fields for text in forms_of(field, field.value(record))
        if text not in str(declared.field(declared.title).value(record))
    }  # fmt: skip
    assert not fields or secrets
    client = browser_of(user)
    # Something happens to the record, so that its log has lines about these fields.
    changed_title = {declared.title: "改过的名字"}
    save_one(Access.for_user(company.qian), declared.key, changed_title, record_id=number)
    for page in pages_of(declared, number, [field.name for field in fields]):
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(page, headers=headers)
            assert answer.status_code in {200, 403}, page
            text = answer.content.decode()
            assert [one for one in secrets if one in text] == [], page


@pytest.fixture(params=[Right.MASKED, Right.HIDDEN], ids=["masked", "hidden"])
def guarded(request: pytest.FixtureRequest, company: Company) -> tuple[Client, int, User]:
    """A colleague whose role guards phone and note, a record with a canary, and one without."""
    user = guarded_person(object_type("account"), request.param, "phone", "note", "annual_revenue")
    number = make(
        "account", owner=user, name="有秘密有限公司", phone=CANARY, more_phones=[], email="",
        note=f"note {CANARY}", annual_revenue="98765432.10",
    )  # fmt: skip
    make("account", owner=user, seed=5, name="没秘密有限公司", phone="", note="", more_phones=[])
    return browser_of(user), number, user


@pytest.mark.parametrize(
    "where",
    [
        "phone:equals:13912345678", "phone:starts_with:139", "phone:is_filled", "phone:is_empty",
        "note:contains:139", "note:is_filled", "annual_revenue:at_least:90000000",
        "annual_revenue:is_filled", "annual_revenue:between:1,99999999999",
    ],
)  # fmt: skip
def test_a7_a_filter_does_not_tell_what_a_guarded_field_holds(
    where: str, guarded: tuple[Client, int, User]
) -> None:
    client, _number, _user = guarded
    for page in (f"/accounts/?where={where}", f"/accounts/?exact=1&where={where}"):
        answer = client.get(page)
        assert answer.status_code == 422
        assert "有秘密" not in answer.content.decode()
        assert "没秘密" not in answer.content.decode()
    name, operator, *value = where.split(":")
    line = "&".join(
        [f"filter_field={name}", f"filter_operator={operator}", f"filter_value={''.join(value)}"]
    )
    assert client.get(f"/accounts/?{line}").status_code == 422


@pytest.mark.parametrize("sort", ["phone", "-phone", "note", "annual_revenue", "-annual_revenue"])
def test_a7_an_order_does_not_tell_it_either(sort: str, guarded: tuple[Client, int, User]) -> None:
    client, _number, _user = guarded
    answer = client.get(f"/accounts/?sort={sort}")
    assert answer.status_code == 422
    assert "有秘密" not in answer.content.decode()


def test_a7_the_filter_editor_does_not_offer_it(guarded: tuple[Client, int, User]) -> None:
    client, _number, _user = guarded
    page = client.get("/accounts/").content.decode()
    for name in ("phone", "note", "annual_revenue"):
        assert f'<option value="{name}"' not in page
        line = client.get(f"/accounts/filter-line/?filter_field={name}").content.decode()
        assert f'name="filter_field" value="{name}"' not in line


@pytest.mark.parametrize("text", [CANARY, "139 1234 5678", "5678", "+8613912345678"])
def test_a7_search_does_not_find_by_a_guarded_value(
    text: str, guarded: tuple[Client, int, User], company: Company
) -> None:
    client, number, _user = guarded
    pages = [
        f"/search/?q={text}",
        f"/commands/?q={text}",
        f"/accounts/?search={text}",
        f"/accounts/pick/?q={text}",
    ]
    assert any("有秘密" in browser_of(company.qian).get(page).content.decode() for page in pages)
    for page in pages:
        shown = client.get(page).content.decode()
        assert "有秘密" not in shown, page
        assert f"/accounts/{number}/" not in shown, page


def test_a7_the_log_tells_that_it_changed_and_not_to_what(
    guarded: tuple[Client, int, User], company: Company
) -> None:
    client, number, _user = guarded
    save_one(Access.for_user(company.qian), "account", {"phone": "13700007777"}, record_id=number)
    shown = client.get(f"/accounts/{number}/?tab=history").content.decode()
    for leak in (CANARY, "139 1234 5678", "13700007777", "137 0000 7777", "98765432", "98,765,432"):
        assert leak not in shown


def test_a7_a_form_neither_shows_nor_writes_it(guarded: tuple[Client, int, User]) -> None:
    client, number, _user = guarded
    address = f"/accounts/{number}/edit/"
    stored = object_type("account").model._default_manager.filter(pk=number)
    before = stored.values("phone", "note", "annual_revenue").get()
    for sent in (
        {"phone": "13700007777", "note": "x", "annual_revenue": "1", "was": "{}", "version": "1"},
        {"phone": "", "note": "", "annual_revenue": "", "was": "{}", "version": "1"},
        {"phone": "not a phone", "name": "", "was": "{}", "version": "1"},
    ):
        answer = client.post(address, sent)
        assert CANARY not in answer.content.decode()
        assert "139 1234" not in answer.content.decode()
        assert stored.values("phone", "note", "annual_revenue").get() == before


def test_a7_a_conflict_does_not_tell_the_other_s_value(
    guarded: tuple[Client, int, User], company: Company
) -> None:
    client, number, _user = guarded
    for values in ({"phone": "13700007777"}, {"name": "改了名字有限公司"}):
        save_one(Access.for_user(company.qian), "account", values, record_id=number)
    sent = {"name": "我的名字有限公司", "was": "{}", "version": "1"}
    answer = client.post(f"/accounts/{number}/edit/", sent)
    assert answer.status_code == 409
    assert "137" not in answer.content.decode()


def test_a7_a_bulk_change_of_it_is_not_offered_and_not_done(
    guarded: tuple[Client, int, User],
) -> None:
    from keqiao.jobs.worker import run_worker

    client, number, _user = guarded
    before = fingerprint("jobs_job")
    for name in ("phone", "note", "annual_revenue"):
        sent = {"action": "edit", "field": name, "value": "1", "ids": str(number), "go": "1"}
        answer = client.post("/accounts/bulk/", sent)
        assert f'<option value="{name}"' not in answer.content.decode()
        run_worker(once=True)
    assert [one for one in changed(before, fingerprint("jobs_job")) if "jobs" not in one] == []


def test_a7_a_duplicate_hint_does_not_confirm_a_guarded_value(
    guarded: tuple[Client, int, User],
) -> None:
    """Whoever may not read phones must not find out who has which by trying numbers."""
    client, number, _user = guarded
    sent = {"name": "试探有限公司", "phone": CANARY}
    answer = client.post("/accounts/new/", sent)
    assert "有秘密" not in answer.content.decode()
    assert f"/accounts/{number}/" not in answer.content.decode()


def test_a7_revealing_needs_its_right_and_leaves_a_line(
    guarded: tuple[Client, int, User],
) -> None:
    client, number, _user = guarded
    address = f"/accounts/{number}/reveal/"
    names = ("phone", "note", "annual_revenue", "name", "owner.password", "parent.phone", "")
    before = fingerprint()
    for name in names:
        assert client.post(address, {"field": name}).status_code in {403, 404}, name
        assert client.get(f"{address}?field={name}").status_code in {403, 404, 405}
    assert changed(before, fingerprint()) == []
    set_right(Role.objects.get(key="guarded"), ANY_OBJECT, Action.REVEAL, Level.ALL)
    is_masked = FieldRight.objects.filter(role__key="guarded", right="masked").exists()
    for name in names:
        answer = client.post(address, {"field": name})
        may = is_masked and name in {"phone", "note", "annual_revenue"}
        assert (answer.status_code == 200) == may, name
    lines = ChangeEntry.objects.filter(action="reveal", record_id=number)
    assert lines.count() == (3 if is_masked else 0)
    assert not [line for line in lines.values() if CANARY in str(line)]


def test_a7_secret_numbers_are_masked_even_for_administrators(company: Company) -> None:
    secret = "11010519491231002X"
    number = make("contact", owner=company.li, id_number=secret)
    client = browser_of(company.qian)
    for page in pages_of(object_type("contact"), number, ["id_number"]):
        assert "19491231" not in client.get(page).content.decode(), page
    assert client.get(f"/contacts/?where=id_number:starts_with:{secret[:10]}").status_code == 422
    assert f"/contacts/{number}/" not in client.get(f"/search/?q={secret}").content.decode()


def test_a7_a_field_made_secret_disappears_at_once(company: Company) -> None:
    """A right taken away holds from the next click, in every process."""
    from keqiao.access.roles import ensure_standard_roles

    number = make("account", owner=company.li, phone=CANARY)
    client = browser_of(company.li)
    assert "139 1234 5678" in client.get(f"/accounts/{number}/").content.decode()
    set_field_right(ensure_standard_roles()["sales"], "account", "phone", Right.HIDDEN)
    assert "139 1234 5678" not in client.get(f"/accounts/{number}/").content.decode()
    assert "139****5678" not in client.get(f"/accounts/{number}/").content.decode()
