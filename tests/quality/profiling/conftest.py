"""Profiles hold for every object type there is: a new one arrives tested."""

from __future__ import annotations

from tests.contract.conftest import pytest_generate_tests

__all__ = ["pytest_generate_tests"]
