"""The calendar address: who has it reads the owner's appointments, until it ends."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from keqiao.access.directory import deactivate, reactivate
from keqiao.activities.day_models import CalendarFeed
from keqiao.activities.feed import make_feed
from tests.company import Company, make

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def fixed_time():
    with time_machine.travel("2026-12-30 02:00:00+00:00", tick=False):
        yield


def event(owner, name: str, **values) -> int:
    begin = datetime(2026, 12, 31, 23, 30, tzinfo=SHANGHAI)
    given = {"name": name, "at": begin, "ends_at": begin + timedelta(hours=1), "about": None,
             "participants": [], "contacts": [], "state": "planned", "all_day": False}  # fmt: skip
    return make("event", owner=owner, **{**given, **values})


def read(secret: str, **headers):
    return Client().get(f"/calendar/feed/{secret}.ics", headers=headers)


def test_titles_or_only_busy_times_and_never_anybody_elses(company: Company) -> None:
    event(company.li, "签约，苏州;明远")
    event(company.zhou, "别人的会", seed=3)
    _feed, named = make_feed(company.li, "手机", shows_titles=True)
    _feed, busy = make_feed(company.li, "共享", shows_titles=False)
    shown = read(named).content.decode().replace("\r\n ", "")
    assert "SUMMARY:签约，苏州\\;明远" in shown
    assert "DTSTART;TZID=Asia/Shanghai:20261231T233000" in shown
    assert "DTEND;TZID=Asia/Shanghai:20270101T003000" in shown
    hidden = read(busy).content.decode().replace("\r\n ", "")
    assert "签约" not in hidden
    assert "/events/" not in hidden
    assert "别人的会" not in shown + hidden
    assert shown.count("BEGIN:VEVENT") == hidden.count("BEGIN:VEVENT") == 1


def test_an_address_that_ended_is_a_plain_not_found(company: Company) -> None:
    client = Client()
    client.force_login(company.li, backend=BACKEND)
    made = client.post("/settings/calendar-feed/", {"name": "手机", "shows": "titles"})
    [secret] = set(re.findall(r"/calendar/feed/([\w-]+)\.ics", made.content.decode()))
    assert read(secret).status_code == 200
    assert secret not in client.get("/settings/calendar-feed/").content.decode()
    [feed] = CalendarFeed.objects.all()
    assert secret not in f"{feed.digest} {feed.name}"
    other = Client()
    other.force_login(company.zhou, backend=BACKEND)
    other.post("/settings/calendar-feed/", {"end": feed.pk})
    assert read(secret).status_code == 200, "only its owner ends it"
    client.post("/settings/calendar-feed/", {"end": feed.pk})
    gone = read(secret)
    assert gone.status_code == 404
    assert gone["Content-Type"].startswith("text/plain")
    assert len(gone.content.decode().strip().splitlines()) == 1
    assert read("never-made").content == gone.content, "which addresses there were is not told"


def test_what_has_not_changed_is_not_sent_again(company: Company) -> None:
    event(company.li, "签约")
    _feed, secret = make_feed(company.li, "", shows_titles=True)
    first = read(secret)
    same = read(secret, **{"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    event(company.li, "又一个", seed=7)
    assert read(secret, **{"If-None-Match": first["ETag"]}).status_code == 200


def test_who_is_shut_out_has_no_address_any_more_not_even_later(company: Company) -> None:
    _feed, secret = make_feed(company.li, "", shows_titles=True)
    deactivate(company.li)
    assert read(secret).status_code == 404
    reactivate(company.li)
    assert read(secret).status_code == 404


def test_nobody_makes_addresses_without_end(company: Company) -> None:
    client = Client()
    client.force_login(company.li, backend=BACKEND)
    codes = [client.post("/settings/calendar-feed/", {}).status_code for _n in range(12)]
    assert codes == [200] * 10 + [422] * 2
