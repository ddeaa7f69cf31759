"""What every test gets: the product's main language, and nothing left over from the test before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.utils import translation


@pytest.fixture(autouse=True)
def clean_language_and_cache() -> Iterator[None]:
    """Start each test in Chinese, the language of the product's users, with an empty cache."""
    cache.clear()
    with translation.override("zh-hans"):
        yield
