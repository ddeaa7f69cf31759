"""N1-N3: names of hosts that are not ours, asking who exists, and trying passwords."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from keqiao.access.models import User
from tests.attacks.conftest import browser_of
from tests.company import PASSWORD, Company

VARYING = re.compile(r'value="[\w-]{20,}"|<code>\w+</code>|"X-CSRFToken": "\w+"')
EVIL = "evil.example"


def stranger(**headers: str) -> Client:
    return Client(raise_request_exception=False, headers=headers)


def sign_in(client: Client, login: str, password: str, **more: Any) -> Any:
    return client.post("/auth/login/", {"login": login, "password": password}, **more)


def is_signed_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == 200


def same_page(first: Any, second: Any, *words: str) -> bool:
    """Tell whether two answers differ in nothing but random marks and what was typed."""
    texts = []
    for answer in (first, second):
        text = VARYING.sub("", answer.content.decode())
        for word in words:
            text = text.replace(word, "")
        texts.append(text)
    return first.status_code == second.status_code and texts[0] == texts[1]


# --- N1: hosts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/auth/login/", "/auth/password/reset/", "/api/v1/accounts"])
def test_n1_a_foreign_host_name_is_refused(path: str, company: Company) -> None:
    for host in (EVIL, f"testserver.{EVIL}", f"testserver@{EVIL}", f"testserver:80@{EVIL}", "*"):
        assert stranger(Host=host).get(path).status_code == 400, host


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Forwarded-Server", "Forwarded", "X-Host"]
)
def test_n1_a_reset_mail_never_leads_elsewhere(header: str, company: Company) -> None:
    User.objects.filter(pk=company.li.pk).update(email="li@boyuan.example")
    value = f"host={EVIL};proto=https" if header == "Forwarded" else EVIL
    answer = stranger(**{header: value}).post(
        "/auth/password/reset/", {"email": "li@boyuan.example"}
    )
    assert answer.status_code == 302
    assert EVIL not in answer.headers["Location"]
    [message] = mail.outbox
    assert message.to == ["li@boyuan.example"]
    assert EVIL not in str(message.message())
    assert "http://testserver/auth/password/reset/key/" in message.body


def test_n1_a_reset_key_is_good_once_and_for_its_owner(company: Company) -> None:
    User.objects.filter(pk=company.li.pk).update(email="li@boyuan.example")
    at_home = browser_of(company.li)
    assert is_signed_in(at_home)
    Client().post("/auth/password/reset/", {"email": "li@boyuan.example"})
    found = re.search(r"http://testserver(/auth/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert found
    client = Client(raise_request_exception=False)
    form = client.get(found[1], follow=True)
    address, new = form.request["PATH_INFO"], "一句新的很长的密码 2027"
    client.post(address, {"password1": new, "password2": new})
    assert not is_signed_in(at_home), "other sessions go on after the password was reset"
    assert is_signed_in_with("li", new)
    again = Client(raise_request_exception=False)
    spent = again.get(found[1], follow=True)
    again.post(spent.request["PATH_INFO"], {"password1": "x" * 20, "password2": "x" * 20})
    assert not is_signed_in_with("li", "x" * 20)


def is_signed_in_with(login: str, password: str) -> bool:
    client = stranger()
    sign_in(client, login, password)
    return is_signed_in(client)


# --- N2: who exists here ------------------------------------------------------------------------


def test_n2_a_wrong_name_and_a_wrong_password_look_alike(company: Company) -> None:
    User.objects.filter(pk=company.li.pk).update(email="li@boyuan.example")
    known, unknown = sign_in(stranger(), "li", "wrong"), sign_in(stranger(), "nobody", "wrong")
    assert same_page(known, unknown, 'value="li"', 'value="nobody"')
    by_mail = sign_in(stranger(), "li@boyuan.example", "wrong")
    other_mail = sign_in(stranger(), "no@boyuan.example", "wrong")
    assert same_page(by_mail, other_mail, "li@boyuan.example", "no@boyuan.example")


def test_n2_a_deactivated_person_looks_like_anybody(company: Company) -> None:
    from keqiao.access.directory import deactivate

    deactivate(company.zhou)
    gone = sign_in(stranger(), "zhou", "wrong")
    unknown = sign_in(stranger(), "nobody", "wrong")
    assert same_page(gone, unknown, 'value="zhou"', 'value="nobody"')
    assert not is_signed_in_with("zhou", PASSWORD)


def test_n2_a_reset_answers_alike_whoever_asks(company: Company) -> None:
    User.objects.filter(pk=company.li.pk).update(email="li@boyuan.example")
    first, second = (
        stranger().post("/auth/password/reset/", {"email": address}, follow=True)
        for address in ("li@boyuan.example", "nobody@boyuan.example")
    )
    assert same_page(first, second, "li@boyuan.example", "nobody@boyuan.example")
    assert [message.to for message in mail.outbox] == [["li@boyuan.example"]]


def test_n2_nobody_signs_up_by_himself(company: Company) -> None:
    people = User.objects.count()
    sent = {"username": "eve", "email": "eve@evil.example", "password1": "x" * 20}
    taken = {"username": "li", "email": "li@boyuan.example", "password1": "x" * 20}
    first, second = (stranger().post("/auth/signup/", one) for one in (sent, taken))
    assert same_page(first, second)
    assert User.objects.count() == people


# --- N3: trying passwords ------------------------------------------------------------------------


def test_n3_an_account_locks_and_no_address_gets_around_it(company: Company, settings: Any) -> None:
    limit = settings.AXES_FAILURE_LIMIT
    for number in range(limit):
        client = stranger(**{"X-Forwarded-For": f"203.0.113.{number}", "User-Agent": f"b{number}"})
        sign_in(client, "li", f"guess {number}", REMOTE_ADDR=f"198.51.100.{number}")
    for login in ("li", "LI", " li "):
        client = stranger(**{"X-Forwarded-For": "203.0.113.250", "X-Real-IP": "203.0.113.9"})
        answer = sign_in(client, login, PASSWORD, REMOTE_ADDR="198.51.100.99")
        assert answer.status_code in {200, 403, 429}, login
        assert not is_signed_in(client), login
    assert is_signed_in_with("zhou", PASSWORD), "one locked account locks nobody else"


def test_n3_name_and_mail_address_share_one_count(company: Company, settings: Any) -> None:
    User.objects.filter(pk=company.li.pk).update(email="li@boyuan.example")
    for number in range(settings.AXES_FAILURE_LIMIT):
        sign_in(stranger(), "li" if number % 2 else "li@boyuan.example", "guess")
    assert not is_signed_in_with("li", PASSWORD)
    assert not is_signed_in_with("li@boyuan.example", PASSWORD)


def test_n3_a_lock_tells_nothing_about_who_exists(company: Company, settings: Any) -> None:
    last = []
    for login in ("li", "nobody"):
        for _number in range(settings.AXES_FAILURE_LIMIT + 1):
            answer = sign_in(stranger(), login, "guess")
        last.append(answer)
    assert same_page(*last, 'value="li"', 'value="nobody"')


def test_n3_signing_in_clears_the_count(company: Company, settings: Any) -> None:
    for _round in range(settings.AXES_FAILURE_LIMIT):
        for _number in range(2):
            sign_in(stranger(), "li", "guess")
        assert is_signed_in_with("li", PASSWORD)


def test_n3_forwarded_addresses_are_believed_from_known_proxies_only(
    company: Company, settings: Any
) -> None:
    from ipaddress import ip_network

    from axes.models import AccessAttempt

    sign_in(stranger(**{"X-Forwarded-For": "203.0.113.7"}), "li", "x", REMOTE_ADDR="198.51.100.1")
    assert AccessAttempt.objects.get().ip_address == "198.51.100.1"
    AccessAttempt.objects.all().delete()
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    chain = {"X-Forwarded-For": "1.2.3.4, 203.0.113.7, 10.0.0.9"}
    sign_in(stranger(**chain), "li", "x", REMOTE_ADDR="10.0.0.5")
    assert AccessAttempt.objects.get().ip_address == "203.0.113.7"


def test_n5_signing_in_gives_a_new_session(company: Company) -> None:
    """A session planted before signing in must not become the signed-in one."""
    client = stranger()
    client.get("/auth/login/")
    planted = "plantedplantedplantedplantedplan"
    client.cookies["keqiao_session"] = planted
    answer = sign_in(client, "li", PASSWORD)
    assert answer.status_code == 302
    cookie = answer.cookies["keqiao_session"]
    assert cookie.value != planted
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize(
    "odd", ["a\x00b", "a\x00@b.example", "²", "x" * 5_000, "🦆@b.example", "%"]
)
def test_i2_no_name_breaks_the_sign_in(odd: str, company: Company) -> None:
    for password in ("guess", "gu\x00ess", odd):
        assert sign_in(stranger(), odd, password).status_code in {200, 400, 403, 429}
        agent = odd[:300].replace("\x00", "")  # web servers refuse a NUL in a header themselves
        assert sign_in(stranger(**{"User-Agent": agent}), "li", password).status_code < 500
    for page in ("/auth/password/reset/", "/auth/signup/", "/auth/logout/", "/preferences/"):
        sent = dict.fromkeys(("email", "username", "next", "theme", "language"), odd)
        assert stranger().post(page, sent).status_code < 500, page
    for page in ("/auth/login/", "/auth/password/reset/key/1-x/", "/auth/confirm-email/x/"):
        assert stranger().get(page, {"next": odd, "key": odd}).status_code < 500, page
