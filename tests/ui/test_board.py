"""The board: the very records of the list, in the column of their state, by everybody's rights."""

from __future__ import annotations

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import ensure_standard_roles, set_field_right
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.customers.models import Lead
from keqiao.records.query import get_record
from tests.company import SYSTEM, Company, make
from tests.ui.test_pages import PART


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
    assert "part=figures" in client.get("/leads/board/").content.decode()
    figures = client.get("/leads/board/?part=figures", headers=PART).content.decode()
    assert "3,345.50" in figures and figures.count('hx-swap-oob="true"') == 1
    none = client.get("/leads/board/?part=figures&where=state:equals:lost", headers=PART)
    assert "3,345.50" not in none.content.decode()
    set_field_right(ensure_standard_roles()["sales"], "lead", "expected_amount", Right.MASKED)
    masked = client.get("/leads/board/?part=figures", headers=PART).content.decode()
    assert "3,345.50" not in masked and 'class="split"' in masked


def test_a_thin_bar_shows_how_the_next_steps_lie(company: Company) -> None:
    begin = timezone.localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    times = (-1, 0, 23.9, 24, 500, None, None, None)
    for seed, hours in enumerate(times, start=1):
        number = make("lead", owner=company.li, state="new", seed=seed)
        at = None if hours is None else begin + timedelta(hours=hours)
        Lead.objects.filter(pk=number).update(next_activity_at=at)
    html = signed(company.li).get("/leads/board/?part=figures", headers=PART).content.decode()
    parts = re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="0" width="([\d.]+)"', html)
    assert parts == [
        ("late", "0.00", "12.50"), ("today", "12.50", "25.00"),
        ("planned", "37.50", "25.00"), ("none", "62.50", "37.50"),
    ]  # fmt: skip


def test_further_cards_come_into_their_column(company: Company) -> None:
    for seed in range(1, 53):
        make("lead", owner=company.li, state="new", name=f"线索{seed:02}号", seed=seed)
    make("lead", owner=company.li, state="qualified", name="别的阶段", seed=99)
    client = signed(company.li)
    page = client.get("/leads/board/?sort=name").content.decode()
    assert page.count('class="bcard"') == 51
    more = re.search(r'hx-get="([^"]*part=cards)"', page)
    assert more is not None
    part = client.get(more[1].replace("&amp;", "&"), headers=PART).content.decode()
    assert part.count('class="bcard"') == 2 and "part=cards" not in part and "<html" not in part
    first = set(re.findall(r'data-id="(\d+)"', page))
    assert not first & set(re.findall(r'data-id="(\d+)"', part)) and "别的阶段" not in part
    assert client.get("/leads/board/?column=77&part=cards", headers=PART).status_code == 404


def test_no_board_over_a_choice_one_may_not_read(company: Company) -> None:
    make("lead", owner=company.li)
    set_field_right(ensure_standard_roles()["sales"], "lead", "state", Right.MASKED)
    client = signed(company.li)
    assert client.get("/leads/board/").status_code == 404
    assert "/leads/board/" not in client.get("/leads/").content.decode()
    assert client.get("/accounts/board/").status_code == 404
