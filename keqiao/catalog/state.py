"""Notices within one request that another process changed the catalog or the rights."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextvars import ContextVar
from typing import Generic, TypeVar

from keqiao.base.prepared import ask
from keqiao.catalog.models import StateVersion

CATALOG = "catalog"
ACCESS = "access"

Known = TypeVar("Known")

_seen: ContextVar[dict[str, int] | None] = ContextVar("state_versions", default=None)


def read_versions() -> dict[str, int]:
    """Read all version numbers (one query) and keep them for the current request or job."""
    rows = ask("versions", (), lambda _marks: StateVersion.objects.values_list("name", "number"))
    versions = dict(rows)
    _seen.set(versions)
    return versions


def version(name: str) -> int:
    seen = _seen.get()
    if seen is None:
        seen = read_versions()
    return seen.get(name, 0)


def forget_versions() -> None:
    """End of a request or job: the next one reads afresh."""
    _seen.set(None)


def bump(name: str) -> None:
    """Say that shared state changed; call inside the transaction that changes it."""
    # Not the next number: that of a change rolled back must never come to stand for another one.
    StateVersion.objects.update_or_create(name=name, defaults={"number": secrets.randbits(62)})
    _seen.set(None)


class Remembered(Generic[Known]):
    """What a process knows of tables that seldom change: read anew when one of `versions` moved."""

    def __init__(self, versions: Callable[[], tuple[int, ...]], read: Callable[[], Known]) -> None:
        self._versions = versions
        self._read = read
        self._kept: tuple[tuple[int, ...], Known] | None = None

    def __call__(self) -> Known:
        versions, kept = self._versions(), self._kept
        if kept is None or kept[0] != versions:
            kept = self._kept = versions, self._read()
        return kept[1]

    def forget(self) -> None:
        """Drop it (tests that roll the database back behind its version)."""
        self._kept = None
