"""Brings the rows of lists into the key forms that are compared, with the words of longer texts."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keqiao.base.text import has_han
from keqiao.quality.forms import PARTS, Normaliser, Role, form
from keqiao.quality.matching.columns import Compared, Style
from keqiao.quality.matching.conditions import RARITY_SHIFT

if TYPE_CHECKING:
    import polars

CHUNK = 100_000
STEPS_PER_BIT = 16
# Words beyond so many in one value are remarks; the rarest tell enough.
MOST_TOKENS = 64
# Rarities are kept for the words that occur often; the others are alike: rare.
KEPT_RARITIES = 5_000
OTHER = ""


def words_of(text: str) -> set[str]:
    """Return the words of a folded text; Chinese, which has no blanks, as pairs of characters."""
    found: set[str] = set()
    for word in text.split():
        if has_han(word) and len(word) > 1:
            found.update(word[at : at + 2] for at in range(len(word) - 1))
        else:
            found.add(word)
    return found


@lru_cache(maxsize=200_000)
def _hash40(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=5).digest(), "big")


def rarities(texts: Iterable[str]) -> dict[str, int]:
    """Return the rarity of the frequent words in sixteenths of a bit, under "" that of the rest."""
    count = 0
    seen: Counter[str] = Counter()
    for text in texts:
        if text:
            count += 1
            seen.update(words_of(text))
    found = {
        word: max(1, round(STEPS_PER_BIT * math.log2((count + 1) / times)))
        for word, times in seen.most_common(KEPT_RARITIES)
        if times > 1
    }
    found[OTHER] = max(1, round(STEPS_PER_BIT * math.log2(count + 2)))
    return found


def tokens(text: str, rarity: Mapping[str, int]) -> list[int]:
    """Return the words of a text as numbers, the rarest first; see `conditions.RARITY_SHIFT`."""
    other = rarity[OTHER]
    found = [rarity.get(word, other) << RARITY_SHIFT | _hash40(word) for word in words_of(text)]
    return sorted(found, reverse=True)[:MOST_TOKENS]


class Recorder:
    """Turns rows into records of key forms by a list of compared columns."""

    def __init__(self, columns: Sequence[Compared]) -> None:
        self.columns = list(columns)
        self.rarities: dict[str, dict[str, int]] = {}

    def learn(self, texts_by_column: Mapping[str, Iterable[str]]) -> None:
        """Learn how rare the words of each longer text are."""
        for name, texts in texts_by_column.items():
            self.rarities[name] = rarities(texts)

    @property
    def worded(self) -> list[Compared]:
        return [one for one in self.columns if one.role is Role.TEXT and one.style is Style.TEXT]

    def form_names(self) -> dict[str, str]:
        """Return the key forms with their SQL type, in order."""
        found: dict[str, str] = {}
        for one in self.columns:
            for part in PARTS[one.role]:
                found[f"{one.name}__{part}"] = "VARCHAR"
            if one.role is Role.NUMBER:
                found[f"{one.name}__value"] = "DOUBLE"
            if one in self.worded:
                found[f"{one.name}__tokens"] = "BIGINT[]"
                found[f"{one.name}__total"] = "BIGINT"
        return found

    def record(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the key forms of one row, given by the columns' names; None where nothing is."""
        found: dict[str, Any] = {}
        for one in self.columns:
            value = values.get(one.name) or ""
            if one.whole and isinstance(value, str) and "." in value:
                value = value.partition(".")[0]
            parts = form(one.role, value)
            for part, key in zip(PARTS[one.role], parts, strict=True):
                found[f"{one.name}__{part}"] = key or None
            if one.role is Role.NUMBER:
                found[f"{one.name}__value"] = _as_float(parts[0])
        for one in self.worded:
            self._add_words(one.name, found)
        return found

    def _add_words(self, name: str, found: dict[str, Any]) -> None:
        text = found[f"{name}__text"]
        rarity = self.rarities.get(name)
        if not text or rarity is None:
            found[f"{name}__tokens"] = found[f"{name}__total"] = None
            return
        numbers = tokens(text, rarity)
        found[f"{name}__tokens"] = numbers
        found[f"{name}__total"] = sum(one >> RARITY_SHIFT for one in numbers)

    def write(
        self,
        rows: Sequence[Sequence[str]],
        places: Sequence[int],
        start: int,
        side: int,
        folder: Path,
    ) -> None:
        """Write the records of the rows of a file, whose columns stand at `places`, as Parquet files.

        `start` is the id of the first one. Rows go through in bulk, a chunk at a time.
        """
        import polars as pl

        normaliser = Normaliser({one.name: one.role for one in self.columns})
        for first in range(0, len(rows), CHUNK):
            chunk = rows[first : first + CHUNK]
            frame = pl.DataFrame(
                {
                    one.name: [self._cell(one, row, at) for row in chunk]
                    for one, at in zip(self.columns, places, strict=True)
                },
                schema={one.name: pl.String for one in self.columns},
            )
            ids = pl.int_range(
                start + first, start + first + len(chunk), dtype=pl.Int32, eager=True
            )
            forms = normaliser.many(frame).with_columns(
                ids.alias("id"), pl.lit(side, dtype=pl.Int8).alias("side")
            )
            self._add_to_frame(forms).write_parquet(folder / f"records-{start + first:09d}.parquet")

    @staticmethod
    def _cell(column: Compared, row: Sequence[str], at: int) -> str:
        value = row[at] if at < len(row) else ""
        return value.partition(".")[0] if column.whole and "." in value else value

    def _add_to_frame(self, forms: polars.DataFrame) -> polars.DataFrame:
        import polars as pl

        added: list[Any] = []
        for one in self.columns:
            if one.role is Role.NUMBER:
                values = [_as_float(text) for text in forms[f"{one.name}__number"].to_list()]
                added.append(pl.Series(f"{one.name}__value", values, dtype=pl.Float64))
        for one in self.worded:
            rarity = self.rarities[one.name]
            texts = forms[f"{one.name}__text"].to_list()
            words = [tokens(text, rarity) if text else None for text in texts]
            totals = [
                None if each is None else sum(n >> RARITY_SHIFT for n in each) for each in words
            ]
            added.append(pl.Series(f"{one.name}__tokens", words, dtype=pl.List(pl.Int64)))
            added.append(pl.Series(f"{one.name}__total", totals, dtype=pl.Int64))
        return forms.with_columns(added)


def _as_float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
