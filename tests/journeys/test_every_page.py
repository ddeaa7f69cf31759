"""Every page there is, in both languages and themes, on a desk and in a pocket: nothing is amiss."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.urls import include, path
from playwright.sync_api import Browser, Page, Response, TimeoutError
from pytest_django.live_server_helper import LiveServer

from keqiao.access.models import User
from keqiao.automation.arrangements import shipped
from keqiao.automation.working_time import DayRule
from keqiao.catalog.registry import object_types
from keqiao.config import urls
from keqiao.ui.guide import guide_pages
from tests.company import Company
from tests.journeys.looking import (
    DESK,
    HAN,
    PHONE,
    dialogs,
    faint,
    foreign,
    look_around,
    menus_outside,
    settle,
    signed_in,
    tabs,
    wide,
)
from tests.journeys.stage import Stage, client_of, set_the_stage, speak
from tests.ui.test_error_pages import broken

# The product's own addresses and handlers, and one page that breaks.
urlpatterns = [path("broken/", broken), path("", include("keqiao.config.urls"))]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
pytestmark = pytest.mark.urls(__name__)
NUMBER = re.compile(r"\d+")
TYPE = re.compile(rf"^/({'|'.join(declared.path for declared in object_types())})/")
# What makes another page of a list, a record or a calendar; the rest of an address only fills it.
MATTERS = frozenset({"tab", "view", "status", "show"})
LANGUAGES = {"zh-hans": "zh-CN", "en": "en-US"}
OFFENCES = """document.addEventListener('securitypolicyviolation',
  (event) => console.error('policy', event.violatedDirective, event.blockedURI))"""
STRANGERS = ("/auth/login/", "/offline/")
BROKEN = {403: "/accounts/{}/lock/", 404: "/no-such-page/", 500: "/broken/"}


@dataclass
class Walk:
    """One person's way through all pages; what is amiss is noted with the page."""

    page: Page
    base: str
    language: str
    data: list[str]
    amiss: list[str] = field(default_factory=list)
    here: str = ""
    expected: int = 200
    seen: set[str] = field(default_factory=set)
    menus: dict[str, set[str]] = field(default_factory=lambda: {"1440": set(), "390": set()})
    pages: int = 0
    dialogs: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.note(f"script: {error}"))
        self.page.on("response", self._answered)
        self.page.on("requestfailed", self._failed)

    def note(self, text: str) -> None:
        self.amiss.append(f"{self.language} {self.here}: {text}")

    def _console(self, message: Any) -> None:
        if message.type == "error" and f"status of {self.expected}" not in message.text:
            self.note(f"console: {message.text}")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400 and answer.status != self.expected:
            self.note(f"{answer.status} for {answer.url}")

    def _failed(self, request: Any) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):
            self.note(f"{request.failure} for {request.url}")

    def walk(self, addresses: Iterable[str], expected: int = 200) -> None:
        """Look at every address, and at the tabs found there that no address led to."""
        waiting = list(dict.fromkeys(addresses))
        self.seen.update(map(kind_of, waiting))
        while waiting:
            self.look_at(waiting.pop(0), expected)
            for tab in tabs(self.page):
                if kind_of(tab) not in self.seen:
                    self.seen.add(kind_of(tab))
                    waiting.append(tab)

    def look_at(self, address: str, expected: int = 200) -> None:
        """Open a page once and look at it from all sides, its menus and dialogs too."""
        self.here, self.expected = address, expected
        answer = self.page.goto(self.base + address, wait_until="load")
        settle(self.page)
        self.pages += 1
        if answer is None or answer.status != expected:
            self.note(f"answered {answer and answer.status}")
        if not self.page.title().strip(" ·"):
            self.note("no title")
        self._from_all_sides()
        for dialog in dialogs(self.page):
            kind = f"dialog {kind_of(dialog.partition('?')[0])}"
            if kind not in self.seen:
                self.seen.add(kind)
                self._open(dialog)

    def _open(self, dialog: str) -> None:
        self.here = f"{self.here.partition(' > ')[0]} > {dialog}"
        self.page.evaluate("url => htmx.ajax('GET', url, {target: '#dialog'})", dialog)
        try:
            self.page.locator("#dialog dialog[open]").wait_for()
            settle(self.page)
        except TimeoutError:
            self.note("did not open")
            return
        self.dialogs += 1
        self._from_all_sides()
        self.page.evaluate("() => document.querySelector('#dialog dialog')?.close()")

    def _from_all_sides(self) -> None:
        self._note("not translated", foreign(self.page, self.language, self.data))
        for size, colours in ((DESK, "light"), (PHONE, "dark")):
            self.page.set_viewport_size(size)
            self.page.emulate_media(color_scheme=colours)
            width = str(size["width"])
            self._note(width, wide(self.page))
            self._note(width, menus_outside(self.page, self.menus[width]))
            self._note(f"{width}, {colours}", faint(self.page))
        self.page.set_viewport_size(DESK)
        self.page.emulate_media(color_scheme="light")

    def _note(self, what: str, found: list[str]) -> None:
        for one in found:
            self.note(f"{what}: {one}")


def kind_of(address: str) -> str:
    """Return an address without what only tells one record, type or saved list from another."""
    path, _mark, query = address.partition("?")
    path = TYPE.sub("/*/", NUMBER.sub("#", path))
    kept = [pair for pair in query.split("&") if pair.partition("=")[0] in MATTERS]
    return f"{path}?{'&'.join(kept)}"


def holy(rule: DayRule) -> list[str]:
    return re.findall(HAN, f"{rule.name} {rule.source}")


def pages_of(stage: Stage, user: User) -> list[str]:
    """Return every address that answers with a page of its own: no part, file or mere form target."""
    client = client_of(user)
    client.raise_request_exception = False
    found = []
    for address in dict.fromkeys(stage.addresses()):
        answer = client.get(address)
        is_html = answer.headers.get("Content-Type", "").startswith("text/html")
        if answer.status_code == 200 and is_html and b"<html" in answer.content[:200]:
            found.append(address)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_in_every_dress(
    language: str, chromium: Browser, live_server: LiveServer, staff: Company
) -> None:
    stage = set_the_stage(staff)
    speak(stage, staff, language)
    context = look_around(chromium, LANGUAGES[language])
    context.add_init_script(OFFENCES)
    names = [one.username for one in staff.everybody]
    # The names of holidays and their arrangement are the State Council's own.
    names += [word for year in shipped().values() for rule in year.values() for word in holy(rule)]
    walk = Walk(context.new_page(), live_server.url, language, names)
    walk.walk(STRANGERS)
    signed_in(context, staff.qian, live_server.url)
    walk.walk([*pages_of(stage, staff.qian), *(f"/help/{slug}/" for slug in guide_pages(language))])
    for status, address in BROKEN.items():
        walk.look_at(address.format(stage.numbers["accounts"]), status)
    context.close()
    assert walk.amiss == []
    assert walk.pages >= 170 and walk.dialogs >= 40
