"""The calendar: whose work stands in it, who may look, how things are moved and planned."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.activities.person_calendar import person_entries
from keqiao.catalog.registry import object_type
from keqiao.records.query import get_record
from keqiao.ui.calendar import (
    MOST_ENTRIES,
    CalendarEntry,
    calendar_events,
    entries_by_day,
    month_grid,
    place,
)
from tests.company import SYSTEM, Company, make, make_all

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = "2026-11-25 02:00:00+00:00"  # a Wednesday, ten in the morning in Shanghai
HTMX = {"HX-Request": "true"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def event(company: Company, name: str, start: str, hours: float = 1, **values) -> int:
    begin = at(start)
    given = {"name": name, "at": begin, "ends_at": begin + timedelta(hours=hours), "all_day": False,
             "state": "planned", "participants": [], "contacts": [], "about": None}  # fmt: skip
    owner = values.pop("owner", company.li)
    return make("event", owner=owner, **{**given, **values})


@pytest.fixture(autouse=True)
def fixed_time():
    with time_machine.travel(NOW, tick=False):
        yield


# --- whose and by whom ----------------------------------------------------------------------------


def test_the_own_month_shows_what_is_planned(company: Company) -> None:
    event(company, "苏州拜访", "2026-11-26 14:00")
    make("task", owner=company.li, name="寄样品", at=at("2026-11-24 18:00"), state="planned",
         about=None, contacts=[])  # fmt: skip
    event(company, "别人的会", "2026-11-26 14:00", owner=company.zhou)
    page = browser(company.li).get("/calendar/?day=2026-11-25").content.decode()
    assert "苏州拜访" in page
    assert re.search(r'class="ev late"[^>]*title=" ?18:00 寄样品|class="ev late"[^>]*寄样品', page)
    assert "别人的会" not in page


def test_a_colleagues_calendar_shows_only_what_one_may_see(company: Company) -> None:
    event(company, "李的会", "2026-11-26 14:00")
    boss, peer = browser(company.wang), browser(company.zhou)
    assert "李的会" in boss.get(f"/calendar/?who={company.li.pk}").content.decode()
    assert "李的会" in boss.get("/calendar/?who=team").content.decode()
    for view in ("month", "week", "day"):
        page = peer.get(f"/calendar/?who={company.li.pk}&view={view}&day=2026-11-26")
        assert "李的会" not in page.content.decode()
        assert 'data-entry="event' not in page.content.decode(), "not even that there is something"


def test_a_guest_sees_the_event_and_others_do_not(company: Company) -> None:
    event(company, "机密会谈", "2026-11-26 14:00", owner=company.zhou, participants=[company.li.pk])
    day = date(2026, 11, 26)
    [entry] = person_entries(Access.for_user(company.li), [company.li.pk], day, day).entries
    assert entry.title == "机密会谈"
    assert not entry.is_movable
    assert person_entries(Access.for_user(company.wang), [company.li.pk], day, day).entries == []


def test_the_calendar_reads_one_range_and_one_query_per_type(
    company: Company, django_assert_max_num_queries
) -> None:
    for number in range(12):
        event(company, f"会 {number}", f"2026-11-{10 + number} 09:00")
    access = Access.for_user(company.li)
    access.can  # noqa: B018
    with django_assert_max_num_queries(6):
        found = person_entries(access, [company.li.pk], date(2026, 11, 1), date(2026, 11, 30))
    assert len(found.entries) == 12


# --- days and grids -------------------------------------------------------------------------------


def test_what_lasts_over_new_year_stands_on_both_sides_of_it(company: Company) -> None:
    event(company, "跨年值班", "2026-12-31 22:00", hours=6)
    access = Access.for_user(company.li)
    december = person_entries(access, [company.li.pk], date(2026, 12, 1), date(2026, 12, 31))
    january = person_entries(access, [company.li.pk], date(2027, 1, 1), date(2027, 1, 31))
    assert [entry.title for entry in december.entries] == ["跨年值班"]
    assert [entry.title for entry in january.entries] == ["跨年值班"]
    days = entries_by_day(january.entries, date(2026, 12, 28), date(2027, 1, 3))
    assert sorted(days) == [date(2026, 12, 31), date(2027, 1, 1)]


def entry(start: str, minutes: int = 60, number: int = 1) -> CalendarEntry:
    begin = at(start)
    return CalendarEntry("event", number, 1, "x", begin, begin + timedelta(minutes=minutes))


def test_an_entry_that_ends_at_midnight_does_not_reach_the_next_day() -> None:
    one = entry("2026-11-26 22:00", 120)
    assert one.last_day == date(2026, 11, 26)
    backwards = entry("2026-11-26 22:00", -300)
    assert backwards.last_day == backwards.first_day


def test_overlapping_entries_stand_side_by_side_and_others_do_not() -> None:
    placed = place(
        [
            entry("2026-11-26 09:00", 60, 1),
            entry("2026-11-26 09:30", 60, 2),
            entry("2026-11-26 11:00", 15, 3),
        ]
    )
    assert [(one.row, one.height, one.column, one.width) for one in placed] == [
        (18, 2, 0, 6),
        (19, 2, 6, 6),
        (22, 1, 0, 12),
    ]
    crowd = place([entry("2026-11-26 09:00", 60, number) for number in range(9)])
    assert {one.width for one in crowd} == {3}
    assert all(one.column + one.width <= 12 for one in crowd)
    late = place([entry("2026-11-26 23:50", 300)])
    assert late[0].row + late[0].height <= 48


def test_a_full_day_says_how_many_more_there_are(db: None) -> None:
    entries = [entry("2026-11-26 09:00", 30, number) for number in range(9)]
    grid = month_grid(date(2026, 11, 1), entries, day_url=lambda day: f"/{day}/")
    [cell] = [cell for week in grid["weeks"] for cell in week if cell["count"]]
    assert len(cell["entries"]) + cell["more"] == 9
    assert cell["day"] == "2026-11-26"


def test_three_thousand_events_in_a_month_are_cut_and_said(company: Company) -> None:
    rows = [
        {"name": f"会 {n}", "at": at("2026-11-01 08:00") + timedelta(minutes=10 * n), "about": None,
         "ends_at": at("2026-11-01 08:30") + timedelta(minutes=10 * n), "state": "planned",
         "participants": [], "contacts": [], "all_day": False}
        for n in range(3000)
    ]  # fmt: skip
    make_all("event", rows, owner=company.li)
    begun = time.perf_counter()
    page = browser(company.li).get("/calendar/?day=2026-11-25").content.decode()
    assert "note warn" in page
    assert page.count("data-entry=") < 42 * 4 + 1
    assert time.perf_counter() - begun < 5
    found = person_entries(
        Access.for_user(company.li), [company.li.pk], date(2026, 10, 26), date(2026, 12, 6)
    )
    assert (len(found.entries), found.is_cut) == (MOST_ENTRIES, True)


@pytest.mark.parametrize(
    "query",
    ["?day=2026-02-30", "?day=0001-01-01", "?day=9999-12-31&view=week", "?view=x", "?who=99999999",
     "?who=%F0%9F%98%80", "?day=2150-12-31", "?day=1990-01-01&view=week"],
)  # fmt: skip
def test_strange_addresses_show_a_calendar_all_the_same(company: Company, query: str) -> None:
    assert browser(company.li).get(f"/calendar/{query}").status_code == 200


# --- moving ---------------------------------------------------------------------------------------


def moved(client: Client, number: int, **values):
    given = {"object": "event", "id": number, "field": "at", "end_field": "ends_at", **values}
    return client.post("/calendar/move/", given, headers=HTMX)


def stored(number: int):
    return get_record(SYSTEM, object_type("event"), number)


def test_moving_keeps_time_and_length(company: Company) -> None:
    number, client = event(company, "会", "2026-11-26 14:00", 2), browser(company.li)
    assert moved(client, number, version=1, day="2026-12-31").status_code == 200
    assert stored(number).at == at("2026-12-31 14:00")
    assert stored(number).ends_at == at("2026-12-31 16:00")
    assert moved(client, number, version=2, shift_days=1, shift_minutes=-30).status_code == 200
    assert stored(number).at == at("2027-01-01 13:30")
    assert stored(number).ends_at == at("2027-01-01 15:30")


def test_the_second_of_two_movers_is_told_and_changes_nothing(company: Company) -> None:
    number = event(company, "会", "2026-11-26 14:00")
    assert moved(browser(company.wang), number, version=1, day="2026-11-27").status_code == 200
    answer = moved(browser(company.li), number, version=1, day="2026-11-30")
    assert answer.status_code == 409
    assert 'name="version" value="2"' in answer.content.decode()
    assert stored(number).at == at("2026-11-27 14:00")


@pytest.mark.parametrize(
    "values",
    [{"day": "2026-02-30"}, {"day": "x"}, {"shift_days": "99999999"}, {"shift_days": "abc"},
     {"day": "2026-11-26", "time": "25:00"}, {"shift_minutes": "-2000"},
     {"day": "9999-12-31", "shift_days": "1"}],
)  # fmt: skip
def test_a_move_to_nowhere_is_refused(company: Company, values: dict) -> None:
    number = event(company, "会", "2026-11-26 14:00")
    assert moved(browser(company.li), number, version=1, **values).status_code == 422
    assert stored(number).at == at("2026-11-26 14:00")


def test_nobody_moves_what_is_not_his(company: Company) -> None:
    number = event(company, "会", "2026-11-26 14:00")
    assert moved(browser(company.zhou), number, version=1, day="2026-11-27").status_code in {
        403,
        404,
    }
    assert moved(browser(company.sun), number, version=1, day="2026-11-27").status_code in {
        403,
        404,
    }
    assert (
        browser(company.li)
        .post(
            "/calendar/move/",
            {"object": "event", "id": number, "field": "name", "day": "2026-11-27"},
        )
        .status_code
        == 404
    )
    assert stored(number).at == at("2026-11-26 14:00")


def test_the_form_twin_moves_without_any_script(company: Company) -> None:
    number, client = event(company, "会", "2026-11-26 14:00"), browser(company.li)
    asked = client.get(f"/calendar/move/?object=event&id={number}&field=at&end_field=ends_at")
    assert 'value="2026-11-26"' in asked.content.decode()
    given = {"object": "event", "id": number, "field": "at", "end_field": "ends_at", "version": 1,
             "day": "2026-11-30", "time": "08:15"}  # fmt: skip
    assert client.post("/calendar/move/", given).status_code == 303
    assert stored(number).at == at("2026-11-30 08:15")


# --- any list as a calendar -----------------------------------------------------------------------


def test_any_object_with_a_date_can_stand_on_a_calendar(company: Company) -> None:
    make("lead", owner=company.li, seed=1, name="甲", next_contact_on="2026-11-26")
    make("lead", owner=company.zhou, seed=2, name="乙", next_contact_on="2026-11-26")
    make("lead", owner=company.li, seed=3, name="丙", next_contact_on="2026-12-01")
    found = calendar_events(
        Access.for_user(company.li), object_type("lead"), "next_contact_on",
        date(2026, 11, 1), date(2026, 11, 30),
    )  # fmt: skip
    assert [one.title for one in found.entries] == ["甲"]
    assert found.entries[0].is_movable
    assert not found.entries[0].has_time


# --- planning and finishing -----------------------------------------------------------------------


def test_a_click_on_a_day_plans_something_there(company: Company) -> None:
    client = browser(company.li)
    assert (
        'value="2026-11-30"'
        in client.get("/activities/plan/?type=event&day=2026-11-30", headers=HTMX).content.decode()
    )
    account = make("account", owner=company.li)
    given = {"type": "event", "name": "方案讲解", "day": "2026-11-30", "time": "10:00", "minutes": "90",
             "about": f"account:{account}"}  # fmt: skip
    answer = client.post("/activities/plan/", given, headers=HTMX)
    assert answer.status_code == 204
    assert "activitiesChanged" in answer["HX-Trigger"]
    [entry] = person_entries(
        Access.for_user(company.li), [company.li.pk], date(2026, 11, 30), date(2026, 11, 30)
    ).entries
    assert (entry.title, entry.end) == ("方案讲解", at("2026-11-30 11:30"))
    assert client.post("/activities/plan/", {**given, "name": " "}, headers=HTMX).status_code == 422
    assert client.post("/activities/plan/", {**given, "day": "??"}, headers=HTMX).status_code == 422
    hidden = make("account", owner=company.zhou, seed=9)
    refused = client.post(
        "/activities/plan/", {**given, "about": f"account:{hidden}"}, headers=HTMX
    )
    assert refused.status_code == 422


def test_completing_plans_the_next_step_or_nothing_at_all(company: Company) -> None:
    account = make("account", owner=company.li)
    task = make("task", owner=company.li, name="回访", at=at("2026-11-25 18:00"), state="planned",
                about=f"account:{account}", contacts=[], body="")  # fmt: skip
    client, page = browser(company.li), f"/activities/task/{task}/complete/"
    wrong = client.post(
        page, {"note": "客户满意", "next_name": "再访", "next_day": "?"}, headers=HTMX
    )
    assert wrong.status_code == 422
    assert get_record(SYSTEM, object_type("task"), task).state == "planned", "all or nothing"
    right = client.post(
        page, {"note": "客户满意", "next_name": "再访", "next_day": "2026-11-30"}, headers=HTMX
    )
    assert right.status_code == 204
    done = get_record(SYSTEM, object_type("task"), task)
    assert (done.state, done.body) == ("done", "客户满意")
    customer = get_record(SYSTEM, object_type("account"), account)
    assert customer.next_activity_at == at("2026-11-30 09:00")
