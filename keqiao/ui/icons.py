"""Draws the product's icons out of one sprite, so that a page carries names instead of pictures."""

from __future__ import annotations

from functools import lru_cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString


@lru_cache(maxsize=512)
def icon(name: str, classes: str = "") -> SafeString:
    """Return the icon as SVG; it is decoration, so the text beside it must say what it means."""
    css = f"i {classes}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        css,
        static("vendor/icons.svg"),
        name,
    )
