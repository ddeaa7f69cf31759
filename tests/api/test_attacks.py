"""Attacks on the API: somebody else's records, hidden fields, smuggled names, foreign pages, tokens."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import connection
from django.test import Client

from keqiao.access.directory import add_user
from keqiao.access.models import ApiToken
from keqiao.access.rights import Right
from keqiao.access.roles import ensure_standard_roles, set_field_right
from keqiao.access.tokens import issue_token, revoke_token
from keqiao.base.clock import now
from keqiao.catalog.kinds import KINDS
from keqiao.catalog.object_type import Feature, ObjectType
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.models import ChangeEntry, Event, MatchKey, Record, SearchEntry
from tests.api.conftest import Program
from tests.company import Company, make, make_all

API_TYPES = [declared for declared in object_types() if Feature.API in declared.features]
CANARY = "13912345678"


def database_state() -> str:
    """Return everything a write could have touched, to compare before and after."""
    tables = [ChangeEntry, Event, MatchKey, SearchEntry, *(one.model for one in API_TYPES)]
    rows = [list(model._default_manager.order_by("pk").values_list()) for model in tables]
    return json.dumps(rows, default=str, sort_keys=True)


# --- A2, A4, A5: other people's records -----------------------------------------------------


@pytest.mark.parametrize("declared", API_TYPES, ids=lambda one: one.key)
def test_a2_a_foreign_record_does_not_exist(declared: Any, company: Company, zhou: Program) -> None:
    number = make(declared.key, owner=company.li)
    address = f"{declared.path}/{number}"
    before = database_state()
    foreign = [
        zhou.get(address),
        zhou.get(f"{address}?fields={declared.title}"),
        zhou.patch(address, {}, If_Match="*"),
        zhou.patch(address, {"owner": zhou.user.pk}, If_Match='"v1"'),
        zhou.patch(f"{address}?base_version=1", {"owner": zhou.user.pk}),
        zhou.delete(address),
        zhou.delete(address, If_Match='"v7"'),
    ]
    missing = zhou.get(f"{declared.path}/999999999").json()
    for answer in foreign:
        assert answer.status_code == 404, answer.content
        body = answer.json()
        assert {**body, "request_id": ""} == {**missing, "request_id": ""}
    assert database_state() == before


def test_a2_readers_cannot_write(company: Company, sun: Program) -> None:
    number = make("account", owner=company.li)
    before = database_state()
    assert sun.get(f"accounts/{number}").status_code == 200
    assert sun.patch(f"accounts/{number}", {"level": "A"}, If_Match="*").status_code == 404
    assert sun.delete(f"accounts/{number}").status_code == 404
    assert sun.post("accounts", {"name": "新客户有限公司"}).status_code == 403
    bulk = sun.post("accounts/bulk", {"items": [{"name": "新客户有限公司"}]})
    assert [row["status"] for row in bulk.json()["results"]] == [403]
    assert database_state() == before


def test_a4_a_batch_reports_each_foreign_row(company: Company, li: Program) -> None:
    """The rule: mode=each saves what may be saved and reports the rest; all_or_none saves nothing."""
    mine = make_all("account", [{} for _ in range(7)], owner=company.li)
    foreign = make_all("account", [{} for _ in range(3)], owner=company.zhou, seed=50)
    items = [{"id": number, "version": 1, "note": "edited"} for number in [*mine, *foreign]]
    before = database_state()
    refused = li.post("accounts/bulk?mode=all_or_none", {"items": items}).json()
    assert (refused["saved"], database_state()) == (0, before)
    each = li.post("accounts/bulk", {"items": items}).json()
    assert (each["saved"], each["refused"]) == (7, 3)
    assert [row["status"] for row in each["results"]] == [200] * 7 + [404] * 3
    assert [row["index"] for row in each["results"]] == list(range(10))
    notes = object_type("account").model._default_manager.filter(pk__in=foreign)
    assert "edited" not in set(notes.values_list("note", flat=True))


def test_a4_a_dry_batch_writes_nothing(company: Company, li: Program) -> None:
    before = database_state()
    answer = li.post("accounts/bulk?dry_run=true", {"items": [{"name": "试运行有限公司"}]})
    assert answer.json()["saved"] == 1
    assert database_state() == before


def test_a5_a_link_to_a_foreign_record_is_refused_without_its_name(
    company: Company, li: Program
) -> None:
    secret = make("account", owner=company.zhou, name="绝密项目有限公司")
    mine = make("account", owner=company.li)
    contact = make("contact", owner=company.li, account=mine)
    for answer in (
        li.patch(f"contacts/{contact}", {"account": secret}, If_Match="*"),
        li.post("contacts", {"name": "张三", "account": secret}),
        li.patch(f"contacts/{contact}", {"account": 999_999}, If_Match="*"),
    ):
        assert answer.status_code == 422
        assert "绝密" not in answer.content.decode()
        assert {entry["field"] for entry in answer.json()["errors"]} == {"account"}
    found, missing = (
        li.patch(f"contacts/{contact}", {"account": number}, If_Match="*").json()["errors"]
        for number in (secret, 999_999)
    )
    assert [entry["code"] for entry in found] == [entry["code"] for entry in missing]


def test_a5_a_foreign_link_is_read_as_nothing(company: Company, li: Program) -> None:
    secret = make("account", owner=company.zhou, name="绝密项目有限公司")
    contact = make("contact", owner=company.li, account=secret)
    answer = li.get(f"contacts/{contact}?fields=name,account,account.name,account.phone")
    assert answer.json()["account"] is None
    assert answer.json()["account.name"] is None
    assert "绝密" not in answer.content.decode()
    for where in ("account.name:contains:绝密", f"account:equals:{secret}"):
        listed = li.get(f"contacts?where={where}")
        assert contact not in [item["id"] for item in listed.json().get("items", [])]


# --- A7: fields a role may not read ---------------------------------------------------------


@pytest.fixture
def masked(company: Company) -> tuple[Program, int]:
    """A colleague for whom the phone is masked and the note hidden, and a record in reach."""
    role = ensure_standard_roles()["service"]
    set_field_right(role, "account", "phone", Right.MASKED)
    set_field_right(role, "account", "note", Right.HIDDEN)
    user = add_user("masked", "掩码", "x" * 12, roles=[role])
    number = make("account", owner=user, phone=CANARY, note=f"note {CANARY}", more_phones=[])
    return Program(user), number


@pytest.mark.parametrize("right", ["phone", "note"])
def test_a7_no_filter_sort_or_path_tells_a_guarded_field(
    right: str, masked: tuple[Program, int]
) -> None:
    caller, _number = masked
    tree = json.dumps({"field": right, "operator": "contains", "value": "139"})
    questions = [
        {"where": f"{right}:contains:139"},
        {"where": f"{right}:starts_with:+86139"},
        {"where": f"{right}:equals:{CANARY}"},
        {"where": f"{right}:is_filled"},
        {"where": f"parent.{right}:is_filled"},
        {"filter": tree},
        {"filter": json.dumps({"not": {"any": [json.loads(tree)]}})},
        {"sort": right},
        {"sort": f"-{right}"},
    ]
    for question in questions:
        answer = caller.get(f"accounts?{urlencode(question)}")
        assert answer.status_code == 422, question
        assert CANARY not in answer.content.decode()


def test_a7_masked_and_hidden_values_leave_by_no_answer(masked: tuple[Program, int]) -> None:
    caller, number = masked
    for address in (
        "accounts",
        "accounts?fields=*",
        "accounts?fields=name,phone",
        f"accounts/{number}",
        f"accounts/{number}?fields=phone",
        "accounts?count=true&sort=name",
    ):
        answer = caller.get(address)
        assert answer.status_code == 200
        assert CANARY not in answer.content.decode()
    shown = caller.get(f"accounts/{number}").json()
    assert (shown["phone"], shown["_masked"]["phone"]) == (None, "139****5678")
    assert "note" not in shown
    assert caller.get(f"accounts/{number}?fields=note").status_code == 422
    described = caller.get("/api/openapi.json").json()["components"]["schemas"]["Account"]
    assert "note" not in described["properties"]


def test_a7_writing_a_guarded_field_is_refused_and_tells_nothing(
    masked: tuple[Program, int], company: Company
) -> None:
    caller, number = masked
    qian = Program(company.qian)
    qian.patch(f"accounts/{number}", {"phone": "13912345679", "note": "new"}, If_Match="*")
    for name in ("phone", "note"):
        for headers in ({"If_Match": '"v1"'}, {"If_Match": "*"}):
            answer = caller.patch(f"accounts/{number}", {name: "13812345678"}, **headers)
            assert answer.status_code in {412, 422}
            assert "13912345679" not in answer.content.decode()
    stale = caller.patch(f"accounts/{number}?base_version=1", {"phone": "13812345678"})
    assert "13912345679" not in stale.content.decode()


def test_a7_secret_numbers_are_masked_even_for_administrators(qian: Program) -> None:
    declared = object_type("contact")
    field = declared.field("id_number")
    number = make("contact", owner=qian.user, id_number="11010519491231002X")
    shown = qian.get(f"contacts/{number}").json()
    assert shown["id_number"] is None
    assert "19491231" not in shown["_masked"]["id_number"]
    assert field.kind.key == "resident_id"


# --- A9, I1: names that are not fields ------------------------------------------------------

SMUGGLED = (
    "id", "pk", "is_staff", "is_administrator", "role", "roles", "created_by", "updated_by", "team",
    "version", "deleted_at", "custom", "title_key", "source", "_state", "owner_id", "org", "score",
    "approved", "__class__",
)  # fmt: skip


@pytest.mark.parametrize("name", SMUGGLED)
def test_a9_names_that_are_not_offered_are_refused(name: str, li: Program) -> None:
    number = make("account", owner=li.user)
    before = database_state()
    assert li.post("accounts", {"name": "甲有限公司", name: 1}).status_code == 422
    assert li.patch(f"accounts/{number}", {name: 1}, If_Match="*").status_code == 422
    row = li.post("accounts/bulk", {"items": [{"name": "乙有限公司", name: 1}]})
    if name not in {"id", "version"}:
        assert [result["status"] for result in row.json()["results"]] == [422]
    else:
        assert row.status_code in {400, 428}
    assert database_state() == before


def test_a9_a_record_cannot_be_handed_over_without_the_right(li: Program, company: Company) -> None:
    number = make("account", owner=li.user)
    answer = li.patch(f"accounts/{number}", {"owner": company.zhou.pk}, If_Match="*")
    assert answer.status_code == 422
    assert li.get(f"accounts/{number}").json()["owner"] == li.user.pk


@pytest.mark.parametrize(
    "name",
    [
        "password", "owner__password", "owner.password", "__class__", "name.x", "_connector",
        "_negated", "id);--", "name\x00", "name\n", "custom", "custom__x", "name__icontains",
        "pk", "deleted_at", "account.parent.name", ".", "..", "", "x_nothing", "x_a'b", "名称",
    ],
)  # fmt: skip
def test_i1_only_fields_of_the_catalog_reach_a_query(name: str, li: Program) -> None:
    tree = json.dumps({"field": name, "operator": "equals", "value": "1"})
    for question in (
        {"sort": name or "-"},
        {"sort": f"-{name}"},
        {"fields": name or ","},
        {"where": f"{name}:equals:1"},
        {"filter": tree},
    ):
        answer = li.get(f"accounts?{urlencode(question)}")
        allowed = {200} if question == {"fields": ","} else {400, 422}
        assert answer.status_code in allowed, (question, answer.content)


@pytest.mark.parametrize(
    "operator",
    ["exact", "regex", "iregex", "__gt", "in", "raw", "equals__x", "", "EQUALS", "is_me"],
)
def test_i1_only_known_operators_are_run(operator: str, li: Program) -> None:
    tree = json.dumps({"field": "name", "operator": operator, "value": "x"})
    assert li.get(f"accounts?{urlencode({'filter': tree})}").status_code == 422


# --- I2: values that are hostile -------------------------------------------------------------

HOSTILE = (
    "'", '"', "\\", "%", "_", ";", "\x00", "\u0000a", "😀", "x" * 10_000, "' OR 1=1 --", "${7*7}",
    "{{7*7}}", "\ud7ff", "\u202e", "1e309", "NaN", "-1", "9" * 40, "2026-13-45", "0001-01-01",
    "null", "true", "[]", "{}", "a,b,,", ",", "*", "%00", "\r\nX: 1", "１２３",
)  # fmt: skip


def unlike_fields(kind: str) -> list[tuple[ObjectType, str]]:
    """Return one field of each sort: what a filter does hangs on kind and place, not on the name."""
    found: dict[tuple[Any, ...], tuple[ObjectType, str]] = {}
    for declared in API_TYPES:
        for name, field in declared.fields().items():
            if field.kind.key == kind:
                sort = (type(field.storage), field.target, field.sensitivity)
                found.setdefault(sort, (declared, name))
    return list(found.values())


@pytest.mark.parametrize("kind", KINDS)
def test_i2_no_value_of_a_filter_breaks_the_server(kind: str, li: Program) -> None:
    failures = []
    for declared, name in unlike_fields(kind):
        make(declared.key, owner=li.user)
        for operator in KINDS[kind].operators:
            for value in HOSTILE:
                tree = json.dumps({"field": name, "operator": operator, "value": value})
                answer = li.get(f"{declared.path}?limit=1&{urlencode({'filter': tree})}")
                if answer.status_code >= 500:
                    failures.append((declared.key, name, operator, value[:20]))
    assert not failures


@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], ["a"], [[1]], {"a": 1}, 10**30, [None]])
def test_i2_values_of_any_type_get_an_answer(value: Any, li: Program) -> None:
    for declared, name in (one for kind in KINDS for one in unlike_fields(kind)[:1]):
        field = declared.field(name)
        for operator in field.kind.operators:
            tree = json.dumps({"field": name, "operator": operator, "value": value})
            answer = li.get(f"{declared.path}?limit=1&{urlencode({'filter': tree})}")
            assert answer.status_code < 500, (name, operator)
        if not field.read_only:
            sent = {declared.title: "丙有限公司", name: value}
            assert li.post(declared.path, sent).status_code < 500, name


def test_i2_wildcards_mean_themselves(li: Program) -> None:
    make("account", owner=li.user, name="折扣100%有限公司")
    make("account", owner=li.user, name="折扣一百有限公司", seed=9)
    found = li.get(f"accounts?where={quote('name:contains:100%')}").json()["items"]
    assert [item["name"] for item in found] == ["折扣100%有限公司"]
    assert li.get(f"accounts?where={quote('name:contains:扣_')}").json()["items"] == []


@pytest.mark.parametrize("value", HOSTILE)
def test_i2_no_value_of_a_field_breaks_the_server(value: str, li: Program) -> None:
    for name, field in object_type("account").fields().items():
        if not field.read_only:
            answer = li.post("accounts?allow_duplicates=true", {"name": "丁有限公司", name: value})
            # Owner or department cleaned to nothing leave the record outside of the reach.
            allowed = {201, 422, 403} if name in {"owner", "team"} else {201, 422}
            assert answer.status_code in allowed, (name, answer.content)


def test_i2_deep_and_wide_filters_are_capped(li: Program) -> None:
    deep: Any = {"field": "name", "operator": "is_filled"}
    for _level in range(50):
        deep = {"not": deep}
    wide = {"any": [{"field": "name", "operator": "equals", "value": "x"}] * 500}
    many = {"field": "level", "operator": "any_of", "value": ["x"] * 5_000}
    for tree in (deep, wide, many):
        answer = li.get(f"accounts?{urlencode({'filter': json.dumps(tree)})}")
        assert answer.status_code == 422
    nested = "[" * 30_000 + "]" * 30_000
    assert li.get(f"accounts?{urlencode({'filter': nested})}").status_code in {400, 422}


# --- X5: pages of others ---------------------------------------------------------------------


def test_x5_a_session_needs_the_csrf_token(signed_in: Client, company: Company) -> None:
    number = make("account", owner=company.li)
    before = database_state()
    for method, address, media in (
        ("POST", "accounts", "application/json"),
        ("POST", "accounts", "text/plain"),
        ("POST", "accounts/bulk", "application/json"),
        ("PATCH", f"accounts/{number}", "application/json"),
        ("DELETE", f"accounts/{number}", "application/json"),
    ):
        answer = signed_in.generic(
            method,
            f"/api/v1/{address}",
            '{"name": "骗来的有限公司"}',
            content_type=media,
            headers={"If-Match": "*", "Origin": "https://evil.example"},
        )
        assert answer.status_code == 403, (method, address)
        assert answer.json()["code"] == "csrf"
    assert database_state() == before


def test_x5_a_session_with_its_csrf_token_may_write(signed_in: Client) -> None:
    assert signed_in.get("/api/v1/accounts").status_code == 200
    from django.middleware.csrf import get_token
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    token = get_token(request)
    signed_in.cookies["keqiao_csrf"] = request.META["CSRF_COOKIE"]
    answer = signed_in.post(
        "/api/v1/accounts",
        '{"name": "正当有限公司"}',
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 201, answer.content


def test_x5_reading_changes_nothing(li: Program) -> None:
    make("account", owner=li.user)
    before = database_state()
    for address in ("", "accounts", "accounts/1", "accounts/bulk", "/api/openapi.json"):
        li.get(address)
    assert database_state() == before


# --- N7: tokens ------------------------------------------------------------------------------


def test_n7_without_a_token_nothing_is_told(company: Company) -> None:
    number = make("account", owner=company.li)
    client = Client()
    for address in ("", "accounts", f"accounts/{number}", "accounts/bulk", "nothing"):
        answer = client.get(f"/api/v1/{address}")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get("/api/openapi.json").status_code == 401
    assert client.get("/api/docs").status_code == 302


@pytest.mark.parametrize(
    "name", ["token", "access_token", "api_key", "key", "Authorization", "q", "where"]
)
def test_n7_a_token_in_the_address_is_refused(name: str, li: Program) -> None:
    answer = li.client.get(f"/api/v1/accounts?{name}={li.secret}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "token_in_address"
    assert li.secret not in answer.content.decode()


def test_n7_tokens_are_stored_as_hashes_and_end(company: Company) -> None:
    caller = Program(company.li)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access_apitoken")
        assert caller.secret not in repr(cursor.fetchall())
    assert caller.get("accounts").status_code == 200
    caller.token.refresh_from_db()
    assert caller.token.last_used_at is not None
    for end in (
        lambda: revoke_token(caller.token),
        lambda: ApiToken.objects.filter(pk=caller.token.pk).update(
            revoked_at=None, expires_at=now() - timedelta(seconds=1)
        ),
    ):
        end()
        refused = caller.get("accounts")
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_n7_a_deactivated_user_s_token_ends_with_the_user(company: Company) -> None:
    caller = Program(company.li)
    company.li.is_active = False
    company.li.save()
    assert caller.get("accounts").status_code == 401


@pytest.mark.parametrize(
    ("scopes", "readable", "writable"),
    [
        (("account:read",), True, False),
        (("account:write",), True, True),
        (("contact:write",), False, False),
        (("*:read",), True, False),
    ],
)
def test_n7_scopes_narrow_the_owner_s_rights(
    scopes: tuple[str, ...], readable: bool, writable: bool, company: Company
) -> None:
    caller = Program(company.li, scopes)
    number = make("account", owner=company.li)
    listed = caller.get("accounts")
    assert (listed.status_code == 200) is readable
    assert (caller.get(f"accounts/{number}").status_code == 200) is readable
    changed = caller.patch(f"accounts/{number}", {"level": "A"}, If_Match="*")
    assert (changed.status_code == 200) is writable
    assert (caller.post("accounts", {"name": "戊有限公司"}).status_code == 201) is writable


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer kq_wrong", "Basic eDp5", "kq_x"])
def test_n7_malformed_tokens_are_refused(header: str, company: Company) -> None:
    answer = Client().get("/api/v1/accounts", headers={"Authorization": header})
    assert answer.status_code == 401


def test_n7_a_wrong_token_does_not_fall_back_to_the_session(signed_in: Client) -> None:
    assert signed_in.get("/api/v1/accounts").status_code == 200
    wrong = signed_in.get("/api/v1/accounts", headers={"Authorization": "Bearer kq_wrong"})
    assert wrong.status_code == 401


def test_every_record_class_is_attacked() -> None:
    """A new object type of the API joins these tests by itself."""
    from django.apps import apps

    known = {model for model in apps.get_models() if issubclass(model, Record)}
    assert {declared.model for declared in API_TYPES} <= known
    assert issue_token is not None
