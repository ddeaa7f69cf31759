"""Cuts any number of rows into lists that one statement or one transaction can take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batched(rows: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Return rows in lists of a size, the last one shorter."""
    reading = iter(rows)
    while chunk := list(islice(reading, size)):
        yield chunk
