"""How well a version tells duplicates of a judged set, and whether it is better than another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from keqiao.quality.candidates.comparing import Forms
from keqiao.quality.duplicates.pairs import SAFE_FROM
from keqiao.quality.matching.scorer import Scorer, agreeing

if TYPE_CHECKING:
    from keqiao.quality.match_models.judged import Judged
    from keqiao.quality.matching.model import Model

# Fewer frozen decisions of either kind decide nothing.
LEAST_OF_EACH = 30
# So much may be lost on the shipped set for what is gained on the company's own.
MOST_LOST = 0.01


@dataclass(frozen=True)
class Figures:
    """Counts over a judged set: `safe` may be merged unseen, `found` are all above even odds."""

    pairs: int
    same: int
    found: int
    found_right: int
    safe: int
    safe_right: int

    @property
    def safe_precision(self) -> float | None:
        return self.safe_right / self.safe if self.safe else None

    @property
    def safe_recall(self) -> float:
        return self.safe_right / self.same if self.same else 0.0

    @property
    def precision(self) -> float | None:
        return self.found_right / self.found if self.found else None

    @property
    def recall(self) -> float:
        return self.found_right / self.same if self.same else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.found_right / (self.found + self.same) if self.same else 0.0

    @property
    def is_telling(self) -> bool:
        return min(self.same, self.pairs - self.same) >= LEAST_OF_EACH

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def read_figures(kept: dict[str, Any]) -> Figures | None:
    return Figures(**kept) if kept else None


def typical_weight(scorer: Scorer, levels: tuple[int, ...]) -> float:
    """Return the weight of levels reached by values of ordinary frequency."""
    return scorer.weight(levels, Forms())


def measure(model: Model, judged: Sequence[Judged]) -> Figures:
    scorer = Scorer(model)
    found = found_right = safe = safe_right = 0
    for one in judged:
        levels = one.levels(model)
        weight = typical_weight(scorer, levels)
        probability = model.probability(weight)
        if probability < 0.5 or agreeing(model, levels) < model.least_agreeing:
            continue
        found, found_right = found + 1, found_right + one.is_same
        if probability >= SAFE_FROM:
            safe, safe_right = safe + 1, safe_right + one.is_same
    same = sum(one.is_same for one in judged)
    return Figures(len(judged), same, found, found_right, safe, safe_right)


def is_better(own: tuple[Figures, Figures], rival: tuple[Figures, Figures]) -> bool:
    """Tell whether (frozen decisions, shipped set) of one version beat those of the other.

    Where the decisions are enough they speak, and the shipped set only guards; else it speaks alone.
    What may be merged unseen must be at least as right as before, on both.
    """
    told = [pair for pair in zip(own, rival, strict=True) if pair[0].is_telling]
    if not told or any(not _is_as_safe(one, other) for one, other in told):
        return False
    (first, second), *guards = told
    if any(one.f1 < other.f1 - MOST_LOST for one, other in guards):
        return False
    return (first.f1, first.safe_recall) > (second.f1, second.safe_recall)


def _is_as_safe(own: Figures, rival: Figures) -> bool:
    # A version that calls nothing safe is never wrong, but of no use to who merges in bulk.
    if own.safe_precision is None or rival.safe_precision is None:
        return rival.safe_precision is None
    return own.safe_precision >= rival.safe_precision
