"""Browsers of the personas, without JavaScript, that see what an attacker would see."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from keqiao.access.models import User
from keqiao.catalog.registry import object_types

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
Browser = Callable[..., Client]


def browser_of(user: User | None, **options: object) -> Client:
    client = Client(raise_request_exception=False, **options)  # type: ignore[arg-type]
    if user is not None:
        client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def browser() -> Iterator[Browser]:
    yield browser_of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "declared" in metafunc.fixturenames:
        found = object_types()
        metafunc.parametrize("declared", found, ids=[one.key for one in found])
