"""The board: the very records of the list, in the column of their state, by everybody's rights."""

from __future__ import annotations

from django.test import Client

from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import ensure_standard_roles, set_field_right
from keqiao.catalog.registry import object_type
from keqiao.records.query import get_record
from tests.company import SYSTEM, Company, make


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_cards_stand_in_their_columns_within_reach(company: Company) -> None:
    make("lead", owner=company.li, name="李的新线索", state="new")
    make("lead", owner=company.li, name="李的跟进线索", state="contacting", seed=2)
    make("lead", owner=company.zhou, name="周的线索", state="new", seed=3)
    client = signed(company.li)
    html = client.get("/leads/board/").content.decode()
    new, contacting = html.index('data-value="new"'), html.index('data-value="contacting"')
    assert new < html.index("李的新线索") < contacting < html.index("李的跟进线索")
    assert "周的线索" not in html
    filtered = client.get("/leads/board/?where=state:equals:new").content.decode()
    assert "李的新线索" in filtered and "李的跟进线索" not in filtered
    assert client.get("/leads/board/?where=nothing:equals:1").status_code == 422
    assert "/leads/board/" in client.get("/leads/").content.decode()


def test_a_card_moves_with_its_version(company: Company) -> None:
    number = make("lead", owner=company.li, state="new")
    client = signed(company.li)
    url = f"/leads/{number}/cell/state/"
    given = {"state": "qualified", "version": "1", "was": "{}"}
    assert client.post(url, given, HTTP_HX_REQUEST="true").status_code == 200
    stored = get_record(SYSTEM, object_type("lead"), number)
    assert stored.state == "qualified"  # type: ignore[attr-defined]
    given["state"] = "contacting"
    assert client.post(url, given, HTTP_HX_REQUEST="true").status_code == 409


def test_a_column_says_what_its_cards_come_to(company: Company) -> None:
    for seed, amount in enumerate(("1000", "2345.50"), start=1):
        make("lead", owner=company.li, state="new", expected_amount=amount, seed=seed)
    make("lead", owner=company.zhou, state="new", expected_amount="9999", seed=7)
    client = signed(company.li)
    assert "3,345.50" in client.get("/leads/board/").content.decode()
    set_field_right(ensure_standard_roles()["sales"], "lead", "expected_amount", Right.MASKED)
    assert "3,345.50" not in client.get("/leads/board/").content.decode()


def test_no_board_over_a_choice_one_may_not_read(company: Company) -> None:
    make("lead", owner=company.li)
    set_field_right(ensure_standard_roles()["sales"], "lead", "state", Right.MASKED)
    client = signed(company.li)
    assert client.get("/leads/board/").status_code == 404
    assert "/leads/board/" not in client.get("/leads/").content.decode()
    assert client.get("/accounts/board/").status_code == 404
