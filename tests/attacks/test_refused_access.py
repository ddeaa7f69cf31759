"""A2: whoever guesses numbers of others' records leaves a trace, and cannot fill the disk with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from keqiao.access import refusals
from keqiao.access.access import Access
from keqiao.access.models import Collaborator, RefusedAccess
from keqiao.access.tasks import remove_old_refusals
from keqiao.access.tokens import issue_token
from keqiao.base.clock import now
from tests.attacks.conftest import browser_of
from tests.company import Company, make, make_all, save_one

pytestmark = pytest.mark.django_db


def lines() -> list[tuple[int, str, str, int, int, list[int]]]:
    return [
        (one.actor_id, one.object_key, one.action, one.tried, one.foreign, one.record_ids)
        for one in RefusedAccess.objects.order_by("pk")
    ]


def test_a_guessed_page_is_written_down_with_who_what_and_when(company: Company) -> None:
    number = make("account", owner=company.li)
    client = browser_of(company.zhou)
    assert client.get(f"/accounts/{number}/").status_code == 404
    assert lines() == [(company.zhou.pk, "account", "view", 1, 1, [number])]
    line = RefusedAccess.objects.get()
    assert line.actor_name == "周销售"
    assert now() - line.last_at < timedelta(minutes=1)


@time_machine.travel("2026-11-22 10:00:20+08:00", tick=False)
def test_a_thousand_guesses_of_a_minute_are_one_line(company: Company) -> None:
    numbers = make_all("account", [{}] * 30, owner=company.li)
    client = browser_of(company.zhou)
    for number in [*numbers, 999_999_998, 999_999_999]:
        client.get(f"/accounts/{number}/")
    [line] = RefusedAccess.objects.all()
    assert (line.tried, line.foreign) == (32, 30)
    assert line.record_ids == numbers[:20]
    with time_machine.travel("2026-11-22 10:01:00+08:00", tick=False):
        client.get(f"/accounts/{numbers[0]}/")
    assert RefusedAccess.objects.count() == 2


def test_programs_changes_bulk_and_links_are_written_down_too(company: Company) -> None:
    foreign = make("account", owner=company.li)
    token, text = issue_token(company.zhou, "爬虫", ["*:write"], days=1)
    asked = {"headers": {"Authorization": f"Bearer {text}"}}
    program = Client()
    body = {"name": "改名", "level": "A"}
    address = f"/api/v1/accounts/{foreign}"
    assert program.get(address, **asked).status_code == 404
    patch = {"content_type": "application/json"}
    asked["headers"]["If-Match"] = '"v1"'
    assert program.patch(address, body, **patch, **asked).status_code == 404
    asked["headers"]["If-Match"] = "*"
    assert program.patch(address, body, **patch, **asked).status_code == 404
    assert program.delete(address, **asked).status_code == 404
    found = {(one.action, one.token_id, one.foreign) for one in RefusedAccess.objects.all()}
    assert found == {
        (action, token.pk, n) for action, n in (("view", 1), ("change", 2), ("delete", 1))
    }
    link = {"name": "陈志远", "account": foreign}
    assert program.post("/api/v1/contacts", link, **patch, **asked).status_code == 422
    assert RefusedAccess.objects.get(action="view", object_key="account").tried == 2
    rows = {"items": [{"id": foreign, "version": 1, "level": "A"}]}
    program.post("/api/v1/accounts/bulk", rows, **patch, **asked)
    assert RefusedAccess.objects.get(action="change").tried == 3
    program.get(f"/api/v1/contacts?where=account:equals:{foreign}", **asked)
    assert RefusedAccess.objects.get(action="view", object_key="account").tried == 3


def test_numbers_put_into_a_bulk_question_are_written_down(company: Company) -> None:
    mine, foreign = make("account", owner=company.zhou), make("account", owner=company.li, seed=9)
    asked = {"action": "edit", "ids": f"{mine},{foreign}", "state": ""}
    browser_of(company.zhou).post("/accounts/bulk/", asked)
    assert lines() == [(company.zhou.pk, "account", "change", 1, 1, [foreign])]


def test_what_may_be_seen_but_not_done_is_written_down(company: Company) -> None:
    number = make("account", owner=company.li)
    Collaborator.objects.create(object_key="account", record_id=number, user=company.zhou)
    client = browser_of(company.zhou)
    for page in ("edit", "transfer", "delete"):
        assert client.get(f"/accounts/{number}/{page}/").status_code == 403
    assert [one[2] for one in lines()] == ["change", "transfer", "delete"]


def test_honest_work_writes_nothing_and_costs_nothing(company: Company) -> None:
    number = make("account", owner=company.li)
    client = browser_of(company.li)
    client.get(f"/accounts/{number}/")
    with CaptureQueriesContext(connection) as found:
        assert client.get(f"/accounts/{number}/").status_code == 200
    assert not [one for one in found if "refusedaccess" in one["sql"]]
    handed = browser_of(company.wang)
    _token, text = issue_token(company.wang, "sync", ["*:write"], days=1)
    Client().patch(
        f"/api/v1/accounts/{number}",
        {"owner": company.zhou.pk},
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}", "If-Match": "*"},
    )
    other = make("account", owner=company.li, seed=4)
    handed.post(f"/accounts/{other}/transfer/", {"owner": "周销售", "team": "", "go": "1"})
    assert lines() == []


def test_a_database_that_takes_nothing_changes_no_answer(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_given: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(refusals, "_count", locked)
    number = make("account", owner=company.li)
    assert browser_of(company.zhou).get(f"/accounts/{number}/").status_code == 404


def test_existing_and_missing_numbers_ask_the_same_of_the_database(company: Company) -> None:
    number = make("account", owner=company.li)
    client = browser_of(company.zhou)
    client.get("/accounts/1000000/")
    counts = []
    for one in (number, 999_999_999):
        with CaptureQueriesContext(connection) as found:
            client.get(f"/accounts/{one}/")
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_outside_of_requests_it_is_written_when_the_work_is(
    company: Company, django_capture_on_commit_callbacks: object
) -> None:
    number = make("account", owner=company.li)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        save_one(Access.for_user(company.zhou), "account", {"level": "A"}, record_id=number)
    assert lines() == [(company.zhou.pk, "account", "change", 1, 1, [number])]


def test_administrators_and_auditors_read_it_by_person(company: Company) -> None:
    number = make("account", owner=company.li)
    other = make("account", owner=company.zhou, seed=7)
    browser_of(company.zhou).get(f"/accounts/{number}/")
    browser_of(company.li).get(f"/accounts/{other}/")
    for person in (company.qian, company.sun):
        client = browser_of(person)
        assert "/settings/refused/" in client.get("/settings/profile/").content.decode()
        page = client.get("/settings/refused/").content.decode()
        assert f"#{number}" in page
        assert f"#{other}" in page
        page = client.get(f"/settings/refused/?person={company.zhou.pk}").content.decode()
        assert f"#{number}" in page
        assert f"#{other}" not in page
    for person in (company.li, company.wang):
        client = browser_of(person)
        assert client.get("/settings/refused/").status_code == 403
        assert "/settings/refused/" not in client.get("/settings/profile/").content.decode()


def test_lines_older_than_a_year_go(company: Company) -> None:
    number = make("account", owner=company.li)
    with time_machine.travel("2024-01-01 10:00:00+08:00", tick=False):
        browser_of(company.zhou).get(f"/accounts/{number}/")
    browser_of(company.zhou).get(f"/accounts/{number}/")
    assert remove_old_refusals.call() == 1
    assert RefusedAccess.objects.count() == 1
