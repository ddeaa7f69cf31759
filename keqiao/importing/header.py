"""Finds the row that names the columns, below the titles and notes that people put above a list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from keqiao.base.text import fold_width

LOOKED_AT = 30


@dataclass(frozen=True)
class Column:
    """One column of a list: `index` counts from 0, `letter` as Excel shows it, `name` is unique."""

    index: int
    letter: str
    name: str
    header: str


def letter(index: int) -> str:
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def header_text(cell: Any) -> str:
    """Return a header as people read it: line breaks, required stars and outer space removed."""
    if cell is None:
        return ""
    text = " ".join(str(cell).replace("\0", "").split())
    return text.strip("*＊ :：")


def folded(text: str) -> str:
    """Return the form in which headers are compared: width, case, spaces and signs do not count."""
    text = fold_width(header_text(text)).lower()
    return "".join(sign for sign in text if sign.isalnum())


def propose_header(rows: Sequence[Sequence[Any]], known: Collection[str] = ()) -> int | None:
    """Return the index of the header among the first rows, or None when no row has any text.

    A header is wide, wordy, without repeats, early; a row with names that some field is known by
    (`known`, folded) beats all others.
    """
    head = rows[:LOOKED_AT]
    filled = [[cell for cell in row if cell not in (None, "")] for row in head]
    widths = [len(cells) for cells in filled]
    typical = max(widths, default=0)
    best, best_score = None, 0.0
    for index, cells in enumerate(filled):
        words = [folded(cell) for cell in cells if isinstance(cell, str) and len(cell) <= 60]
        if not words or (len(cells) < 2 < typical):
            continue
        share = len(cells) / typical
        wordy = sum(not word.isdigit() for word in words) / len(cells)
        distinct = len(set(words)) / len(words)
        recognised = sum(word in known for word in words) / len(cells)
        score = share * wordy * distinct + 3 * recognised - 0.02 * index
        if score > best_score:
            best, best_score = index, score
    if best is None:
        return next((index for index, width in enumerate(widths) if width), None)
    return best


def name_columns(
    header: Sequence[Any], sample: Sequence[Sequence[Any]], left: int = 0
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the columns that hold anything, and the headers that occur more than once.

    A repeated header gets a number ("电话 (2)"), an empty one the letter of its column, so that
    every column can be chosen and none is lost.
    """
    width = max([len(header), *(len(row) for row in sample)], default=0)
    columns: list[Column] = []
    seen: dict[str, int] = {}
    for index in range(width):
        text = header_text(header[index]) if index < len(header) else ""
        used = any(index < len(row) and row[index] not in (None, "") for row in sample)
        if not text and not used:
            continue
        at = letter(index + left)
        seen[text] = seen.get(text, 0) + 1 if text else 0
        name = f"{text} ({seen[text]})" if seen[text] > 1 else text or at
        columns.append(Column(index, at, name, text))
    return tuple(columns), tuple(text for text, count in seen.items() if count > 1)
