"""X2, X5, X6, A9, I2: what every page tells the browser, and what forged or odd requests achieve."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponseBase
from django.test import Client

from keqiao.access.directory import add_user
from keqiao.access.models import User
from keqiao.catalog.registry import object_type, object_types
from tests.attacks.conftest import browser_of
from tests.attacks.database import changed, fingerprint
from tests.attacks.routes import all_routes, ui_routes
from tests.company import Company, make

FRAGMENT = {"HX-Request": "true"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}
SCHEMES = re.compile(r"\s*(?:javascript|data|vbscript):", re.IGNORECASE)


@pytest.fixture
def one_of_each(company: Company) -> dict[str, int]:
    """A record of every object type, of 李销售, so that every page has something to show."""
    return {declared.path: make(declared.key, owner=company.li) for declared in object_types()}


def readable_addresses(one_of_each: dict[str, int], user: User) -> Iterator[str]:
    """Return every address of the product once per object type, with numbers that exist."""
    for route in all_routes():
        types = list(one_of_each) if route.is_about_a_type else [""]
        for path in types:
            number = one_of_each.get(path, 1)
            values: dict[str, Any] = dict.fromkeys(route.slots, number)
            values |= {"declared": path, "user_id": user.pk}
            yield route.address(values)


# --- X2: what pages tell the browser -----------------------------------------------------------


class Inline(HTMLParser):
    """Collects whatever the content security policy would block, or an attacker would love."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and not names.get("src")):
            self.found.append(f"<{tag}> without src")
        for name, value in attrs:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.found.append(f"{tag} {name}={value}")
            if name in {"href", "src", "action", "formaction", "hx-get", "hx-post"} and value:
                if SCHEMES.match(value) and not value.startswith("data:image/"):
                    self.found.append(f"{tag} {name}={value}")
                is_ours = value.startswith(("/", "data:image/")) and not value.startswith("//")
                if tag in {"script", "link", "img"} and not is_ours:
                    self.found.append(f"{tag} {name}={value} from elsewhere")
        if (
            tag == "a"
            and names.get("target") == "_blank"
            and "noopener" not in (names.get("rel") or "noopener")
        ):
            self.found.append(f"a {names.get('href')} without noopener")


def offences_in(answer: HttpResponseBase) -> list[str]:
    found = []
    policy = answer.headers.get("Content-Security-Policy", "")
    # The customer's own page allows nothing by default and tells nobody where one came from.
    allows_nothing = "default-src 'none'" in policy
    if not (allows_nothing or "default-src 'self'" in policy) or "unsafe" in policy:
        found.append(f"policy {policy!r}")
    for part in (
        *(() if allows_nothing else ("object-src 'none'",)),
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        if part not in policy:
            found.append(f"policy without {part}")
    for name, value in HEADERS.items():
        stricter = "no-referrer" if name == "Referrer-Policy" and allows_nothing else value
        if answer.headers.get(name) not in {value, stricter}:
            found.append(f"{name}: {answer.headers.get(name)}")
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        reader = Inline()
        reader.feed(b"".join(answer).decode())  # type: ignore[arg-type]
        found += reader.found
    return found


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
@pytest.mark.parametrize("who", ["li", "qian", "nobody"])
def test_x2_every_page_has_a_strict_policy_and_keeps_it(
    who: str, headers: dict[str, str], company: Company, one_of_each: dict[str, int]
) -> None:
    client = browser_of(None if who == "nobody" else getattr(company, who))
    shown = 0
    for address in readable_addresses(one_of_each, company.li):
        answer = client.get(address, headers=headers)
        assert answer.status_code < 500, address
        assert offences_in(answer) == [], address
        shown += answer.status_code == 200
    assert shown >= (30 if who != "nobody" else 3)


def test_x2_the_reader_finds_what_it_should() -> None:
    reader = Inline()
    reader.feed(
        "<p style='x'><script>1</script><a href='javascript:x'><b onclick='x'><img src='//e.x/'>"
    )
    assert len(reader.found) == 5


def test_x2_answers_to_wrong_and_refused_requests_have_it_too(company: Company) -> None:
    client = browser_of(company.li)
    for answer in (
        client.get("/accounts/999999/"),
        client.get("/nowhere/"),
        client.get("/settings/roles/"),
        client.get("/accounts/?where=nonsense"),
        client.post("/accounts/new/", {"name": ""}),
        browser_of(company.li, enforce_csrf_checks=True).post("/accounts/new/", {"name": "x"}),
    ):
        assert 400 <= answer.status_code < 500
        assert offences_in(answer) == []


# --- X5: forged requests -------------------------------------------------------------------------


def test_x5_no_page_takes_a_change_without_its_token(
    company: Company, one_of_each: dict[str, int]
) -> None:
    client = browser_of(company.qian, enforce_csrf_checks=True)
    client.get("/accounts/new/")  # the cookie is there, as in a real browser
    before = fingerprint()
    form = "application/x-www-form-urlencoded"
    for address in readable_addresses(one_of_each, company.li):
        for method, media in (
            ("POST", form), ("POST", "text/plain"), ("POST", "application/json"),
            ("PUT", form), ("PATCH", "application/json"), ("DELETE", form),
        ):  # fmt: skip
            answer = client.generic(
                method, address, "go=1&name=forged", content_type=media,
                headers={"Origin": "https://evil.example", **FRAGMENT},
            )  # fmt: skip
            assert answer.status_code in {401, 403, 404, 405}, (method, address)
    assert changed(before, fingerprint()) == []


def test_x5_signing_in_and_out_need_the_token_too(company: Company) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    assert client.post("/auth/login/", {"login": "li", "password": "x"}).status_code == 403
    client = browser_of(company.li, enforce_csrf_checks=True)
    assert client.post("/auth/logout/").status_code == 403
    assert client.get("/auth/logout/").status_code == 200
    assert client.get("/accounts/").status_code == 200


@pytest.mark.parametrize("who", ["li", "qian"])
def test_x5_reading_changes_nothing(
    who: str, company: Company, one_of_each: dict[str, int]
) -> None:
    client = browser_of(getattr(company, who))
    before = fingerprint()
    smuggled = "go=1&action=delete&delete=1&end=others&switch=off&name=x&ids=1&owner=1&confirm=1"
    for address in readable_addresses(one_of_each, company.li):
        for method, headers in (("GET", {}), ("GET", FRAGMENT), ("HEAD", {})):
            answer = client.generic(method, f"{address}?{smuggled}", headers=headers)
            assert answer.status_code < 500, address
        assert changed(before, fingerprint()) == [], address


# --- X6: open redirects ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "https:evil.example", "https://evil.example", "\\\\evil.example",
        "/\\evil.example", "///evil.example", "http:///evil.example", "javascript:alert(1)",
        "//evil.example@testserver/", "https://testserver.evil.example/", "\t//evil.example",
        "data:text/html,x", "http:\\\\evil.example",
    ],
)  # fmt: skip
def test_x6_nobody_is_led_to_another_site(target: str, company: Company) -> None:
    from keqiao.jobs.options import with_options
    from keqiao.ui.bulk_jobs import delete_many

    job = with_options(delete_many, actor_id=company.li.pk, title="x").enqueue(
        user_id=company.li.pk, request_id="", object_key="account", where=[], search="", ids=[1]
    )
    client, asked = browser_of(company.li), quote(target)
    answers = [
        client.post("/preferences/", {"theme": "dark", "next": target}),
        client.post(f"/preferences/?next={asked}", {"theme": "light"}),
        client.post(f"/jobs/{job.id}/cancel/", {"next": target}),
        client.get(f"/auth/login/?next={asked}"),
        client.post(f"/auth/logout/?next={asked}", {"next": target}),
        Client().post(
            f"/auth/login/?next={asked}",
            {"login": "zhou", "password": "Kèqiáo-桥-2026", "next": target},
        ),
    ]
    for answer in answers:
        assert answer.status_code in {200, 302, 303}
        where = answer.headers.get("Location", "/") + answer.headers.get("HX-Redirect", "")
        assert where.startswith("/"), where
        assert not where.startswith(("//", "/\\")), where
    # A fragment asked for without a session sends the window to sign in and back to this site only.
    back = Client().get("/accounts/", headers={**FRAGMENT, "HX-Current-URL": target})
    assert "evil" not in back.headers["HX-Redirect"]


# --- A9: fields nobody offered -------------------------------------------------------------------

SMUGGLED = {
    "is_staff": "1", "is_administrator": "1", "created_by": "1", "updated_by": "1", "team": "1",
    "version": "1", "deleted_at": "", "title_key": "x", "id": "1", "pk": "1", "number": "Z9",
    "score": "100", "approved": "1", "custom": '{"x": 1}', "created_at": "2001-01-01",
}  # fmt: skip
KEPT = ("created_by_id", "team_id", "owner_id", "number", "title_key", "deleted_at", "custom")


def test_a9_a_form_takes_only_the_fields_it_offers(company: Company) -> None:
    client = browser_of(company.li)
    sent = {
        **SMUGGLED,
        "name": "偷运字段有限公司",
        "owner": "周销售",
        "owner__pick": f"{company.zhou.pk}|周销售",
    }
    model = object_type("account").model
    client.post("/accounts/new/", {key: value for key, value in sent.items() if "owner" not in key})
    made = model._default_manager.filter(name="偷运字段有限公司").values().get()
    assert made["created_by_id"] == made["owner_id"] == company.li.pk
    assert made["team_id"] == company.east.pk
    assert (made["number"] != "Z9", made["version"], made["deleted_at"]) == (True, 1, None)
    assert made["created_at"].year > 2001
    before = {name: made[name] for name in KEPT if name in made}
    answer = client.post(
        f"/accounts/{made['id']}/edit/", {**SMUGGLED, "name": made["name"], "was": "{}"}
    )
    assert answer.status_code in {303, 422}
    after = model._default_manager.filter(pk=made["id"]).values(*before).get()
    assert after == before
    user = User.objects.get(pk=company.li.pk)
    assert not user.is_administrator


def test_a9_a_seller_cannot_hand_a_record_over_by_the_form(company: Company) -> None:
    number = make("account", owner=company.li)
    sent = {
        "owner": "周销售",
        "owner__pick": f"{company.zhou.pk}|周销售",
        "was": "{}",
        "version": "1",
    }
    answer = browser_of(company.li).post(f"/accounts/{number}/edit/", sent)
    assert answer.status_code in {403, 422}
    owner = object_type("account").model._default_manager.filter(pk=number)
    assert owner.values_list("owner_id", flat=True).get() == company.li.pk


def test_a9_own_settings_give_nobody_more_rights(company: Company) -> None:
    client = browser_of(company.li)
    before = User.objects.filter(pk=company.li.pk).values()[0]
    moving = ("access_user", "catalog_stateversion")
    rights = fingerprint(*moving)
    sent = {
        "name": "李销售", "is_administrator": "on", "roles": ["1", "2", "3"], "username": "root",
        "department": str(company.west.pk), "password": "x", "is_active": "", "email": "x@evil.example",
    }  # fmt: skip
    client.post("/settings/profile/", sent)
    client.post("/preferences/", {**sent, "theme": "dark"})
    after = User.objects.filter(pk=company.li.pk).values()[0]
    assert {**after, "theme": before["theme"]} == before
    assert changed(rights, fingerprint(*moving)) == []


def test_a9_a_token_gets_no_more_than_its_owner(company: Company) -> None:
    plain = add_user("plain", "普通", "x" * 12)
    client = browser_of(plain)
    client.post(
        "/settings/tokens/",
        {"name": "x", "scopes": ["*:write", "admin:write"], "days": "30", "user": "1"},
    )
    from keqiao.access.models import ApiToken

    assert set(ApiToken.objects.values_list("user_id", flat=True)) <= {plain.pk}
    scopes = {scope for token in ApiToken.objects.all() for scope in token.scopes}
    assert scopes <= {"*:write"}


# --- I2: odd values in addresses and forms ------------------------------------------------------

ODD = [
    "²",
    "9" * 30,
    "-1",
    "1e9",
    "\x00",
    "\ud83d",
    "%",
    "' OR 1=1 --",
    "🦆" * 50,
    "a" * 10_000,
    "1,2,²",
    "||",
    "0",
]
NUMBER_LIKE = ("²", "9" * 30, "\x00")
ALONE = ("end", "person", "owner", "ids", "before", "account", "digits", "object")
NAMES = (
    "where", "sort", "cursor", "columns", "search", "exact", "q", "at", "before", "tab", "part", "ids",
    "object", "filter_field", "filter_operator", "filter_value", "status", "show", "page", "field",
    "account", "owner", "next", "action", "end", "person", "person__pick", "owner__pick", "until",
    "version", "was", "days", "digits", "rule", "roles", "department", "state", "column", "value",
    "kind", "choices", "target", "sensitivity", "label", "name", "go", "then", "allow_duplicates",
    "header_row", "mode", "key", "id", "parent",
)  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value[:12]))
def test_i2_no_value_breaks_a_page(
    value: str, company: Company, one_of_each: dict[str, int]
) -> None:
    form = "application/x-www-form-urlencoded"
    quoted = quote(value.encode("utf-8", "surrogatepass"))
    everything = "&".join(f"{name}={quoted}" for name in NAMES)
    rest = "&go=1&action=edit&field=note&filter_field=owner"
    client = browser_of(company.qian)
    # The pages of all types are the same code: each value knocks at two of them, each type is had by some.
    turn, types = ODD.index(value), list(one_of_each.items())
    some = dict(types[(turn + step) % len(types)] for step in (0, len(types) // 2))
    for address in readable_addresses(some, company.li):
        if address.startswith(("/auth/", "/api/")):
            continue
        statuses = [
            client.get(f"{address}?{everything}").status_code,
            client.generic("POST", address, everything, content_type=form).status_code,
        ]
        # Alone, a value gets further than among others that are refused before it is read.
        for name in ALONE if value in NUMBER_LIKE else ():
            answer = client.generic("POST", address, f"{name}={quoted}{rest}", content_type=form)
            statuses.append(answer.status_code)
        assert max(statuses) < 500, address


def test_every_page_of_the_product_is_walked() -> None:
    assert len(ui_routes()) >= 55
