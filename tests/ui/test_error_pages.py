"""When something breaks, people get a page that says so truthfully, even without a database."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError
from django.http import HttpRequest
from django.test import Client
from django.urls import include, path

from keqiao.config import urls
from tests.company import Company


def broken(request: HttpRequest) -> None:
    raise RuntimeError("provoked")


# The product's own addresses and handler, and pages that fail: this module as the map of addresses.
urlpatterns = [
    path("broken/", broken),
    path("api/broken", broken),
    path("", include("keqiao.config.urls")),
]
handler500 = urls.handler500
UNCHANGED, UNCERTAIN = "没有改动任何数据", "暂时无法确认刚才的修改是否已保存"


@pytest.fixture
def browser(company: Company, settings: Any) -> Client:
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    client.force_login(company.li, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_page_that_breaks_promises_nothing_was_changed_and_gives_the_number(
    browser: Client,
) -> None:
    answer = browser.get("/broken/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert UNCHANGED in page
    assert answer.headers["X-Request-ID"] in page
    assert 'href="/broken/"' in page  # to try again
    assert "provoked" not in page


def test_a_form_that_breaks_does_not_promise_that_nothing_was_saved(browser: Client) -> None:
    page = browser.post("/broken/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert UNCERTAIN in page
    assert "Nothing was changed" not in page
    assert 'href="/broken/"' not in page  # sending it again blindly is not offered


def test_without_a_database_there_is_still_a_page_of_ours(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: SessionStore) -> None:
        raise DatabaseError("disk I/O error")

    monkeypatch.setattr(SessionStore, "load", fail)
    answer = browser.get("/accounts/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert UNCHANGED in page
    assert answer.headers["X-Request-ID"] in page
    assert "disk I/O" not in page


def test_a_program_gets_its_fault_as_data(browser: Client) -> None:
    answer = browser.post("/api/broken")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 500
