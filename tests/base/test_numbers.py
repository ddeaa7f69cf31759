"""Numbers and percentages are read exactly or refused."""

from __future__ import annotations

import pytest

from keqiao.base.numbers import NumberProblem, parse_chinese, parse_integer, parse_percent


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("12", 12), ("1.0", 1), ("1,000", 1000), ("3万", 30000), ("-7", -7), (3.0, 3), ("１２", 12),
        ("一百二十", 120), ("+5", 5), (".0", 0),
    ],
)  # fmt: skip
def test_integers(raw: str | float, number: int) -> None:
    assert parse_integer(raw) == number


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("1.5", "not_whole"), (1.5, "not_whole"), ("", "empty"), ("x", "not_a_number"),
        (True, "not_a_number"), ("9" * 20, "too_large"), ("1,00", "grouping"), (".", "grouping"),
        ("Infinity", "not_a_number"), ("１e5", "not_a_number"),
    ],
)  # fmt: skip
def test_refused_integers(raw: str | float, code: str) -> None:
    with pytest.raises(NumberProblem) as refused:
        parse_integer(raw)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("raw", "points"),
    [
        ("12.5%", 1250),
        ("12.5", 1250),
        (12.5, 1250),
        ("百分之五", 500),
        ("5‰", 50),
        ("１２％", 1200),
        ("-3%", -300),
    ],
)
def test_percentages_in_hundredths(raw: str | float, points: int) -> None:
    assert parse_percent(raw) == points


def test_a_percentage_finer_than_a_hundredth_is_refused() -> None:
    with pytest.raises(NumberProblem) as refused:
        parse_percent("12.345%")
    assert refused.value.code == "too_precise"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("一万二千", 12_000), ("十", 10), ("二十一", 21), ("一百零五", 105), ("一亿二千万", 120_000_000),
        ("一万亿", 10**12), ("二〇二六", 2026), ("叁仟伍佰", 3500), ("一百二十万零三", 1_200_003),
    ],
)  # fmt: skip
def test_chinese_numerals(text: str, number: int) -> None:
    assert parse_chinese(text) == number
