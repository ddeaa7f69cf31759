"""Pairs for the tests of duplicates: found by nobody, but kept by the door all pairs come through."""

from __future__ import annotations

from typing import Any

from keqiao.quality.duplicates.models import DuplicatePair, Scenario
from keqiao.quality.duplicates.pairs import FoundPair, record_pairs

REASONS = (("phone", "same"), ("name", "similar"))


def found(left: int, right: int, **more: Any) -> FoundPair:
    """Return a find about two accounts, unless `more` says otherwise."""
    keys = more.pop("keys", ("account", "account"))
    given = {"weight": 12.0, "probability": 0.98, "reasons": REASONS, **more}
    return FoundPair((keys[0], left), (keys[1], right), **given)


def keep(
    left: int, right: int, scenario: Scenario = Scenario.NIGHTLY, **more: Any
) -> DuplicatePair:
    """Record one find and return its pair."""
    assert record_pairs([found(left, right, **more)], scenario, "hand-1") == 1
    return pair_of(left, right)


def pair_of(left: int, right: int) -> DuplicatePair:
    low, high = sorted([left, right])
    return DuplicatePair.objects.get(left_id=low, right_id=high)
