"""Learns from the list itself, without anybody's labels, what its duplicates look like.

Expectation-maximisation over all pairs (Winkler 1988): the pairs outside the blocks are taken as
different, random pairs give u, and u is freed of the true pairs among them, which in a small list full
of duplicates would make its best evidence look common. Agreements are counted as patterns, so a list
of a million rows costs no more than one of a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log2

from keqiao.quality.matching.batch import Pattern
from keqiao.quality.matching.model import LEAST_SHARE, Comparison, Frequencies, Level, Model
from keqiao.quality.matching.statements import SILENT

ROUNDS = 40
SETTLED = 1e-5
# The hand-set shares weigh as much as so many observed true pairs.
TRUST_IN_HAND = 6.0
MOST_PATTERNS = 60_000
# Fewer expected true pairs than this teach nothing; the hand-set model stays.
LEAST_PAIRS = 15.0


@dataclass(frozen=True)
class Learned:
    """The trained model, and how many true pairs it expects."""

    model: Model
    expected_pairs: float


@dataclass(frozen=True)
class Seen:
    """What pairs drawn at random show of one comparison: how many pairs of the whole list have both
    sides filled, and the share of those that reaches each level."""

    pairs: float
    shares: tuple[float, ...]


def seen_at_random(
    model: Model, patterns: Mapping[Pattern, int], pair_count: int, equal_pairs: list[int]
) -> list[Seen]:
    """Return what the random pairs show; the equal pairs of the whole list are counted, not drawn."""
    drawn = max(1, sum(patterns.values()))
    found = []
    for at, comparison in enumerate(model.comparisons):
        counts = [0.5] * len(comparison.levels)
        for pattern, times in patterns.items():
            if pattern[at] != SILENT:
                counts[pattern[at]] += times
        total = sum(counts)
        pairs = max(1.0, pair_count * total / drawn)
        equal = min(0.9, max(equal_pairs[at], 0.5) / pairs)
        others = sum(counts[1:])
        shares = (equal, *((1 - equal) * count / others for count in counts[1:]))
        found.append(Seen(pairs, shares))
    return found


def learn(
    model: Model,
    candidates: Mapping[Pattern, int],
    random: list[Seen],
    pair_count: int,
    record_count: int,
) -> Learned:
    """Return the model with shares learned from patterns of candidates and of random pairs."""
    patterns = sorted(candidates.items(), key=lambda one: -one[1])[:MOST_PATTERNS]
    m = [[level.m for level in one.levels] for one in model.comparisons]
    start = [list(one) for one in m]
    share = min(0.2, 0.2 * record_count / pair_count)
    sums = [
        [share * seen.pairs * one for one in by_hand]
        for seen, by_hand in zip(random, m, strict=True)
    ]
    for _round in range(ROUNDS):
        u = _without_true_pairs(random, sums)
        weights = _weights(model, m, u)
        sums, expected = _expect(patterns, weights, log2(share / (1 - share)))
        before, share = share, min(0.5, max(expected, 0.5) / pair_count)
        m = _maximise(sums, start)
        if abs(log2(share / before)) < SETTLED:
            break
    u = _without_true_pairs(random, sums)
    trained = tuple(_trained(one, m[at], u[at]) for at, one in enumerate(model.comparisons))
    made = replace(
        model,
        comparisons=trained,
        prior=log2(share / (1 - share)),
        frequencies=_scaled(model, trained),
        origin="learned",
    )
    return Learned(made, share * pair_count)


def _without_true_pairs(random: list[Seen], sums: list[list[float]]) -> list[list[float]]:
    """Return u: what is left of each level when the expected true pairs are taken out of it."""
    found = []
    for seen, true in zip(random, sums, strict=True):
        rest = [
            max(share * seen.pairs - expected, 0.02 * share * seen.pairs, 0.3)
            for share, expected in zip(seen.shares, true, strict=False)
        ]
        total = sum(rest)
        found.append([one / total for one in rest])
    return found


def _weights(model: Model, m: list[list[float]], u: list[list[float]]) -> list[list[float]]:
    """Return the weights by comparison and level; the last place is that of a silent one."""
    return [
        [
            0.0 if level.fixed else log2(max(m[at][place], 1e-6) / max(u[at][place], 1e-9))
            for place, level in enumerate(one.levels)
        ]
        + [0.0]
        for at, one in enumerate(model.comparisons)
    ]


def _expect(
    patterns: list[tuple[Pattern, int]], weights: list[list[float]], prior: float
) -> tuple[list[list[float]], float]:
    sums = [[0.0] * len(one) for one in weights]
    expected = 0.0
    for pattern, times in patterns:
        bits = prior
        for level, known in zip(pattern, weights, strict=True):
            bits += known[level]
        if bits < -25.0:
            continue
        probable = times / (1.0 + 2.0 ** -min(bits, 60.0))
        expected += probable
        for level, added in zip(pattern, sums, strict=True):
            added[level] += probable
    return sums, expected


def _maximise(sums: list[list[float]], start: list[list[float]]) -> list[list[float]]:
    found = []
    for counted, before in zip(sums, start, strict=True):
        told = counted[:-1]
        total = sum(told) + TRUST_IN_HAND
        found.append(
            [
                (one + TRUST_IN_HAND * by_hand) / total
                for one, by_hand in zip(told, before, strict=True)
            ]
        )
    return found


def _trained(comparison: Comparison, m: list[float], u: list[float]) -> Comparison:
    """Return the comparison with learned shares, in which a stronger level never weighs less."""
    levels = [
        level if level.fixed else replace(level, m=m[at], u=u[at])
        for at, level in enumerate(comparison.levels)
    ]
    return replace(comparison, levels=tuple(_descending(levels)))


def _scaled(model: Model, trained: tuple[Comparison, ...]) -> dict[str, Frequencies]:
    """Return frequencies that average to the learned u of the first level.

    The shares alone count the copies of one customer as a frequent value.
    """
    found = {}
    for one in trained:
        known = model.frequencies[one.form]
        factor = one.levels[0].u / max(known.mean, LEAST_SHARE)
        shares = {value: share * factor for value, share in known.shares.items()}
        found[one.form] = Frequencies(shares, known.other * factor, one.levels[0].u)
    return found


def _descending(levels: list[Level]) -> list[Level]:
    """Pool neighbours that stand in the wrong order (pool adjacent violators)."""
    pools: list[list[int]] = []

    def weight(pool: list[int]) -> float:
        return log2(
            max(sum(levels[at].m for at in pool), 1e-9)
            / max(sum(levels[at].u for at in pool), 1e-9)
        )

    for at, level in enumerate(levels):
        if level.fixed:
            continue
        pools.append([at])
        while len(pools) > 1 and weight(pools[-2]) < weight(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    found = list(levels)
    for pool in pools:
        if len(pool) > 1:
            ratio = 2.0 ** weight(pool)
            for at in pool:
                found[at] = replace(levels[at], m=levels[at].u * ratio)
    return found


def is_learned(learned: Learned) -> bool:
    """Say whether the list held enough true pairs to believe what was learned from it."""
    return learned.expected_pairs >= LEAST_PAIRS
