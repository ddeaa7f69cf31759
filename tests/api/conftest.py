"""Programs that call the API: one per persona, with a token of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from keqiao.access.models import User
from keqiao.access.tokens import issue_token
from tests.company import Company


class Program:
    """A client that sends a token and speaks JSON."""

    def __init__(self, user: User, scopes: tuple[str, ...] = ("*:write",)) -> None:
        self.user = user
        self.token, self.secret = issue_token(user, "test", scopes, days=1)
        self.client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.secret}", **_names(headers)}
        address = path if path.startswith("/") else f"/api/v1/{path}"
        data = "" if body is None else body if isinstance(body, str) else json.dumps(body)
        return self.client.generic(
            method, address, data, content_type="application/json", headers=sent
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def li(company: Company) -> Program:
    return Program(company.li)


@pytest.fixture
def zhou(company: Company) -> Program:
    return Program(company.zhou)


@pytest.fixture
def wang(company: Company) -> Program:
    return Program(company.wang)


@pytest.fixture
def qian(company: Company) -> Program:
    return Program(company.qian)


@pytest.fixture
def sun(company: Company) -> Program:
    return Program(company.sun)


@pytest.fixture
def signed_in(company: Company) -> Iterator[Client]:
    """A browser of 李销售, which must send CSRF tokens."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(company.li, backend="allauth.account.auth_backends.AuthenticationBackend")
    yield client
