"""How sure a correction is: from what people accepted and took back, never from a feeling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

APPLY_FROM, SUGGEST_FROM = 0.995, 0.80
# A rule of which people take back more than this share within a week only suggests from then on.
DEMOTED_FROM, FEWEST_JUDGED = 0.02, 20
_RISK = 0.05
_STEPS = 60


class Level(StrEnum):
    """What happens with a proposal."""

    APPLY = "apply"  # done unasked, and told
    SUGGEST = "suggest"  # one key accepts it
    FLAG = "flag"  # somebody should look


@dataclass(frozen=True)
class Record:
    """What became of a rule's corrections: kept and taken back, ever and in the last seven days."""

    kept: int = 0
    undone: int = 0
    kept_lately: int = 0
    undone_lately: int = 0

    @property
    def is_demoted(self) -> bool:
        judged = self.kept_lately + self.undone_lately
        return judged >= FEWEST_JUDGED and self.undone_lately > DEMOTED_FROM * judged


def level_of(confidence: float) -> Level:
    """Return what a proposal of this confidence (0 to 1) may do."""
    if confidence >= APPLY_FROM:
        return Level.APPLY
    return Level.SUGGEST if confidence >= SUGGEST_FROM else Level.FLAG


@lru_cache(maxsize=4096)
def sure_share(kept: int, undone: int) -> float:
    """Return the share of right corrections that holds with 95 % certainty.

    The lower 5 % bound of Beta(kept + 1, undone + 1), found by bisection.
    """
    a, b = kept + 1.0, undone + 1.0
    low, high = 0.0, 1.0
    for _step in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _beta_below(middle, a, b) < _RISK else (low, middle)
    return low


def _beta_below(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function (Numerical Recipes, section 6.4)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    value = d
    for m in range(1, 400):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + numerator * d or tiny)
            c = 1 + numerator / c or tiny
            value *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return value
