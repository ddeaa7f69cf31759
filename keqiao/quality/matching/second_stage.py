"""Learns from reviewed pairs what weights cannot say: which agreements mean less when they come together.

Weights add up evidence as if it were independent; a family shares telephone and street at once. Boosted
trees over the levels of a pair see that. Needs scikit-learn (extra "learning"); without it, and with few
reviews, weights and vetoes decide as before. Nothing trained is stored: it is trained again from the
decisions, which takes a second, so that no pickled program is ever loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keqiao.quality.matching.batch import EngineMissing, Pair
from keqiao.quality.matching.model import Model
from keqiao.quality.matching.statements import SILENT

# Fewer reviewed pairs of either kind say nothing that the weights do not.
LEAST_REVIEWED = 50


class TooFewReviews(Exception):
    """There are not enough reviewed pairs of both kinds to learn from."""


class SecondStage:
    """Boosted trees trained on reviewed pairs; use `probabilities` for pairs weighed by the same model."""

    def __init__(self, model: Model, trees: Any) -> None:
        self.model = model
        self._trees = trees

    def probabilities(self, pairs: Sequence[Pair]) -> list[float]:
        """Return for each pair how likely a reviewer calls it the same."""
        if not pairs:
            return []
        features = [_features(self.model, pair) for pair in pairs]
        return [float(row[1]) for row in self._trees.predict_proba(features)]


def train(model: Model, pairs: Sequence[Pair], is_same: Sequence[bool]) -> SecondStage:
    """Return a second stage trained on reviewed pairs and what people said of them."""
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ImportError:
        raise EngineMissing("scikit-learn") from None
    same = sum(is_same)
    if min(same, len(is_same) - same) < LEAST_REVIEWED:
        raise TooFewReviews(len(is_same))
    trees = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.08, max_leaf_nodes=12, min_samples_leaf=8,
        l2_regularization=1.0, random_state=0,
    )  # fmt: skip
    trees.fit([_features(model, pair) for pair in pairs], list(is_same))
    return SecondStage(model, trees)


def _features(model: Model, pair: Pair) -> list[float]:
    """Return weight, veto, agreements and disagreements counted, and every level (nan where silent)."""
    levels: list[float] = []
    for_it = against = told = 0.0
    for level, comparison in zip(pair.levels, model.comparisons, strict=True):
        if level == SILENT:
            levels.append(float("nan"))
            continue
        bits = comparison.levels[level].weight
        told += 1
        for_it += bits > 0
        against += bits < 0
        levels.append(float(level))
    return [pair.weight, float(pair.veto), told, for_it, against, *levels]
