"""Weighs one pair of records in Python: what the entry form asks while somebody types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from typing import Any

from keqiao.quality.matching.conditions import answer
from keqiao.quality.matching.model import LEAST_SHARE, Model, Veto
from keqiao.quality.matching.statements import SILENT


@dataclass(frozen=True)
class Scored:
    """A weighed pair: `weight` in bits, `levels` by comparison (SILENT where a side is empty)."""

    weight: float
    probability: float
    levels: tuple[int, ...]
    veto: Veto | None


class Scorer:
    """Carries out a model on pairs of records of key forms (`keqiao.quality.forms`)."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._comparisons = [
            (
                one.form,
                [answer(level.asked) for level in one.levels[:-1]],
                [level.weight for level in one.levels],
                log2(max(one.levels[0].m, LEAST_SHARE)) if one.levels[0].frequent else None,
                model.frequencies.get(one.form),
            )
            for one in model.comparisons
        ]
        self._vetoes = [(veto, answer(veto.asked)) for veto in model.vetoes]

    def levels(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[int, ...]:
        found = []
        for form, answers, weights, _log_m, _frequencies in self._comparisons:
            if not a[form] or not b[form]:
                found.append(SILENT)
                continue
            for at, asked in enumerate(answers):
                if asked(a, b):
                    found.append(at)
                    break
            else:
                found.append(len(weights) - 1)
        return tuple(found)

    def weight(self, levels: tuple[int, ...], a: Mapping[str, Any]) -> float:
        """Return the weight of reached levels; the shares of frequent values are those of `a`."""
        total = self.model.prior
        for level, comparison in zip(levels, self._comparisons, strict=True):
            form, _answers, weights, log_m, frequencies = comparison
            if level == SILENT:
                continue
            if level == 0 and log_m is not None and frequencies is not None:
                total += log_m - log2(max(frequencies.of(a[form]), LEAST_SHARE))
            else:
                total += weights[level]
        return total

    def veto(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> Veto | None:
        return next((veto for veto, struck in self._vetoes if struck(a, b)), None)

    def score(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> Scored:
        levels = self.levels(a, b)
        weight = self.weight(levels, a)
        return Scored(weight, self.model.probability(weight), levels, self.veto(a, b))


def agreeing(model: Model, levels: tuple[int, ...]) -> int:
    """Return how many comparisons speak for the pair; one that identifies counts for enough.

    Columns of one group count once: who shares a street with somebody shares the city too.
    """
    count = 0
    groups: set[str] = set()
    for level, comparison in zip(levels, model.comparisons, strict=True):
        if level == SILENT or comparison.levels[level].weight <= 0 or comparison.group in groups:
            continue
        if comparison.group:
            groups.add(comparison.group)
        count += model.least_agreeing if comparison.identifies and level == 0 else 1
    return count
