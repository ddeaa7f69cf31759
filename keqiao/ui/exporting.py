"""Where the package that writes files offers its service to lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.records.query import ListQuery

# (request, question to the row door, columns, "xlsx" or "csv") -> the answer to the person
Exporter = Callable[["HttpRequest", "ListQuery", list[str], str], "HttpResponse"]
_registered: list[Exporter] = []


def register_exporter(exporter: Exporter) -> None:
    """The package that writes files says so once; without it lists offer no export."""
    _registered[:] = [exporter]


def exporter() -> Exporter | None:
    return _registered[0] if _registered else None


def can_export() -> bool:
    return bool(_registered)
