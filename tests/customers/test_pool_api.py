"""Programs at the pool: claim and release over the API, with the same limits and the same secrets."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from keqiao.access.models import User
from keqiao.access.tokens import issue_token
from keqiao.customers.pool.models import Pool
from tests.company import Company, make, make_all
from tests.customers.pools import make_pool, put_in, stored


@pytest.fixture
def pool(company: Company) -> Pool:
    return make_pool(members=[company.east], claims_per_day=1, needs_reason=True)


def post(user: User, address: str, scope: str = "*:write", body: Any = None, **headers: str) -> Any:
    _token, text = issue_token(user, "程序", [scope], days=1)
    more = {"data": body if body is not None else "", "content_type": "application/json"}
    return Client().post(
        f"/api/v1{address}", **more, headers={"Authorization": f"Bearer {text}", **headers}
    )


def test_a_program_claims_and_is_refused_by_the_limit(pool: Pool, company: Company) -> None:
    first, second = make_all("account", [{}, {}])
    put_in(pool, first, second)
    answer = post(company.li, f"/accounts/{first}/claim")
    assert answer.status_code == 200 and answer.json()["owner"] == company.li.pk
    refused = post(company.li, f"/accounts/{second}/claim", body={})
    assert refused.status_code == 409
    assert (refused.json()["code"], refused.json()["reason"]) == ("refused", "claim_limit")
    assert stored("account", second).owner_id is None


def test_a_repeat_with_the_same_key_claims_once(pool: Pool, company: Company) -> None:
    number = make("account")
    put_in(pool, number)
    _token, text = issue_token(company.li, "程序", ["account:write"], days=1)
    headers = {"Authorization": f"Bearer {text}", "Idempotency-Key": "k1"}
    answers = [
        Client().post(f"/api/v1/accounts/{number}/claim", "", "application/json", headers=headers)
        for _n in "ab"
    ]
    assert [one.status_code for one in answers] == [200, 200]


def test_what_is_not_in_a_pool_of_ones_own_does_not_exist(pool: Pool, company: Company) -> None:
    pooled, owned = make("account"), make("account", owner=company.zhou, seed=2)
    put_in(pool, pooled)
    assert post(company.zhou, f"/accounts/{pooled}/claim").status_code == 404
    for number in (owned, 999_999):
        assert post(company.li, f"/accounts/{number}/claim").status_code == 404
    assert post(company.li, f"/accounts/{pooled}/claim", "account:read").status_code == 403
    assert post(company.li, f"/accounts/{pooled}/claim", "lead:write").status_code == 404
    assert post(company.li, f"/contacts/{pooled}/claim").status_code == 404
    assert stored("account", pooled).owner_id is None


def test_a_program_returns_with_a_reason(pool: Pool, company: Company) -> None:
    number = make("account", owner=company.li)
    assert post(company.li, f"/accounts/{number}/release", body={}).json()["reason"] == "reason"
    wrong = post(company.li, f"/accounts/{number}/release", body={"why": "x"})
    assert wrong.status_code == 422
    assert (
        post(company.zhou, f"/accounts/{number}/release", body={"reason": "x"}).status_code == 404
    )
    answer = post(company.li, f"/accounts/{number}/release", body={"reason": "预算取消"})
    assert answer.json() == {"id": number, "pool": {"id": pool.pk, "name": "华东公海"}}
    assert stored("account", number).pool_reason == "预算取消"


def test_the_description_tells_the_verbs(pool: Pool, company: Company) -> None:
    _token, text = issue_token(company.li, "程序", ["*:read"], days=1)
    found = Client().get("/api/openapi.json", headers={"Authorization": f"Bearer {text}"}).json()
    assert "/api/v1/accounts/{id}/claim" in found["paths"]
    assert "/api/v1/contacts/{id}/claim" not in found["paths"]
