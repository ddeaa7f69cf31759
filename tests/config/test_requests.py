"""What every request gets: a number, the time it took, the right client address, strict headers."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client, RequestFactory

from keqiao.config.middleware import TrustedProxy, client_address


@pytest.fixture
def log_lines() -> Iterator[Any]:
    """What the installation's log would have been given, as parsed JSON lines."""
    root = logging.getLogger()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(root.handlers[0].formatter if root.handlers else None)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.setLevel(level)
    root.removeHandler(handler)


def test_each_request_has_a_number_in_header_and_log(db: None, log_lines: Any) -> None:
    answer = Client().get("/auth/login/?next=/secret-query")
    number = answer.headers["X-Request-ID"]
    [line] = [line for line in log_lines() if line["event"] == "request"]
    assert (line["request_id"], line["path"], line["status"]) == (number, "/auth/login/", 200)
    assert "secret-query" not in json.dumps(line)
    assert float(answer.headers["Server-Timing"].partition("dur=")[2]) > 0


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abcDEF-123._9", True), ("short", False), ("x" * 65, False), ("a\nb" * 5, False)],
)
def test_a_number_given_by_the_proxy_is_kept_when_it_is_harmless(sent: str, kept: bool) -> None:
    answer = Client().get("/livez", headers={"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is kept


def test_a_line_end_in_the_address_cannot_forge_a_log_line(db: None, log_lines: Any) -> None:
    Client().get("/nowhere%0A%7B%22event%22:%22forged%22%7D")
    assert [line["event"] for line in log_lines() if line["event"] != "request"] == []


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("not an address", "10.0.0.5"),
        ("", "10.0.0.5"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_nearest_foreign_address_counts(forwarded: str, expected: str, settings: Any) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    assert client_address("10.0.0.5", forwarded) == expected


def test_headers_of_strangers_are_dropped(settings: Any) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    seen: dict[str, str] = {}

    def view(request: Any) -> Any:
        seen.update(request.META)

    request = RequestFactory().get(
        "/",
        REMOTE_ADDR="203.0.113.9",
        HTTP_X_FORWARDED_FOR="127.0.0.1",
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="evil.example",
    )
    TrustedProxy(view)(request)
    assert seen["REMOTE_ADDR"] == "203.0.113.9"
    assert not [name for name in seen if name.startswith("HTTP_X_FORWARDED")]


def test_foreign_host_names_are_refused(db: None) -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/auth/login/", headers={"Host": "evil.example"}).status_code == 400
    forwarded = client.get("/auth/login/", headers={"X-Forwarded-Host": "evil.example"})
    assert b"evil.example" not in forwarded.content


def test_pages_allow_nothing_from_elsewhere_and_no_inline_code(db: None) -> None:
    headers = Client().get("/auth/login/").headers
    policy = {
        part.split()[0]: part.split()[1:] for part in headers["Content-Security-Policy"].split(";")
    }
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["object-src"] == ["'none'"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_there_is_no_public_sign_up(db: None) -> None:
    from keqiao.access.models import User

    form = {"username": "intruder", "password1": "Kèqiáo-桥-2026", "email": "a@example.com"}
    Client(raise_request_exception=False).post("/auth/signup/", form)
    assert not User.objects.filter(username="intruder").exists()


def test_health_tells_strangers_no_more_than_yes_or_no(db: None) -> None:
    client = Client()
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}
    assert client.post("/readyz").status_code == 405
