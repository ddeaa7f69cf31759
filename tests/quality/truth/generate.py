"""Writes a list of invented customers with known duplicates: `python -m tests.quality.truth.generate`."""

from __future__ import annotations

import argparse
import csv
from itertools import combinations
from pathlib import Path

from tests.quality.truth.corruptions import (
    CORRUPTIONS,
    COUNTS_JUDGED,
    COUNTS_TUNED,
    JUDGED_BY,
    TUNED_ON,
)
from tests.quality.truth.entities import COLUMNS, HEADER, Customer, Inventor

NEIGHBOURS, DUPLICATES = 0.05, 0.10


def customers(count: int, seed: int, mix: str = "tuned") -> list[Customer]:
    """Return `count` rows: 85 % of their own, 5 % look-alikes, 10 % damaged second entries, mixed."""
    inventor = Inventor(seed)
    dice = inventor.dice
    own = count - int(count * NEIGHBOURS) - int(count * DUPLICATES)
    rows = [inventor.customer(entity) for entity in range(own)]
    for entity in range(own, own + int(count * NEIGHBOURS)):
        rows.append(inventor.neighbour(rows[dice.randrange(own)], entity))
    weights, counts = (TUNED_ON, COUNTS_TUNED) if mix == "tuned" else (JUDGED_BY, COUNTS_JUDGED)
    names, shares = list(weights), list(weights.values())
    originals = len(rows)
    for _copy in range(int(count * DUPLICATES)):
        row = rows[dice.randrange(originals)]
        for name in dice.choices(names, shares, k=dice.choices(*counts)[0]):
            row = CORRUPTIONS[name](row, dice)
        rows.append(row)
    dice.shuffle(rows)
    return rows


def true_pairs(rows: list[Customer]) -> set[tuple[int, int]]:
    """Return the pairs of row numbers that are the same customer."""
    groups: dict[int, list[int]] = {}
    for at, row in enumerate(rows):
        groups.setdefault(row.entity, []).append(at)
    return {pair for group in groups.values() for pair in combinations(group, 2)}


def write(rows: list[Customer], path: Path, *, with_truth: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*HEADER, "truth"] if with_truth else HEADER)
        for row in rows:
            cells = [getattr(row, name) for name in COLUMNS]
            writer.writerow([*cells, row.entity] if with_truth else cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mix", choices=["tuned", "judged"], default="tuned")
    parser.add_argument("--with-truth", action="store_true")
    asked = parser.parse_args()
    write(customers(asked.rows, asked.seed, asked.mix), asked.path, with_truth=asked.with_truth)


if __name__ == "__main__":
    main()
