"""Postal addresses taken apart, so that places are counted by code and streets stay text."""

from __future__ import annotations

from keqiao.base.regions import match_region
from keqiao.base.text import clean_line, fold_width, to_simplified


def split_address(text: str) -> tuple[str | None, str]:
    """Return the region code an address begins with, and the rest as it was written."""
    cleaned = clean_line(text)
    # Width and script are folded one character for one, so positions stay the same.
    folded = to_simplified(fold_width(cleaned))
    code, end = match_region(folded)
    if code is None:
        return None, cleaned
    return code, cleaned[end:].strip(" ,，、")
