"""Notices within one request that another process changed the catalog or the rights."""

from __future__ import annotations

import secrets
from contextvars import ContextVar

from keqiao.base.prepared import ask
from keqiao.catalog.models import StateVersion

CATALOG = "catalog"
ACCESS = "access"

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
