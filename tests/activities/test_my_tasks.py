"""The list of what is to be done, and the clock of a record's next step."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from keqiao.activities.my_tasks import group_of
from keqiao.catalog.registry import object_type
from keqiao.records.query import get_record
from keqiao.ui.clock import clock_html, clock_state
from tests.company import SYSTEM, Company, make

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SHANGHAI = ZoneInfo("Asia/Shanghai")
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def fixed_time():
    with time_machine.travel("2026-12-30 02:00:00+00:00", tick=False):  # a Wednesday
        yield


def browser(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def task(owner, name: str, days: int, **values) -> int:
    due = datetime(2026, 12, 30, 18, 0, tzinfo=SHANGHAI) + timedelta(days=days)
    given = {"name": name, "at": due, "state": "planned", "about": None, "contacts": []}
    return make("task", owner=owner, **{**given, **values})


@pytest.mark.parametrize(
    ("days", "group"),
    [
        (-400, "late"),
        (-1, "late"),
        (0, "today"),
        (1, "tomorrow"),
        (2, "week"),
        (4, "week"),
        (5, "later"),
    ],
)
def test_groups_follow_the_days_also_over_new_year(days: int, group: str) -> None:
    assert group_of(date(2026, 12, 30) + timedelta(days=days), date(2026, 12, 30)) == group


def test_sunday_and_the_last_day_of_a_week() -> None:
    sunday = date(2027, 1, 3)
    assert group_of(date(2027, 1, 4), sunday) == "tomorrow"
    assert group_of(date(2027, 1, 5), sunday) == "later"


def test_the_list_shows_own_work_in_groups_and_checks_it_off(company: Company) -> None:
    late, mine = task(company.li, "寄样品", -2), task(company.li, "打电话", 1, seed=2)
    task(company.zhou, "别人的事", 0, seed=3)
    client = browser(company.li)
    page = client.get("/my-tasks/").content.decode()
    assert page.index('class="workgroup late"') < page.index("寄样品")
    assert page.index('class="workgroup tomorrow"') < page.index("打电话")
    assert "别人的事" not in page
    assert 'class="workgroup today"' not in page
    answer = client.post(f"/activities/task/{late}/check/", headers=HTMX)
    assert (answer.status_code, "activitiesChanged" in answer["HX-Trigger"]) == (204, True)
    assert "寄样品" not in client.get("/my-tasks/").content.decode()
    client.post(f"/activities/task/{late}/check/", {"undo": "1"})
    assert get_record(SYSTEM, object_type("task"), late).state == "planned"
    assert client.post(f"/activities/task/{mine}/cancel/").status_code == 303
    assert get_record(SYSTEM, object_type("task"), mine).state == "cancelled"


@pytest.mark.parametrize("address", ["/my-tasks/", "/"])
def test_work_is_ticked_off_without_javascript(company: Company, address: str) -> None:
    late = task(company.li, "寄<样品>", -1)
    client = Client(enforce_csrf_checks=True)
    client.force_login(company.li, "allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(address).content.decode()
    assert "寄&lt;样品&gt;" in page
    form = page[page.index(f'action="/activities/task/{late}/check/"') :]
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form[: form.index("</form>")])
    assert found is not None
    client.post(f"/activities/task/{late}/check/", {"csrfmiddlewaretoken": found[1]})
    assert get_record(SYSTEM, object_type("task"), late).state == "done"


def test_a_superior_looks_at_a_colleagues_list_and_a_stranger_does_not(company: Company) -> None:
    task(company.li, "寄样品", 0)
    address = f"/my-tasks/?who={company.li.pk}"
    assert "寄样品" in browser(company.wang).get(address).content.decode()
    assert "寄样品" not in browser(company.zhou).get(address).content.decode()


def test_nobody_checks_off_what_is_not_his(company: Company) -> None:
    number = task(company.li, "寄样品", 0)
    for verb in ("check", "cancel", "complete"):
        assert browser(company.zhou).post(f"/activities/task/{number}/{verb}/").status_code in {
            403,
            404,
        }
    assert browser(company.li).get("/activities/account/1/").status_code == 404
    assert get_record(SYSTEM, object_type("task"), number).state == "planned"


# --- the clock ------------------------------------------------------------------------------------


def test_the_clock_tells_its_colour_in_words() -> None:
    moment = datetime(2026, 12, 30, 9, 0, tzinfo=SHANGHAI)
    assert [clock_state(moment + timedelta(days=n)) for n in (-1, 0, 1)] == [
        "late",
        "today",
        "planned",
    ]
    assert clock_state(None) == "none"
    assert 'class="clock none"' in clock_html(None)
    assert 'title=""' not in clock_html(moment)


def test_behind_the_clock_stands_what_is_planned(company: Company) -> None:
    account = make("account", owner=company.li)
    task(company.li, "寄样品", -1, about=f"account:{account}")
    task(company.li, "回访", 3, about=f"account:{account}", seed=2)
    page = (
        browser(company.li)
        .get(f"/activities/next/account/{account}/", headers=HTMX)
        .content.decode()
    )
    assert page.index("寄样品") < page.index("回访")
    assert f"/activities/plan/?about=account:{account}" in page
    assert browser(company.zhou).get(f"/activities/next/account/{account}/").status_code == 404
    assert browser(company.li).get("/activities/next/task/1/").status_code == 404
    assert browser(company.li).get("/activities/next/nonsense/1/").status_code == 404
    whole = browser(company.li).get(f"/accounts/{account}/").content.decode()
    assert "nextpanel" in whole
    assert 'class="clock late"' in whole


def test_lists_show_the_clock_and_find_who_was_forgotten(company: Company) -> None:
    planned = make("account", owner=company.li, name="甲有限公司")
    make("account", owner=company.li, name="乙有限公司", seed=2)
    task(company.li, "寄样品", 0, about=f"account:{planned}")
    client = browser(company.li)
    page = client.get("/accounts/?columns=name&columns=next_activity_at").content.decode()
    assert 'class="clock today"' in page
    assert 'class="clock none"' in page
    idle = client.get("/accounts/?where=next_activity_at:is_empty").content.decode()
    assert "乙有限公司" in idle
    assert "甲有限公司" not in idle
    make("call", owner=company.li, about=f"account:{planned}", state="done", contacts=[], seed=4,
         at=datetime(2026, 12, 20, 9, 0, tzinfo=SHANGHAI))  # fmt: skip
    for days, is_forgotten in ((7, True), (15, False), (180, False)):
        address = f"/accounts/?where=last_activity_at:not_within:past_{days}_days"
        found = client.get(address).content.decode()
        assert ("甲有限公司" in found) is is_forgotten
        assert "乙有限公司" in found, "nobody ever spoke to them"
