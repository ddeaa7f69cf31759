"""How right entries are, from what was keyed twice: agreement, kappa, error rates, undetected errors.

Formulas: kappa after J. Cohen, A Coefficient of Agreement for Nominal Scales, 1960, over the compared
forms; undetected errors after C. G. J. Petersen and F. C. Lincoln: "captured" is a field a person
keyed right, so that n1*n2/m estimates all fields and what is missing in it were wrong both times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

ENOUGH = 30  # keyed fields below which nothing is said


@dataclass(frozen=True)
class Pair:
    """One field keyed twice, as fingerprints of the compared form; `final` None: not settled yet."""

    first: str
    second: str
    final: str | None


@dataclass(frozen=True)
class Agreement:
    """`n` fields keyed twice, the share that came out equal, and kappa; None under `ENOUGH`."""

    n: int
    share: float | None
    kappa: float | None


@dataclass(frozen=True)
class ErrorRate:
    """Of `n` fields somebody keyed that are settled, how many were wrong; rate None under `ENOUGH`."""

    n: int
    wrong: int

    @property
    def rate(self) -> float | None:
        return self.wrong / self.n if self.n >= ENOUGH else None


@dataclass(frozen=True)
class Undetected:
    """Errors both people made alike, estimated from `n` settled fields; None under `ENOUGH`.

    The two are taken to err independently; a paper that both misread in the same way makes it too low.
    """

    n: int
    estimate: float | None


def agreement(pairs: Iterable[Pair]) -> Agreement:
    """Return how often two people keyed the same, and how much of it is more than chance."""
    found = list(pairs)
    n = len(found)
    if n < ENOUGH:
        return Agreement(n, None, None)
    observed = sum(one.first == one.second for one in found) / n
    first, second = Counter(one.first for one in found), Counter(one.second for one in found)
    by_chance = sum(count * second[form] for form, count in first.items()) / n**2
    # Everybody keyed one and the same value: there was nothing to agree about.
    kappa = None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)
    return Agreement(n, observed, kappa)


def undetected(pairs: Iterable[Pair]) -> Undetected:
    """Estimate how many settled fields were keyed wrong in the same way by both people."""
    settled = [one for one in pairs if one.final is not None]
    n = len(settled)
    both = sum(one.first == one.final == one.second for one in settled)
    if n < ENOUGH or not both:
        return Undetected(n, None)
    first_right = sum(one.first == one.final for one in settled)
    second_right = sum(one.second == one.final for one in settled)
    all_fields = first_right * second_right / both
    wrong_twice = all_fields - (first_right + second_right - both)
    seen = sum(one.first != one.final and one.second != one.final for one in settled)
    return Undetected(n, max(0.0, wrong_twice - seen))


def error_rate(keyed: Iterable[tuple[str, str]]) -> ErrorRate:
    """Return the error rate of one person from pairs of what he keyed and what holds."""
    found = list(keyed)
    return ErrorRate(len(found), sum(one != final for one, final in found))
