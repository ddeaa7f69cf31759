"""A real browser against a real server, which reports whatever a page does wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from keqiao.access.models import User
from keqiao.records.models import ChainHead
from tests.company import PASSWORD, Company, found_company
from tests.journeys.looking import prepare, settle

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
# Answers with these are part of a journey; the browser logs each as a failed load.
EXPECTED = ("status of 409", "status of 422", "status of 403", "status of 404")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/journeys/" in item.nodeid:
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # The browser library runs an event loop in this thread, which Django takes for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as library:
        browser = library.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def staff(transactional_db: None, chromium: Browser) -> Company:
    ChainHead.objects.get_or_create(pk=1)
    return found_company()


@dataclass
class Desk:
    """One person in front of one browser window."""

    page: Page
    base: str
    troubles: list[str] = field(default_factory=list)

    def open(self, address: str) -> Page:
        self.page.goto(self.base + address)
        settle(self.page)
        return self.page

    @property
    def here(self) -> str:
        return self.page.url.removeprefix(self.base)


def _watch(page: Page, troubles: list[str]) -> None:
    """Note every dialog, script error and refusal of the content security policy."""

    def console(message: Any) -> None:
        if message.type == "error" and not any(part in message.text for part in EXPECTED):
            troubles.append(f"{page.url}: {message.text}")

    def dialog(shown: Any) -> None:
        if shown.type != "beforeunload":
            troubles.append(f"{page.url}: dialog {shown.message!r}")
        shown.accept()

    page.on("console", console)
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    page.on("dialog", dialog)


SitDown = Callable[..., Desk]


@pytest.fixture
def sit_down(chromium: Browser, live_server: LiveServer, staff: Company) -> Iterator[SitDown]:
    """Open a window for somebody, signed in through the sign-in page; check its troubles after."""
    contexts: list[BrowserContext] = []
    desks: list[Desk] = []

    def open_window(user: User, *, width: int = 1440, height: int = 900, **options: Any) -> Desk:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            **options,
        )
        prepare(context)
        contexts.append(context)
        desk = Desk(context.new_page(), live_server.url)
        _watch(desk.page, desk.troubles)
        desks.append(desk)
        desk.open("/auth/login/")
        desk.page.fill("#id_login", user.username)
        desk.page.fill("#id_password", PASSWORD)
        desk.page.press("#id_password", "Enter")
        desk.page.wait_for_url(f"{live_server.url}/")
        return desk

    yield open_window
    for context in contexts:
        context.close()
    assert [trouble for desk in desks for trouble in desk.troubles] == []
