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
    """A moment, the entry read last at that moment, and what else was read last.

    That is the line of the change log, and the place in what each other source tells.
    """

    at: datetime
    entry_id: int
    line_id: int = 0
    told: dict[str, tuple[datetime, int]] = {}


def write_mark(mark: Mark) -> str:
    told = {key: [at.isoformat(), number] for key, (at, number) in mark.told.items()}
    given = [mark.at.isoformat(), mark.entry_id, mark.line_id, *([told] if told else [])]
    data = json.dumps(given, separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def read_mark(text: str | None) -> Mark | None:
    """Return the place that `text` marks; raises `FilterProblem` for anything else."""
    if not text:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        at, entry_id, line_id, *more = json.loads(base64.urlsafe_b64decode(padded))
        moment, entry_id = _place(at, entry_id)
        _moment, line_id = _place(at, line_id)
        told = {key: _place(*place) for key, place in dict(*more[:1]).items()}
    except (ValueError, TypeError, RecursionError):
        raise FilterProblem(
            _("This page mark is no longer valid. Please start again at the first page."), "cursor"
        ) from None
    return Mark(moment, entry_id, line_id, told)


def _place(at: str, number: int) -> tuple[datetime, int]:
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None or type(number) is not int or not 0 <= number < _LARGEST:
        raise ValueError
    return moment, number
