"""Runs every contract over every object type there is: a new one arrives tested."""

from __future__ import annotations

import pytest

from keqiao.catalog.registry import object_types


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "declared" in metafunc.fixturenames:
        found = object_types()
        metafunc.parametrize("declared", found, ids=[one.key for one in found])
