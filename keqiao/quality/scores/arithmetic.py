"""From counts to a score: the six dimensions of a record and what they come to, in whole numbers.

The dimensions are the inherent characteristics of ISO/IEC 25012, each measured as a share A/B as in
ISO/IEC 25024. Everything is a whole number (shares in thousandths, logarithms in millionths), so that
one record in Python and a million in columns come to the very same score.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.functional import Promise


class Dimension(StrEnum):
    """What is measured of data; the order is that of the quality desk."""

    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    VALIDITY = "validity"
    CONSISTENCY = "consistency"
    CURRENTNESS = "currentness"
    UNIQUENESS = "uniqueness"


LABELS: dict[Dimension, str | Promise] = {
    Dimension.COMPLETENESS: _("Completeness"),
    Dimension.ACCURACY: _("Accuracy"),
    Dimension.VALIDITY: _("Validity"),
    Dimension.CONSISTENCY: _("Consistency"),
    Dimension.CURRENTNESS: _("Currentness"),
    Dimension.UNIQUENESS: _("Uniqueness"),
}
# Hundredths; those of dimensions that nobody measured are shared out among the others.
WEIGHTS: dict[Dimension, int] = {
    Dimension.ACCURACY: 25,
    Dimension.VALIDITY: 20,
    Dimension.COMPLETENESS: 20,
    Dimension.CONSISTENCY: 15,
    Dimension.CURRENTNESS: 10,
    Dimension.UNIQUENESS: 10,
}
GOAL = 95
WHOLE = 1000
_LEAST = 10  # a dimension that is wholly rotten counts as one hundredth: the geometric mean needs more than 0
_MILLION = 1_000_000

LOGARITHMS = [round(_MILLION * math.log(max(share, _LEAST) / WHOLE)) for share in range(WHOLE + 1)]
# From which mean logarithm on a record has at least 1, 2, … 100 points.
STEPS = [round(_MILLION * math.log((points - 0.5) / 100)) for points in range(1, 101)]

_DAYS_A_MONTH = 30.4375
OLDEST_DAYS = 20 * 366


@dataclass(frozen=True)
class Part:
    """One dimension of one record or of many: `reached` of `possible`, both in the same unit."""

    reached: int
    possible: int

    @property
    def share(self) -> int:
        """Return the share in thousandths, rounded half up."""
        return (2 * WHOLE * self.reached + self.possible) // (2 * self.possible)


def score_of(shares: Iterable[tuple[Dimension, int]]) -> int | None:
    """Return 0 to 100 for shares in thousandths of the measured dimensions; None when there are none.

    The weighted geometric mean: one rotten dimension shows, however good the others are.
    """
    weight = total = 0
    for dimension, share in shares:
        weight += WEIGHTS[dimension]
        total += WEIGHTS[dimension] * LOGARITHMS[share]
    return bisect_right(STEPS, total // weight) if weight else None


def days_of(half_life_months: int) -> int:
    return math.ceil(half_life_months * _DAYS_A_MONTH)


@lru_cache(maxsize=100)
def freshness_table(half_life_months: int) -> list[int]:
    """Return how far a value is still true after 0, 1, 2 … days, in thousandths."""
    days = half_life_months * _DAYS_A_MONTH
    return [round(WHOLE * 0.5 ** (age / days)) for age in range(OLDEST_DAYS + 1)]
