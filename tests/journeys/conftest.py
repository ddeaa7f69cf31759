"""A real browser in front of the running product, signed in as one of the personas."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer

from keqiao.access.models import User
from keqiao.records.models import ChainHead
from tests.company import PASSWORD, Company, found_company

DESKTOP = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
VENDOR = Path(settings.PACKAGE) / "ui" / "static" / "vendor"
SignIn = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "a journey needs chromium (apt-get install chromium)"
    assert (VENDOR / "htmx.min.js").exists(), (
        "run `make build` first: the browser parts are missing"
    )
    # Django refuses database work beside a running event loop; the browser's own loop is not ours.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def company(transactional_db: None) -> Company:
    # Emptying the tables between journeys takes away what a migration put there.
    ChainHead.objects.get_or_create(pk=1)
    return found_company()


@pytest.fixture
def sign_in(chromium: Browser, live_server: LiveServer) -> Iterator[SignIn]:
    """Sign a person in through the sign-in page; a script or policy error fails the journey."""
    pages: list[Page] = []
    problems: list[str] = []

    def enter(user: User, viewport: ViewportSize = DESKTOP) -> Page:
        context = chromium.new_context(viewport=viewport, base_url=live_server.url, locale="zh-CN")
        page = context.new_page()
        pages.append(page)
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: (
                problems.append(message.text)
                if message.type == "error" and "status of 4" not in message.text
                else None
            ),
        )
        page.goto("/auth/login/")
        page.fill("[name=login]", user.username)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{live_server.url}/")
        return page

    yield enter
    for page in pages:
        page.context.close()
    assert problems == []
