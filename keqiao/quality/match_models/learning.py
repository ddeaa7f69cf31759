"""Learns from what people decided: weights move towards it, and probabilities become what it showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp, log
from typing import TYPE_CHECKING

from keqiao.quality.match_models.figures import typical_weight
from keqiao.quality.matching.scorer import Scorer
from keqiao.quality.matching.statements import SILENT

if TYPE_CHECKING:
    from keqiao.quality.match_models.judged import Judged
    from keqiao.quality.matching.model import Model

# The weights before count like so many decisions that confirm them, for every level.
TRUST_BEFORE = 4.0
ROUNDS, STEP = 80, 0.4
SETTLED = 1e-4
TRUST_IN_PROBABILITY = 5.0
HALF_STEP = 0.49  # decisions are counted by whole bits: between two of them it rises steeply
BEYOND = 20  # bits above the heaviest and below the lightest decision


def reweighted(model: Model, judged: Sequence[Judged]) -> Model:
    """Return the model with weights moved to fit decisions (logistic regression around the old ones).

    Every executor carries the result out as it stands. A moved m is a factor and no longer a share.
    The prior stays: pairs come to review by choice, so they do not show how rare duplicates are.
    """
    scorer, unit = Scorer(model), model.slope * log(2.0)
    told = []
    for one in judged:
        levels = one.levels(model)
        keys = [(at, level) for at, level in enumerate(levels) if level != SILENT]
        told.append((typical_weight(scorer, levels) - model.threshold, keys, float(one.is_same)))
    moved: dict[tuple[int, int], float] = {key: 0.0 for _bits, keys, _same in told for key in keys}
    for _round in range(ROUNDS):
        pull = {key: -TRUST_BEFORE * bits * unit * unit for key, bits in moved.items()}
        curve = dict.fromkeys(moved, TRUST_BEFORE * unit * unit)
        for bits, keys, same in told:
            now = _share((bits + sum(moved[key] for key in keys)) * unit)
            error, bend = (same - now) * unit, now * (1.0 - now) * unit * unit
            for key in keys:
                pull[key] += error
                curve[key] += bend
        steps = {key: STEP * pull[key] / curve[key] for key in moved}
        moved = {key: bits + steps[key] for key, bits in moved.items()}
        if max((abs(one) for one in steps.values()), default=0.0) < SETTLED:
            break
    comparisons = tuple(
        replace(
            one,
            levels=tuple(
                level if level.fixed else replace(level, m=level.m * 2.0 ** moved.get((at, place), 0.0))
                for place, level in enumerate(one.levels)
            ),
        )
        for at, one in enumerate(model.comparisons)
    )  # fmt: skip
    return model.with_(comparisons=comparisons, origin="decisions")


def calibrated(model: Model, judged: Sequence[Judged]) -> Model:
    """Return the model with probabilities as decisions have shown them (isotonic regression).

    At every bit the probability before counts like some decisions more: where nobody decided
    anything it holds, and a few decisions do not overthrow it.
    """
    plain, scorer = model.with_(calibration=()), Scorer(model)
    seen: dict[int, list[int]] = {}
    for one in judged:
        counts = seen.setdefault(round(typical_weight(scorer, one.levels(model))), [0, 0])
        counts[0] += 1
        counts[1] += one.is_same
    if not seen:
        return plain
    pools: list[list[float]] = []  # the same, all, first bit, last bit
    for bit in range(min(seen) - BEYOND, max(seen) + BEYOND + 1):
        count, same = seen.get(bit, (0, 0))
        weighed = count + TRUST_IN_PROBABILITY
        pools.append([same + TRUST_IN_PROBABILITY * plain.probability(bit), weighed, bit, bit])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
            later = pools.pop()
            earlier = pools.pop()
            pools.append([earlier[0] + later[0], earlier[1] + later[1], earlier[2], later[3]])
    points = []
    for same_of, all_of, first, last in pools:
        points += [(bit, same_of / all_of) for bit in (first - HALF_STEP, last + HALF_STEP)]
    return plain.with_(calibration=tuple(points))


def _share(logit: float) -> float:
    return 1.0 / (1.0 + exp(-max(-500.0, min(500.0, logit))))
