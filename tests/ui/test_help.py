"""Help in the product: the guide beside each screen, what belongs into a field, tours for newcomers."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import resolve

from keqiao.access.models import User
from keqiao.catalog.registry import object_types
from keqiao.ui.guide import LANGUAGES, _page, documents, guide_pages, pictures
from keqiao.ui.screens import _guides, _tours, guide_of, screen_at, tour_of
from tests.company import Company, make

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PART = {"HX-Request": "true"}
ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "keqiao"


def browser(user: User, language: str = "") -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    if language:
        client.post("/preferences/", {"language": language})
    return client


# --- the guide --------------------------------------------------------------------------------------


def test_both_languages_have_the_same_pages() -> None:
    chinese, english = (guide_pages(language) for language in LANGUAGES)
    assert list(chinese) == list(english)
    assert len(chinese) >= 9 and all(page.title and page.text for page in chinese.values())


def test_every_screen_that_names_a_guide_page_names_one_there_is() -> None:
    assert set(_guides.values()) <= set(guide_pages("en"))


def test_every_guide_page_about_a_screen_is_named_by_one() -> None:
    of_the_command_line = {"match-lists"}
    assert set(guide_pages("en")) - set(_guides.values()) <= of_the_command_line


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/calendar/", "calendar-and-tasks"),
        ("/my-tasks/", "calendar-and-tasks"),
        ("/notices/", "notifications"),
        ("/settings/notices/", "notifications"),
        ("/settings/working-days/", "working-days"),
        ("/settings/follow-up-rules/", "follow-ups"),
        ("/accounts/7/transfer/", "handing-over"),
        ("/settings/people/7/leaving/", "handing-over"),
        ("/", "a-day"),
        ("/todo/", "a-day"),
        ("/accounts/", "customers-and-lists"),
        ("/accounts/7/", "record-page"),
        ("/contacts/7/edit/", "record-page"),
        ("/leads/export/", "export"),
        ("/settings/roles/3/fields/", "roles-and-rights"),
        ("/import/", "import"),
        ("/import/7/", "import"),
        ("/jobs/", "background-jobs"),
        ("/nothing-here/at/all/", ""),
    ],
)
def test_a_screen_has_its_page(path: str, page: str) -> None:
    assert guide_of(screen_at(path)) == page


def test_every_list_and_record_has_help(db: None) -> None:
    for declared in object_types():
        for path in (f"/{declared.path}/", f"/{declared.path}/1/", f"/{declared.path}/new/"):
            assert guide_of(screen_at(path)), path


def test_the_drawer_shows_the_page_of_the_screen_in_the_readers_language(company: Company) -> None:
    for language, title in (("zh-hans", "记录页"), ("en", "The record page")):
        client = browser(company.li, language)
        page = client.get("/help/", {"at": "/accounts/7/"}, headers=PART).content.decode()
        assert title in page and "<!doctype" not in page
        assert 'data-start-tour="record"' in page
        whole = client.get("/help/", {"at": "/accounts/7/"}).content.decode()
        assert "<!doctype html>" in whole and title in whole


def test_the_guide_is_searched_by_words_and_by_pinyin(company: Company) -> None:
    client = browser(company.li, "zh-hans")
    for asked in ("导入", "daoru", "dr", "import"):
        assert "/help/import/" in client.get("/help/", {"q": asked}).content.decode(), asked
    nothing = client.get("/help/", {"q": "<b>没有这个词"}).content.decode()
    assert "&lt;b&gt;没有这个词" in nothing and "/help/import/" in nothing


def test_links_and_pictures_of_every_page_lead_somewhere(company: Company) -> None:
    client = browser(company.li)
    for language in LANGUAGES:
        for page in guide_pages(language).values():
            for address in re.findall(r'(?:src|href)="(/[^"]*)"', page.html):
                assert client.get(address).status_code == 200, (page.slug, address)
            assert ".md" not in re.sub(r"<code>.*?</code>", "", page.html), page.slug


def test_only_pictures_of_the_guide_leave_the_folder(company: Company) -> None:
    client = browser(company.li)
    answer = client.get("/help/pictures/list.png")
    assert answer["Content-Type"] == "image/png" and answer.content[:4] == b"\x89PNG"
    assert "list.png" in pictures()
    for name in ("..%2f..%2fREADME.md", "..%2fguide%2fen%2fREADME.md", "nothing.png", "%2e%2e"):
        assert client.get(f"/help/pictures/{name}").status_code == 404, name
    for name in ("nothing", "README"):
        assert client.get(f"/help/{name}/").status_code == 404


def test_a_page_of_the_guide_can_do_no_harm() -> None:
    page = _page(
        "bad",
        "# T <b>\n\n<script>alert(1)</script> <img src=x onerror=alert(1)>\n\n"
        "[a](javascript:alert(1)) [b](//evil.example) [c](https://example.com/) [d](other.md)\n"
        "![p](../../pictures/../../secret.png) ![q](https://evil.example/q.png)\n\n"
        '![alt " onload](../../pictures/list.png)',
    )
    assert "<script" not in page.html and "<img src=x" not in page.html
    assert 'href="javascript' not in page.html and "evil.example" not in page.html
    assert re.findall(r'<img src="([^"]*)"', page.html) == ["/help/pictures/list.png"]
    assert 'rel="noopener noreferrer"' in page.html and 'href="/help/other/"' in page.html
    assert page.title == "T <b>"


def test_an_installed_package_brings_its_guide(tmp_path: Path) -> None:
    """The wheel carries guide and pictures, where the product looks for them."""
    built = subprocess.run(
        [
            sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index",
            "-q", "-w", str(tmp_path), str(_source_copy(tmp_path / "source")),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr[-2000:]
    [wheel] = tmp_path.glob("*.whl")
    names = {name.partition(".data/data/")[2] for name in zipfile.ZipFile(wheel).namelist()}
    for page in guide_pages("en"):
        assert f"share/keqiao/guide/zh-hans/{page}.md" in names
    assert {f"share/keqiao/pictures/{name}" for name in pictures()} <= names
    assert (documents() / "guide" / "en" / "README.md").is_file()


def _source_copy(target: Path) -> Path:
    """Copy what the build reads, so that it leaves nothing behind in the source."""
    target.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (target / name).write_bytes((ROOT / name).read_bytes())
    (target / "keqiao").mkdir()
    (target / "keqiao" / "__init__.py").touch()
    (target / "docs").symlink_to(ROOT / "docs")
    return target


# --- fields -----------------------------------------------------------------------------------------


def test_what_belongs_into_a_field_stands_at_its_label(company: Company) -> None:
    number = make("account", owner=company.li)
    client = browser(company.li, "en")
    for address in (
        f"/accounts/{number}/?tab=details",
        "/accounts/new/",
        f"/accounts/{number}/edit/",
    ):
        page = client.get(address).content.decode()
        found = re.search(r'<details class="menu why"><summary aria-label="([^"]*)">', page)
        assert found is not None and "Account name" in found[1], address
        assert "The full name as on the business licence" in page
    form = client.get("/accounts/new/").content.decode()
    described = set(re.findall(r'aria-describedby="([^" ]*)"', form))
    assert "id-name-std" in described and 'id="id-name-std"' in form


# --- tours ------------------------------------------------------------------------------------------


def test_every_stop_of_a_tour_is_on_some_page() -> None:
    marked = set()
    for path in TEMPLATES.rglob("*.html"):
        marked.update(re.findall(r'data-tour="([a-z-]+)"', path.read_text(encoding="utf-8")))
    for tour in _tours.values():
        assert tour.steps, tour.key
        assert {step.target for step in tour.steps} <= marked, tour.key


def test_a_tour_speaks_the_readers_language(company: Company) -> None:
    for language, words in (("zh-hans", "收藏"), ("en", "Favourite")):
        told = browser(company.li, language).get("/help/tours/record/").json()
        assert words in [step["title"] for step in told["steps"]], told
    assert browser(company.li).get("/help/tours/nothing/").status_code == 404


def test_newcomers_are_offered_a_tour_once(company: Company) -> None:
    client = browser(company.li)
    assert 'data-start-tour="home"' in client.get("/").content.decode()
    assert "data-start-tour" not in client.get("/accounts/").content.decode()
    assert client.get("/help/seen/").status_code == 405
    assert client.post("/help/seen/", {"next": "/todo/"})["Location"] == "/todo/"
    assert client.post("/help/seen/", headers=PART).content == b""
    company.li.refresh_from_db()
    assert company.li.hints_seen == ["tours"]
    assert "data-start-tour" not in browser(company.li).get("/").content.decode()
    assert 'data-start-tour="home"' in browser(company.wang).get("/").content.decode()


def test_old_hands_are_not_offered_a_tour(company: Company) -> None:
    User.objects.update(date_joined=company.li.date_joined - timedelta(days=60))
    assert "data-start-tour" not in browser(company.li).get("/").content.decode()


def test_a_tour_belongs_to_one_screen() -> None:
    assert len({tour.route for tour in _tours.values()}) == len(_tours)
    found = tour_of(resolve("/accounts/").route)
    assert found is not None and found.key == "list"


# --- keys -------------------------------------------------------------------------------------------


def test_switching_the_keys_off_follows_the_person(company: Company) -> None:
    client = browser(company.li)
    assert 'data-keys="off"' not in client.get("/").content.decode()
    client.post("/preferences/", {"keys": "off"}, headers=PART)
    for one in (client, browser(company.li)):
        assert 'data-keys="off"' in one.get("/").content.decode()
    assert 'data-keys="off"' not in browser(company.wang).get("/").content.decode()
    client.post("/preferences/", {"keys": "nonsense"})
    assert 'data-keys="off"' in client.get("/").content.decode()
    client.post("/preferences/", {"keys": "on"})
    assert 'data-keys="off"' not in client.get("/").content.decode()
