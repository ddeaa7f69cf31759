"""What every test gets: the product's main language, and nothing left over from the test before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.utils import translation

from keqiao.access import matrix
from keqiao.catalog import snapshot, state
from keqiao.records import counting
from keqiao.ui import recents
from tests.company import Company, found_company


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test that really commits the migrations' own rows back when it has ended.

    Otherwise the rest of the run would miss them, and fail or not by the order of the tests.
    """
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker is not None and marker.kwargs.get("transaction"):
            item.add_marker(
                pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False
            )


@pytest.fixture(autouse=True)
def clean_language_and_cache() -> Iterator[None]:
    """Start each test in Chinese, the language of the product's users, with an empty cache."""
    cache.clear()
    with translation.override("zh-hans"):
        yield


@pytest.fixture(autouse=True)
def forget_shared_state() -> Iterator[None]:
    """A test's rolled-back rights and custom fields must not live on in this process."""
    yield
    state.forget_versions()
    matrix.forget()
    snapshot.forget()
    counting.forget()


@pytest.fixture(autouse=True)
def visits_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened pages are noted with the answer, not by a thread that outlives the test."""
    monkeypatch.setattr(recents, "PAUSE_SECONDS", 0)


@pytest.fixture
def company(db: None) -> Company:
    """The personas and their departments."""
    return found_company()
