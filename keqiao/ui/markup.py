"""Writes HTML for the many small cells of a page: every value escaped, at a fraction of the cost."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from django.utils.safestring import SafeString


def safe(value: Any) -> str:
    """Return the value fit for HTML: markup made here as it is, everything else escaped."""
    return value if isinstance(value, SafeString) else escape(str(value))


def markup(pattern: str, *values: Any) -> SafeString:
    """Fill `{}` of a literal pattern with escaped values.

    The same as Django's `format_html`, which takes four times as long: a list of 50 rows writes 700
    pieces, and half of the page's time went into looking for lazy strings and keyword arguments.
    """
    return SafeString(pattern.format(*[safe(value) for value in values]))


def joined(parts: Iterable[str], between: str = "") -> SafeString:
    """Join pieces of markup; a piece that is no markup is escaped."""
    return SafeString(between.join(safe(part) for part in parts))
