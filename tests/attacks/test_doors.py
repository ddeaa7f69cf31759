"""A1: a stranger gets through no door that is not on the reviewed list."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from keqiao.access.models import User
from tests.attacks.conftest import browser_of
from tests.attacks.database import changed, fingerprint
from tests.attacks.routes import Route, all_routes
from tests.company import Company, make

PUBLIC = Path(__file__).with_name("public_routes.txt")
CANARY = "绝密样板有限公司"
SENT_TO_SIGN_IN = {302, 303, 401, 404, 405}


def public_patterns() -> set[str]:
    lines = [line.split("|") for line in PUBLIC.read_text(encoding="utf-8").splitlines()]
    assert all(len(parts) == 2 and parts[1].strip() for parts in lines if parts[0][:1] != "#")
    return {parts[0].strip() for parts in lines if parts[0][:1] != "#"}


def open_doors(client: Client, routes: list[Route], *, number: int = 1) -> list[str]:
    """Return every guarded address that answered a stranger with something of its own."""
    found = []
    for route in routes:
        for address in route.addresses(number):
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                answer = client.generic(method, address)
                to_sign_in = answer.status_code not in {302, 303} or answer.headers[
                    "Location"
                ].startswith("/auth/login/")
                if answer.status_code not in SENT_TO_SIGN_IN or not to_sign_in:
                    found.append(f"{method} {address}: {answer.status_code}")
    return found


def guarded_routes() -> list[Route]:
    open_ones = public_patterns()
    return [route for route in all_routes() if route.pattern not in open_ones]


def test_a1_strangers_are_sent_to_sign_in_everywhere(company: Company) -> None:
    number = make("account", name=CANARY, owner=company.li)
    before = fingerprint()
    assert open_doors(Client(raise_request_exception=False), guarded_routes(), number=number) == []
    assert changed(before, fingerprint()) == []


def test_a1_fragments_tell_strangers_nothing_either(company: Company) -> None:
    number = make("account", name=CANARY, owner=company.li)
    client = Client(raise_request_exception=False, headers={"HX-Request": "true"})
    for route in guarded_routes():
        for address in route.addresses(number):
            answer = client.get(address)
            assert answer.status_code in SENT_TO_SIGN_IN, address
            assert CANARY not in answer.content.decode(), address


def test_a1_every_operation_of_the_api_asks_who_calls(company: Company) -> None:
    make("account", name=CANARY, owner=company.li)
    document = browser_of(company.qian).get("/api/openapi.json").json()
    stranger, asked = Client(raise_request_exception=False), 0
    for address, operations in document["paths"].items():
        here = address.replace("{id}", "1").replace("{record_id}", "1")
        full = here if here.startswith("/api/") else f"/api/v1{here}"
        for method in set(operations) & {"get", "post", "put", "patch", "delete"}:
            answer = stranger.generic(method.upper(), full, "{}", content_type="application/json")
            assert answer.status_code == 401, f"{method} {full}"
            asked += 1
    assert asked >= 20


def test_a1_the_reviewed_list_names_only_routes_there_are() -> None:
    assert public_patterns() <= {route.pattern for route in all_routes()}


def test_a1_open_pages_tell_nothing_of_the_company(company: Company) -> None:
    make("account", name=CANARY, owner=company.li)
    names = [CANARY, *User.objects.values_list("name", flat=True)]
    client = Client(raise_request_exception=False)
    for pattern in public_patterns():
        answer = client.get(f"/{pattern}")
        assert answer.status_code in {200, 302, 303, 404, 405}, pattern
        assert not [name for name in names if name in answer.content.decode()], pattern


def test_a1_a_new_page_without_a_policy_is_found(company: Company) -> None:
    """The walk itself can fail: a page that forgot its door is reported."""

    def forgot(request: HttpRequest) -> HttpResponse:
        return HttpResponse("everything")

    careless = ModuleType("careless")
    careless.urlpatterns = [path("forgot/", forgot)]  # type: ignore[attr-defined]
    with override_settings(ROOT_URLCONF=careless):
        found = open_doors(Client(), all_routes())
    assert "GET /forgot/: 200" in found


@pytest.mark.parametrize("method", ["get", "post"])
def test_a1_a_deactivated_person_is_a_stranger_at_once(method: str, company: Company) -> None:
    from keqiao.access.directory import deactivate

    client = browser_of(company.li)
    assert client.get("/accounts/").status_code == 200
    deactivate(company.li)
    answer = getattr(client, method)("/accounts/")
    assert (answer.status_code, answer.headers["Location"][:12]) == (302, "/auth/login/")


def test_a1_only_administrators_configure_the_company(company: Company) -> None:
    company_pages = [
        "fields/", "fields/new/", "fields/1/", "fields/1/delete/", "fields/1/restore/", "fields/1/number/",
        "numbering/",
        "people/", "people/new/", f"people/{company.li.pk}/", f"people/{company.li.pk}/two-factor/",
        f"people/{company.li.pk}/sees/", f"people/{company.li.pk}/leaving/",
        "departments/", "roles/", "roles/1/",
        "roles/1/fields/", "company-notices/", "follow-up-rules/", "working-days/",
        "working-days/week/", "working-days/import/", "working-days/reset/", "working-days/2026-11-23/",
        "pools/", "pools/new/", "pools/capacity/",
        "review-rules/", "review-rules/new/", "review-rules/1/",
        "duplicates/", "duplicates/new/", "duplicates/1/",
        "double-entry/", "double-entry/new/", "double-entry/1/", "quality-scores/", "merging/",
        "standards/", "standards/new/", "standards/1/",
        "cleaning-schedule/", "cleaning-schedule/run/", "cleaning-schedule/switch/",
        "correction-rules/", "correction-rules/decide/", "correction-rules/nightly/",
        "stop-words/", "match-models/",
        "archive/", "archive/new/", "archive/1/",
    ]  # fmt: skip
    clients = [browser_of(one) for one in (company.li, company.wang, company.zhao, company.sun)]
    before = fingerprint()
    for client in clients:
        for page in company_pages:
            assert client.get(f"/settings/{page}").status_code in {403, 405}, page
            sent = {
                "name": "x",
                "label": "x",
                "kind": "text",
                "is_administrator": "on",
                "switch": "off",
            }
            assert client.post(f"/settings/{page}", sent).status_code == 403, page
    assert changed(before, fingerprint()) == []


def test_a1_no_settings_page_is_forgotten_here() -> None:
    """Every address below /settings/ is either everybody's own or tried above."""
    own = {
        "",
        "profile/",
        "security/",
        "sessions/",
        "tokens/",
        "notices/",
        "bin/",
        "calendar-feed/",
        "phrases/",
    }
    administrators = {
        "fields/", "fields/new/", "fields/<record:field_id>/", "fields/<record:field_id>/delete/",
        "fields/<record:field_id>/restore/", "fields/<record:field_id>/number/",
        "numbering/", "people/", "people/new/",
        "people/<record:user_id>/two-factor/", "people/<record:user_id>/",
        "people/<record:user_id>/sees/", "people/<record:user_id>/leaving/",
        "departments/", "roles/", "roles/<record:role_id>/",
        "roles/<record:role_id>/fields/", "company-notices/", "follow-up-rules/", "working-days/",
        "working-days/week/", "working-days/import/", "working-days/reset/",
        "working-days/<str:iso_day>/", "pools/", "pools/new/", "pools/capacity/",
        "review-rules/", "review-rules/new/", "review-rules/<record:review_rule_id>/",
        "duplicates/", "duplicates/new/", "duplicates/<record:scenario_rule_id>/",
        "double-entry/", "double-entry/new/", "double-entry/<record:entry_rule_id>/",
        "double-entry/report/", "quality-scores/", "merging/",
        "standards/", "standards/new/", "standards/<record:standard_rule_id>/",
        "cleaning-schedule/", "cleaning-schedule/run/", "cleaning-schedule/switch/",
        "correction-rules/", "correction-rules/decide/", "correction-rules/nightly/",
        "stop-words/", "match-models/",
        "archive/", "archive/new/", "archive/<record:archive_rule_id>/",
        "archive/runs/<record:archive_run_id>/undo/",
    }  # fmt: skip
    found = {
        route.pattern.removeprefix("settings/")
        for route in all_routes()
        if route.pattern.startswith("settings/")
    }
    auditors = {"refused/"}  # tried in test_refused_access
    pool_keepers = {  # tried in customers/test_pool_attacks
        "pools/<record:pool_id>/",
        "pools/<record:pool_id>/rules/new/",
        "pools/<record:pool_id>/rules/<record:rule_id>/",
    }
    assert found == own | administrators | auditors | pool_keepers
