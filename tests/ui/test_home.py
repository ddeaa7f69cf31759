"""The start page: counters, the day, the brief whose numbers are those of the lists, and its cards."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import Role, User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.catalog.registry import object_type_at
from keqiao.notifications.notify import notify
from keqiao.records.query import count_records
from keqiao.ui.brief import Asked, Span, choices_of, lines, spans
from keqiao.ui.home_cards import Arrangement, arrangement_of
from keqiao.ui.list_state import ListState
from tests.company import Company, make, make_all
from tests.ui.test_pages import browser

SHANGHAI = ZoneInfo("Asia/Shanghai")
HTMX = {"HX-Request": "true"}
BEGINNING = "2026-11-10 02:00:00+00:00"  # a Tuesday
NOW = "2026-12-30 02:00:00+00:00"  # a Wednesday


def at(days: int, hour: int = 18) -> datetime:
    return datetime(2026, 12, 30, hour, 0, tzinfo=SHANGHAI) + timedelta(days=days)


@pytest.fixture(autouse=True)
def fixed_time():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def busy(company: Company) -> Company:
    with time_machine.travel(BEGINNING, tick=False):
        make_all("account", [{}, {}], owner=company.li, seed=10)
    mine = make_all("account", [{}, {}, {}], owner=company.li, seed=20)
    make_all("account", [{}], owner=company.zhou, seed=40)
    make("lead", owner=company.li, seed=45)
    for seed, account in enumerate((mine[0], mine[0], mine[1])):
        make(
            "visit", owner=company.li, seed=50 + seed, about=f"account:{account}", contacts=[],
            at=at(-1 - seed), state="done",
        )  # fmt: skip
    make(
        "call",
        owner=company.li,
        seed=60,
        about=f"account:{mine[2]}",
        contacts=[],
        at=at(-40),
        state="done",
    )
    return company


def asked(access: Access, query: str = "") -> Asked:
    return Asked.read(access, QueryDict(query))


def listed(access: Access, url: str) -> int:
    path, _mark, query = url.partition("?")
    state = ListState.read(object_type_at(path.strip("/")), QueryDict(query))
    return count_records(access, state.query(access))


PERIODS = ("today", "week", "month", "quarter", "year", "custom&from=2026-11-01&to=2026-12-29")


@pytest.mark.parametrize("period", PERIODS)
def test_each_number_of_the_brief_is_that_of_the_list_behind_it(busy: Company, period: str) -> None:
    shown = 0
    for person in busy.everybody:
        access = Access.for_user(person)
        for _group, choices in choices_of(access):
            for whose, _label in choices:
                for line in lines(access, asked(access, f"period={period}&whose={whose}")):
                    assert int(line["count"]) == listed(access, line["url"]), (person, whose, line)
                    shown += int(line["count"])
    assert shown


def numbers(person: User, query: str = "") -> dict[str, tuple[str, str, str]]:
    access = Access.for_user(person)
    return {
        line["key"]: (line["count"], line["before"], line["trend"])
        for line in lines(access, asked(access, query))
    }


def test_the_brief_compares_with_the_period_before(busy: Company) -> None:
    mine = numbers(busy.li, "period=month")
    assert mine["new_account"] == ("3", "2", "up")
    assert mine["visit"] == ("3", "0", "up")
    assert mine["call"] == ("0", "1", "down")
    assert mine["note"] == ("0", "0", "same")
    [visits] = [
        line
        for line in lines(Access.for_user(busy.li), asked(Access.for_user(busy.li)))
        if line["key"] == "visit"
    ]
    assert "2" in visits["note"]


def test_nobody_counts_what_he_does_not_see(busy: Company) -> None:
    offered = {
        key for _group, choices in choices_of(Access.for_user(busy.li)) for key, _l in choices
    }
    assert offered == {"me", "all"}
    forged = numbers(busy.li, f"period=month&whose=p{busy.zhou.pk}")
    assert forged == numbers(busy.li, "period=month&whose=me")
    assert numbers(busy.wang, f"whose=p{busy.li.pk}")["new_account"][0] == "3"
    assert numbers(busy.wang, f"whose=d{busy.west.pk}") == numbers(busy.wang, "whose=me")


def test_a_hidden_field_takes_its_numbers_along(busy: Company) -> None:
    set_field_right(Role.objects.get(key="sales"), "account", "created_at", Right.HIDDEN)
    assert "new_account" not in numbers(busy.li)
    assert "new_lead" in numbers(busy.li)


@pytest.mark.parametrize(
    ("period", "day", "now", "before"),
    [
        ("today", "2027-01-01", ("2027-01-01", "2027-01-01"), ("2026-12-31", "2026-12-31")),
        ("week", "2027-01-03", ("2026-12-28", "2027-01-03"), ("2026-12-21", "2026-12-27")),
        ("month", "2024-03-31", ("2024-03-01", "2024-03-31"), ("2024-02-01", "2024-02-29")),
        ("month", "2026-12-30", ("2026-12-01", "2026-12-31"), ("2026-11-01", "2026-11-30")),
        ("quarter", "2027-02-28", ("2027-01-01", "2027-03-31"), ("2026-10-01", "2026-12-31")),
        ("year", "2027-01-01", ("2027-01-01", "2027-12-31"), ("2026-01-01", "2026-12-31")),
    ],
)
def test_periods_and_the_ones_before(
    period: str, day: str, now: tuple[str, str], before: tuple[str, str]
) -> None:
    wanted = [Span(*(date.fromisoformat(one) for one in pair)) for pair in (now, before)]
    assert spans(period, date.fromisoformat(day)) == wanted


@pytest.mark.parametrize(
    "query",
    [
        "period=custom",
        "period=custom&from=xx&to=2026-13-45",
        "period=custom&from=0001-01-01&to=9999-12-31",
        "period=zz",
        "whose=p0",
        "whose=dx",
    ],
)
def test_odd_choices_on_the_brief_do_no_harm(company: Company, query: str) -> None:
    answer = browser(company.li).get(f"/start/cards/brief/?{query}", headers=HTMX)
    assert answer.status_code == 200


# --- the day ----------------------------------------------------------------------------------------


def test_the_day_shows_what_is_overdue_and_due_and_is_done_in_place(company: Company) -> None:
    account = make("account", owner=company.li)
    given = {"about": f"account:{account}", "contacts": [], "state": "planned"}
    late = make("task", owner=company.li, seed=2, name="寄样品", at=at(-2), **given)
    make("call", owner=company.li, seed=3, name="回电话", at=at(0, 15), **given)
    make("task", owner=company.li, seed=4, name="后天的事", at=at(2), **given)
    make("task", owner=company.zhou, seed=5, name="别人的事", at=at(0), **{**given, "about": None})
    client = browser(company.li)
    page = client.get("/").content.decode()
    assert page.index("寄样品") < page.index("回电话")
    assert "后天的事" not in page
    assert "别人的事" not in page
    client.post(f"/activities/task/{late}/check/", headers=HTMX)
    card = client.get("/start/cards/day/", headers=HTMX).content.decode()
    assert "回电话" in card
    assert "寄样品" not in card.partition('class="work done"')[0]


def counter(page: str, url: str) -> str:
    found = re.search(
        rf'<li class="\w*"><a href="{re.escape(url)}".*?<b>(.*?)</b>', unescape(page), re.DOTALL
    )
    assert found, url
    return found[1]


def test_counters_lead_to_lists_of_just_that_many(company: Company) -> None:
    accounts = make_all("account", [{}, {}, {}], owner=company.li)
    for seed, (account, days) in enumerate(zip(accounts, (0, 0, -3), strict=True)):
        make("task", owner=company.li, seed=seed, about=f"account:{account}", contacts=[], at=at(days),
             state="planned")  # fmt: skip
    page = browser(company.li).get("/").content.decode()
    url = "/accounts/?where=owner%3Ais_me&where=next_activity_at%3Awithin%3Atoday"
    assert counter(page, url) == "2" == str(listed(Access.for_user(company.li), url))
    assert counter(page, "/my-tasks/") == "1"
    other = browser(company.zhou).get("/").content.decode()
    assert counter(other, url) == "0"


def test_what_was_given_to_me_is_marked_as_handled(company: Company) -> None:
    for number in range(2):
        notify([company.li], "assigned", title=f"{number}", actor=company.wang)
    notify([company.zhou], "assigned", title="x", actor=company.wang)
    client, url = browser(company.li), "/notices/?show=unread&kind=assigned"
    page = client.get("/").content.decode()
    assert counter(page, url) == "2"
    until = re.search(
        r'name="kind" value="assigned"><input type="hidden" name="until" value="(\d+)"', page
    )
    assert until
    client.post("/notices/read/", {"kind": "assigned", "until": until[1]}, headers=HTMX)
    assert counter(client.get("/").content.decode(), url) == "0"
    assert counter(browser(company.zhou).get("/").content.decode(), url) == "1"


def test_the_forgotten_are_counted_as_listed_and_named_when_the_day_is_free(busy: Company) -> None:
    client = browser(busy.li)
    card = client.get("/start/cards/forgotten/", headers=HTMX).content.decode()
    links = re.findall(r'class="chip" href="([^"]+)">[^<]+<b>([^<]+)</b>', card)
    assert links
    for url, number in links:
        assert int(number) == listed(Access.for_user(busy.li), unescape(url))
    assert "/activities/log/?about=account:" in client.get("/").content.decode()


# --- cards ------------------------------------------------------------------------------------------


def test_cards_are_moved_hidden_and_reset(company: Company) -> None:
    client, access = browser(company.li), Access.for_user(company.li)
    client.post("/start/arrange/", {"card": "forgotten", "way": "up"})
    assert arrangement_of(access).columns["middle"][:2] == ["forgotten", "day"]
    client.post("/start/arrange/", {"card": "brief", "way": "hide"})
    assert "card-brief" not in client.get("/").content.decode()
    client.post("/start/arrange/", {"card": "brief", "column": "left", "at": "0"}, headers=HTMX)
    assert arrangement_of(access).columns["left"] == ["brief", "counters"]
    assert arrangement_of(Access.for_user(company.zhou)).columns["left"] == ["counters"]
    client.post("/start/arrange/", {"reset": "1"})
    assert arrangement_of(access).columns["middle"][:2] == ["day", "forgotten"]


def test_odd_moves_lose_no_card(company: Company) -> None:
    client, access = browser(company.li), Access.for_user(company.li)
    before = sorted(key for keys in arrangement_of(access).columns.values() for key in keys)
    for given in (
        {"card": "nobody", "way": "up"},
        {"card": "day", "way": "sideways"},
        {"card": "day", "column": "cellar"},
        {"card": "day", "column": "right", "at": "99999"},
        {"card": "counters", "way": "left"},
        {"card": "first_steps", "column": "left"},
        {},
    ):
        assert client.post("/start/arrange/", given).status_code == 303
    after = arrangement_of(access).columns
    assert sorted(key for keys in after.values() for key in keys) == before
    assert "first_steps" not in before


def test_a_role_begins_as_an_administrator_said(company: Company) -> None:
    sales = Role.objects.get(key="sales")
    mine = browser(company.zhou)
    mine.post("/start/arrange/", {"card": "day", "way": "left"})
    assert mine.post("/start/arrange/", {"role": sales.pk}).status_code == 403
    boss = browser(company.qian)
    boss.post("/start/arrange/", {"card": "brief", "way": "hide"})
    boss.post("/start/arrange/", {"role": sales.pk})
    assert "brief" in arrangement_of(Access.for_user(company.li)).columns["hidden"]
    assert "day" in arrangement_of(Access.for_user(company.zhou)).columns["left"]
    assert "brief" in arrangement_of(Access.for_user(company.wang)).columns["right"]


def test_moving_keeps_every_card_in_one_place() -> None:
    made = Arrangement({"left": ["a"], "middle": ["b", "c"], "right": [], "hidden": ["d"]})
    for key, way in (("a", "right"), ("d", "show"), ("d", "up"), ("c", "right"), ("b", "hide")):
        made.move(key, way)
    assert made.columns == {"left": [], "middle": ["d", "a"], "right": ["c"], "hidden": ["b"]}


def test_a_card_stands_alone_without_scripts_and_a_stranger_signs_in(company: Company) -> None:
    page = browser(company.li).get("/start/cards/brief/").content.decode()
    assert "<html" in page
    assert 'id="card-brief"' in page
    assert browser(company.li).get("/start/cards/first_steps/").status_code == 404
    assert browser(company.li).get("/start/cards/nothing/").status_code == 404
    for address in ("/", "/start/cards/day/", "/start/arrange/"):
        assert Client().get(address).status_code == 302
