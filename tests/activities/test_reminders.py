"""Reminders and reports: each once, to the right people, on days on which they work."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from keqiao.access.directory import name_head
from keqiao.activities.day_models import Escalation
from keqiao.activities.follow_up_rules import Rules, rules
from keqiao.activities.reminders import at_risk, remind, report_overdue, tell_soon
from keqiao.automation import working_calendar
from keqiao.automation.working_time import DayKind
from keqiao.catalog.registry import object_type
from keqiao.notifications.models import Notice
from keqiao.records.drafts import Draft
from keqiao.records.save import save_records
from tests.company import SYSTEM, TEST, Company, make

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def task(company: Company, due: str, owner=None, **values) -> int:
    given = {"name": "寄样品", "at": at(due), "state": "planned", "about": None, "contacts": []}
    return make("task", owner=owner or company.li, **{**given, **values})


def told(kind: str) -> list[tuple[int, int | None]]:
    rows = Notice.objects.filter(kind=kind).order_by("id")
    return list(rows.values_list("user_id", "record_id"))


def change(key: str, number: int, **values) -> None:
    save_records(SYSTEM, object_type(key), [Draft(values, record_id=number)], source=TEST)


def day_by_day(first: date, days: int) -> dict[str, int]:
    """Run the morning of every day and tell on which days how many notices were made."""
    found = {}
    for number in range(days):
        morning = datetime(first.year, first.month, first.day, 8, 35, tzinfo=SHANGHAI)
        moment = morning + timedelta(days=number)
        with time_machine.travel(moment, tick=False):
            # The worker comes every five minutes; the round is made once.
            if made := remind() + remind():
                found[moment.date().isoformat()] = made
    return found


@time_machine.travel("2026-11-25 02:50:00+00:00", tick=False)
def test_an_event_is_announced_once_to_everybody_who_comes(company: Company) -> None:
    event = make("event", owner=company.li, name="讲解", at=at("2026-11-25 11:00"), about=None,
                 ends_at=at("2026-11-25 12:00"), participants=[company.zhou.pk], contacts=[],
                 state="planned", all_day=False)  # fmt: skip
    make("event", owner=company.li, name="晚些", at=at("2026-11-25 11:30"), about=None,
         ends_at=at("2026-11-25 12:00"), participants=[], contacts=[], state="planned", seed=5)  # fmt: skip
    moment = at("2026-11-25 10:50")
    for _round in range(3):
        tell_soon(moment, Rules())
    assert sorted(told("due")) == [(company.li.pk, event), (company.zhou.pk, event)]
    change("event", event, at=at("2026-11-25 11:01"))
    tell_soon(moment, Rules())
    assert len(told("due")) == 4, "moved, so it is announced anew"
    tell_soon(moment, Rules(event_minutes=0))
    assert len(told("due")) == 4


def test_the_ladder_rests_over_spring_festival_and_reports_to_the_head(company: Company) -> None:
    name_head(company.east, company.wang)
    with time_machine.travel(at("2026-02-12 09:00"), tick=False):
        number = task(company, "2026-02-12 18:00")
    days = day_by_day(date(2026, 2, 12), 30)
    assert days == {"2026-02-12": 1, "2026-02-24": 1, "2026-02-26": 2, "2026-02-28": 2}
    assert told("overdue") == [(company.li.pk, number)] * 3
    assert told("escalation") == [(company.wang.pk, number)] * 2
    assert at_risk([("task", number)]) == {("task", number)}


def test_a_new_due_day_begins_the_ladder_anew_and_doing_it_ends_it(company: Company) -> None:
    with time_machine.travel(at("2026-11-20 09:00"), tick=False):
        moved, done = task(company, "2026-11-20 18:00"), task(company, "2026-11-20 18:00", seed=2)
    assert "2026-11-25" in day_by_day(date(2026, 11, 21), 5)
    with time_machine.travel(at("2026-11-25 18:00"), tick=False):
        change("task", moved, at=at("2026-11-26 18:00"))
        change("task", done, state="done")
    Notice.objects.all().delete()
    days = day_by_day(date(2026, 11, 26), 10)
    assert days == {"2026-11-26": 1, "2026-12-01": 1, "2026-12-03": 1}
    assert {record for _user, record in told("overdue")} == {moved}


def test_nobody_is_reported_twice_when_the_round_is_made_again(company: Company) -> None:
    with time_machine.travel(at("2026-11-20 09:00"), tick=False):
        task(company, "2026-11-20 18:00")
    with time_machine.travel(at("2026-11-25 09:00"), tick=False):
        for _round in range(3):
            report_overdue(date(2026, 11, 25), Rules())
        Escalation.objects.all().delete()  # even if it was forgotten how far it got
        report_overdue(date(2026, 11, 25), Rules())
    assert len(told("overdue")) == 1


def test_many_at_once_are_one_notice(company: Company) -> None:
    name_head(company.east, company.wang)
    with time_machine.travel(at("2026-11-17 09:00"), tick=False):
        for number in range(9):
            task(company, "2026-11-17 18:00", seed=number + 1)
    with time_machine.travel(at("2026-11-24 09:00"), tick=False):
        report_overdue(date(2026, 11, 24), Rules())
    assert told("overdue") == [(company.li.pk, None)]
    [notice] = Notice.objects.filter(kind="escalation")
    assert notice.url == f"/my-tasks/?who={company.li.pk}"


def test_an_import_of_years_of_old_tasks_is_not_reported(company: Company) -> None:
    with time_machine.travel(at("2026-11-25 09:00"), tick=False):
        task(company, "2024-03-01 18:00")
        task(company, "2026-09-01 18:00", seed=2)
        assert report_overdue(date(2026, 11, 25), Rules()) == 0
    assert Notice.objects.count() == 0


def test_a_day_the_company_has_off_reports_nothing(company: Company) -> None:
    working_calendar.change_day(SYSTEM, date(2026, 11, 25), DayKind.HOLIDAY, "司庆")
    with time_machine.travel(at("2026-11-20 09:00"), tick=False):
        task(company, "2026-11-20 18:00")
    assert list(day_by_day(date(2026, 11, 23), 5)) == ["2026-11-26"]


def test_work_without_owner_or_head_does_not_stop_the_round(company: Company) -> None:
    with time_machine.travel(at("2026-11-10 09:00"), tick=False):
        number = task(company, "2026-11-10 18:00")
        save_records(
            SYSTEM, object_type("task"),
            [Draft({"owner": None, "team": company.east.pk}, record_id=number)], source=TEST,
        )  # fmt: skip
        task(company, "2026-11-10 18:00", owner=company.zhou, seed=2)
    with time_machine.travel(at("2026-11-19 09:00"), tick=False):
        assert report_overdue(date(2026, 11, 19), Rules()) == 1


# --- settings -------------------------------------------------------------------------------------


def browser(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_an_administrator_changes_the_ladder(company: Company) -> None:
    client = browser(company.qian)
    page = "/settings/follow-up-rules/"
    given = {"event_minutes": "10", "morning": "09:00", "days0": "4", "superior0": "on", "days1": "2",
             "owner1": "on"}  # fmt: skip
    assert client.get(page).status_code == 200
    assert client.post(page, given).status_code == 303
    held = rules()
    assert [(s.after_days, s.tells_owner, s.tells_superior) for s in held.steps] == [
        (2, True, False),
        (4, False, True),
    ]
    assert (held.event_minutes, held.morning) == (10, "09:00")
    for wrong in ({"days1": "4"}, {"days0": "0"}, {"days0": "61"}, {"days0": "x"}, {"morning": "25:00"},
                  {"event_minutes": "999"}, {"days2": "9"}):  # fmt: skip
        assert client.post(page, {**given, **wrong}).status_code == 422, wrong
    assert rules() == held
    assert browser(company.wang).get(page).status_code == 403


@pytest.mark.parametrize("path", ["/settings/follow-up-rules/", "/settings/working-days/"])
def test_sellers_do_not_set_rules(company: Company, path: str) -> None:
    assert browser(company.li).post(path, {"morning": "08:00"}).status_code in {403, 405}
