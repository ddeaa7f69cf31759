"""The figures of double entry against cases worked out by hand."""

from __future__ import annotations

import pytest

from keqiao.quality.double_entry.figures import Pair, agreement, error_rate, undetected


def _pairs(right: int, first_wrong: int, second_wrong: int, both_wrong: int = 0) -> list[Pair]:
    return [
        *[Pair("a", "a", "a")] * right,
        *[Pair("x", "a", "a")] * first_wrong,
        *[Pair("a", "y", "a")] * second_wrong,
        *[Pair("x", "y", "a")] * both_wrong,
    ]


def test_kappa_of_the_textbook_example() -> None:
    """Cohen's 50 proposals: 20 yes-yes, 15 no-no, 5 and 10 apart: agreement 0.70, kappa 0.40."""
    pairs = [
        *[Pair("yes", "yes", None)] * 20, *[Pair("no", "no", None)] * 15,
        *[Pair("yes", "no", None)] * 5, *[Pair("no", "yes", None)] * 10,
    ]  # fmt: skip
    found = agreement(pairs)
    assert (found.n, found.share) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)


def test_nothing_is_said_about_fewer_than_thirty() -> None:
    assert agreement(_pairs(29, 0, 0)).share is None
    assert undetected(_pairs(29, 0, 0)).estimate is None
    assert error_rate([("a", "a")] * 29).rate is None
    assert error_rate([("a", "a")] * 28 + [("x", "a")] * 2).rate == pytest.approx(2 / 30)


def test_one_and_the_same_value_is_no_agreement_beyond_chance() -> None:
    assert agreement([Pair("a", "a", "a")] * 40).kappa is None


def test_undetected_errors_are_what_both_made_alike() -> None:
    """810 right twice, 90 wrong once each way: both wrong is 90 x 90 / 810 = 10 (Lincoln-Petersen)."""
    assert undetected(_pairs(810, 90, 90)).estimate == pytest.approx(10)
    # Of these ten a third person has seen four.
    assert undetected(_pairs(810, 90, 90, 4)).estimate == pytest.approx(6)
    assert undetected(_pairs(100, 0, 0)).estimate == 0


def test_what_is_not_settled_says_nothing_about_errors() -> None:
    assert undetected([Pair("a", "b", None)] * 50).n == 0
