"""Writes a model as SQL, once for DuckDB and Spark alike, so that a batch weighs as an entry does."""

from __future__ import annotations

from math import log2

from keqiao.quality.matching.conditions import Dialect, columns_of, literal, sql
from keqiao.quality.matching.model import LEAST_SHARE, Comparison, Model

# What is stored for a comparison that says nothing because a side is empty.
SILENT = -1


def forms_read(model: Model) -> list[str]:
    """Return the key forms a model reads, each once."""
    names: dict[str, None] = {}
    for comparison in model.comparisons:
        names[comparison.form] = None
        for level in comparison.levels:
            if level.asked:
                names.update(dict.fromkeys(columns_of(level.asked)))
    for veto in model.vetoes:
        names.update(dict.fromkeys(columns_of(veto.asked)))
    return list(names)


def level_of(comparison: Comparison, dialect: Dialect) -> str:
    """Return the expression for the level a pair reaches in one comparison, or SILENT."""
    left, right = (dialect.column(side, comparison.form) for side in "lr")
    whens = " ".join(
        f"WHEN {sql(level.asked, dialect)} THEN {at}"
        for at, level in enumerate(comparison.levels[:-1])
    )
    last = len(comparison.levels) - 1
    return (
        f"CAST(CASE WHEN {left} IS NULL OR {right} IS NULL THEN {SILENT}"
        f" {whens} ELSE {last} END AS SMALLINT)"
    )


def weighed_pairs(model: Model, levels: str, shares: str, least: float) -> str:
    """Return the query for the levels with the `weight` of every pair that reaches `least` bits."""
    return (
        f"SELECT * FROM (SELECT g.*, {weight_of_levels(model, 's')} AS weight"
        f" FROM {levels} g JOIN {shares} s ON s.id = g.l) weighed WHERE weight >= {literal(least)}"
    )


def levels_of_pairs(model: Model, pairs: str, records: str, dialect: Dialect) -> str:
    """Return the query for `l, r, g0 … gN, veto` of every pair of ids in the table `pairs`.

    `veto` is the place of the first veto that strikes, or SILENT.
    """
    levels = ", ".join(
        f"{level_of(comparison, dialect)} AS g{at}"
        for at, comparison in enumerate(model.comparisons)
    )
    return (
        f"SELECT p.l, p.r, {levels}, {veto_of(model, dialect)} AS veto"
        f" FROM {pairs} p JOIN {records} l ON l.id = p.l JOIN {records} r ON r.id = p.r"
    )


def veto_of(model: Model, dialect: Dialect) -> str:
    whens = " ".join(
        f"WHEN {sql(veto.asked, dialect)} THEN {at}" for at, veto in enumerate(model.vetoes)
    )
    return f"CAST(CASE {whens} ELSE {SILENT} END AS SMALLINT)" if whens else f"{SILENT}"


def weight_of_levels(model: Model, left: str = "l") -> str:
    """Return the expression for the weight from `g0 … gN` and the shares `f0 … fN` of record `left`."""
    terms = [literal(model.prior)]
    for at, comparison in enumerate(model.comparisons):
        whens = []
        for place, level in enumerate(comparison.levels):
            if level.frequent:
                whens.append(f"WHEN {place} THEN {frequent_weight(level.m)} - {left}.f{at}")
            elif level.weight:
                whens.append(f"WHEN {place} THEN {literal(level.weight)}")
        terms.append(f"CASE g{at} {' '.join(whens)} ELSE {literal(0)} END" if whens else literal(0))
    return " + ".join(terms)


def frequent_weight(m: float) -> str:
    return literal(log2(max(m, LEAST_SHARE)))
