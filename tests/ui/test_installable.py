"""On a phone's start screen: manifest, worker and the page without a network; and what scripts weigh."""

from __future__ import annotations

import re
import struct
from gzip import compress
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.company import Company, make

UI = Path(__file__).resolve().parents[2] / "keqiao" / "ui" / "static"
SCRIPT_BUDGET, STYLE_BUDGET = 120 * 1024, 80 * 1024
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def static_file(address: str) -> Path:
    found = finders.find(address.removeprefix("/static/"))
    assert isinstance(found, str), address
    return Path(found)


@pytest.mark.parametrize(("language", "name"), [("zh-hans", "客桥"), ("en", "Keqiao")])
def test_the_manifest_names_the_app_in_each_language(db: None, language: str, name: str) -> None:
    answer = Client().get(f"/manifest.webmanifest?lang={language}")
    told = answer.json()
    assert answer["Content-Type"] == "application/manifest+json"
    assert name in told["short_name"] and (told["scope"], told["start_url"]) == ("/", "/")
    assert {(one["sizes"], one["purpose"]) for one in told["icons"]} == {
        ("192x192", "any"), ("512x512", "any"), ("192x192", "maskable"), ("512x512", "maskable"),
    }  # fmt: skip
    for one in told["icons"]:
        width, height = struct.unpack(">II", static_file(one["src"]).read_bytes()[16:24])
        assert f"{width}x{height}" == one["sizes"]


def test_every_page_names_its_manifest_and_worker(company: Company) -> None:
    client = Client()
    assert "data-worker" not in client.get("/auth/login/").content.decode()
    client.force_login(company.li, backend=BACKEND)
    page = client.get("/").content.decode()
    for pattern in (r'rel="manifest" href="([^"]*)"', r'data-worker="([^"]*)"'):
        found = re.search(pattern, page)
        assert found is not None and client.get(found[1]).status_code == 200
    policy = client.get("/")["Content-Security-Policy"]
    assert "worker-src 'self'" in policy and "manifest-src 'self'" in policy


def test_the_worker_keeps_one_page_and_its_looks_only(company: Company) -> None:
    make("account", owner=company.li, name="绝密样板有限公司")
    client = Client()
    client.force_login(company.li, backend=BACKEND)
    answer = client.get("/service-worker.js?lang=zh-hans")
    script = answer.content.decode()
    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-cache" in answer["Cache-Control"]
    kept = re.search(r"const KEPT = (\[.*\]);", script)
    assert kept is not None
    addresses = re.findall(r'"([^"]*)"', kept[1])
    assert addresses[0] == "/offline/?lang=zh-hans"
    assert all(one.startswith("/static/") for one in addresses[1:])
    for one in addresses[1:]:
        static_file(one)
    # Nothing that comes by is ever put away: only `addAll` of the list fills the cache.
    assert "cache.put" not in script and script.count("addAll") == 1
    page = client.get(addresses[0]).content.decode()
    assert "李销售" not in page and "绝密" not in page and "csrf" not in page


def test_the_worker_changes_when_what_it_keeps_changes(db: None) -> None:
    chinese, english = (
        Client().get(f"/service-worker.js?lang={one}").content for one in ("zh-hans", "en")
    )
    names = [re.search(rb"keqiao-offline-\w+", one) for one in (chinese, english)]
    assert names[0] and names[1] and names[0][0] != names[1][0]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_without_a_network_nothing_is_promised(db: None, language: str) -> None:
    page = Client().get(f"/offline/?lang={language}").content.decode()
    assert ("No connection" in page) == (language == "en")
    assert "<form" not in page and "<script" not in page


def test_scripts_and_styles_of_a_list_stay_within_their_budget(company: Company) -> None:
    client = Client()
    client.force_login(company.li, backend=BACKEND)
    page = client.get("/accounts/").content.decode()
    scripts = {static_file(one) for one in re.findall(r'<script src="([^"]*)"', page)}
    waiting = list(scripts)
    while waiting:
        text = waiting.pop().read_text(encoding="utf-8")
        for name in re.findall(r'^import (?:[^"]* from )?"\./([^"]*)"', text, re.MULTILINE):
            found = UI / "ui" / name
            if found not in scripts:
                scripts.add(found)
                waiting.append(found)
    assert len(scripts) > 10 and not [
        one for one in scripts if one.name in {"driver.js", "tours.js"}
    ]
    assert sum(len(compress(one.read_bytes())) for one in scripts) <= SCRIPT_BUDGET
    styles = [static_file(one) for one in re.findall(r'rel="stylesheet" href="([^"]*)"', page)]
    assert styles and sum(len(compress(one.read_bytes())) for one in styles) <= STYLE_BUDGET
