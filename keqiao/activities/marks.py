"""Marks of a place in a timeline, as the link to its next page carries them."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from keqiao.catalog.filter import FilterProblem

_LARGEST = 2**63


class Mark(NamedTuple):
    """A moment, the entry read last at that moment, and the line of the change log read last."""

    at: datetime
    entry_id: int
    line_id: int = 0


def write_mark(mark: Mark) -> str:
    data = json.dumps([mark.at.isoformat(), mark.entry_id, mark.line_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def read_mark(text: str | None) -> Mark | None:
    """Return the place that `text` marks; raises `FilterProblem` for anything else."""
    if not text:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        at, entry_id, line_id = json.loads(base64.urlsafe_b64decode(padded))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not all(
            type(one) is int and 0 <= one < _LARGEST for one in (entry_id, line_id)
        ):
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise FilterProblem(
            _("This page mark is no longer valid. Please start again at the first page."), "cursor"
        ) from None
    return Mark(moment, entry_id, line_id)
