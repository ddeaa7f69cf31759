"""The minute before and after New Year: today, periods before and after, next contacts, reminders."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from keqiao.access.access import Access
from keqiao.activities.agenda import agenda
from keqiao.activities.composer import next_choices, next_moment
from keqiao.activities.reminders import remind
from keqiao.base.clock import today
from keqiao.catalog.filter import parse_where
from keqiao.catalog.registry import object_type
from keqiao.catalog.relative_dates import period
from keqiao.notifications.models import Notice
from keqiao.records.query import ListQuery, run_list
from tests.company import Company, make

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVE = datetime(2026, 12, 31, 23, 59, tzinfo=SHANGHAI)
AFTER = datetime(2027, 1, 1, 0, 1, tzinfo=SHANGHAI)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "eve", "after"),
    [
        ("today", ("2026-12-31", "2027-01-01"), ("2027-01-01", "2027-01-02")),
        ("yesterday", ("2026-12-30", "2026-12-31"), ("2026-12-31", "2027-01-01")),
        ("this_week", ("2026-12-28", "2027-01-04"), ("2026-12-28", "2027-01-04")),
        ("last_week", ("2026-12-21", "2026-12-28"), ("2026-12-21", "2026-12-28")),
        ("this_month", ("2026-12-01", "2027-01-01"), ("2027-01-01", "2027-02-01")),
        ("last_month", ("2026-11-01", "2026-12-01"), ("2026-12-01", "2027-01-01")),
        ("this_year", ("2026-01-01", "2027-01-01"), ("2027-01-01", "2028-01-01")),
        ("last_year", ("2025-01-01", "2026-01-01"), ("2026-01-01", "2027-01-01")),
        ("past_7_days", ("2026-12-24", "2027-01-01"), ("2026-12-25", "2027-01-02")),
        ("next_7_days", ("2026-12-31", "2027-01-08"), ("2027-01-01", "2027-01-09")),
    ],
)
def test_periods_change_with_the_year(
    name: str, eve: tuple[str, str], after: tuple[str, str]
) -> None:
    for moment, expected in ((EVE, eve), (AFTER, after)):
        with time_machine.travel(moment, tick=False):
            start, end = period(name, as_moments=False)
            assert (str(start), str(end)) == expected
            begins, ends = period(name, as_moments=True)
            assert isinstance(begins, datetime) and isinstance(ends, datetime)
            assert timezone.localtime(begins).isoformat() == f"{expected[0]}T00:00:00+08:00"
            assert timezone.localtime(ends).isoformat() == f"{expected[1]}T00:00:00+08:00"


def test_lists_count_a_record_to_the_day_on_which_it_was_made(company: Company) -> None:
    with time_machine.travel(EVE, tick=False):
        old = make("account", owner=company.li)
    with time_machine.travel(AFTER, tick=False):
        new = make("account", owner=company.li, seed=2)
        access = Access.for_user(company.li)

        def made(when: str) -> set[int]:
            query = ListQuery(
                object_type=object_type("account"),
                filter=parse_where([f"created_at:within:{when}"]),
            )
            return {row.id for row in run_list(access, query).rows}

        assert made("today") == made("this_year") == made("this_month") == {new}
        assert made("yesterday") == made("last_year") == made("last_month") == {old}
        assert made("this_week") == made("past_7_days") == {old, new}


def test_the_next_contact_chosen_on_new_years_eve_lies_in_the_new_year() -> None:
    with time_machine.travel(EVE, tick=False):
        days = {one["key"]: date.fromisoformat(one["day"]) for one in next_choices()}
        assert days["today"] == today() == date(2026, 12, 31)
        for key in ("tomorrow", "three", "monday"):
            assert days[key] >= date(2027, 1, 1)
            moment = next_moment(key, "")
            assert moment is not None
            assert timezone.localtime(moment).date() == days[key]
        for key in ("today", "tomorrow"):
            due = next_moment(key, "")
            assert due is not None and due > EVE, "nothing is due before it is written"


def page(company: Company, account: int) -> str:
    client = Client()
    client.force_login(company.li, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.get(f"/accounts/{account}/").content.decode()


def test_what_was_due_on_the_last_day_is_overdue_and_told_in_the_new_year(
    company: Company,
) -> None:
    account = make("account", owner=company.li)
    given = {"name": "年底回款", "state": "planned", "about": f"account:{account}", "contacts": []}
    number = make("task", owner=company.li, at=EVE, **given)
    access = Access.for_user(company.li)
    with time_machine.travel(EVE.replace(minute=58), tick=False):
        start, end = period("today", as_moments=True)
        assert isinstance(start, datetime) and isinstance(end, datetime)
        assert [one.id for one in agenda(access, company.li.pk, start, end)] == [number]
        assert 'data-due="today"' in page(company, account)
    with time_machine.travel(AFTER, tick=False):
        assert 'data-due="late"' in page(company, account)
    for day in (1, 4, 5):
        with time_machine.travel(datetime(2027, 1, day, 8, 35, tzinfo=SHANGHAI), tick=False):
            remind()
    told = Notice.objects.filter(user=company.li, record_id=number)
    assert told.exists()
    assert all(timezone.localtime(one.at).year == 2027 for one in told)
