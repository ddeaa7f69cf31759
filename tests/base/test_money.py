"""Amounts are exact in minor units, whatever they were written like."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.base.money import (
    LARGEST_MINOR,
    MoneyProblem,
    format_money,
    minor_digits,
    parse_money,
    short_money,
)


@pytest.mark.parametrize(
    ("raw", "minor"),
    [
        ("1,234.50", 123450),
        ("￥1.2万", 1_200_000),
        ("12亿", 120_000_000_000),
        ("¥1,234", 123400),
        ("-5", -500),
        ("(1,234.50)", -123450),
        ("−¥5.00", -500),
        ("-¥5.00", -500),
        ("(¥5.00)", -500),
        ("1234元", 123400),
        ("12元5角", 1250),
        ("壹万贰仟元整", 1_200_000),
        ("伍佰元零叁分", 50003),
        ("伍佰元叁角贰分", 50032),
        ("-3元5角", -350),
        ("RMB 100", 10000),
        ("100 CNY", 10000),
        ("人民币100元", 10000),
        ("3千", 300_000),
        ("50w", 50_000_000),
        ("120万元", 120_000_000),
        ("0", 0),
        (1234.5, 123450),
        (0.1 + 0.2, 30),
        (7, 700),
        (Decimal("0.01"), 1),
    ],
)
def test_yuan(raw: str | float | Decimal, minor: int) -> None:
    assert parse_money(raw, "CNY") == minor


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "empty"),
        ("¥", "empty"),
        ("abc", "not_a_number"),
        ("nan", "not_a_number"),
        (float("inf"), "not_a_number"),
        (float("nan"), "not_a_number"),
        (True, "not_a_number"),
        ("1e308", "not_a_number"),
        (1e308, "too_large"),
        ("9" * 18, "too_large"),
        ("1.234", "too_precise"),
        (1.234, "too_precise"),
        ("1,23", "grouping"),
        ("1.234,50", "grouping"),
        ("1.2.3", "grouping"),
        ("$5", "currency"),
        ("USD 5", "currency"),
        ("5美元", "currency"),
        ("٣", "not_a_number"),
    ],
)
def test_refused_amounts(raw: str | float, code: str) -> None:
    with pytest.raises(MoneyProblem) as refused:
        parse_money(raw, "CNY")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("raw", "currency", "minor"),
    [
        ("$1,234.5", "USD", 123450),
        ("¥500", "JPY", 500),
        ("HK$5", "HKD", 500),
        ("1.234", "KWD", 1234),
    ],
)
def test_other_currencies(raw: str, currency: str, minor: int) -> None:
    assert parse_money(raw, currency) == minor


def test_no_digits_after_the_point_in_yen() -> None:
    with pytest.raises(MoneyProblem) as refused:
        parse_money("500.5", "JPY")
    assert refused.value.code == "too_precise"
    assert (minor_digits("JPY"), minor_digits("CNY"), minor_digits("KWD")) == (0, 2, 3)


@given(
    st.integers(-LARGEST_MINOR, LARGEST_MINOR), st.sampled_from(("CNY", "USD", "JPY", "KWD", "CHF"))
)
def test_what_is_shown_reads_back_exactly(minor: int, currency: str) -> None:
    if currency == "CHF":
        assert format_money(minor, currency).lstrip("-").startswith("CHF ")
    else:
        assert parse_money(format_money(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("minor", "chinese", "english"),
    [
        (123_450_000, "¥123.5万", "¥1.2M"),
        (-123_450_000, "-¥123.5万", "-¥1.2M"),
        (99, "¥1", "¥1"),
        (0, "¥0", "¥0"),
        (123_400, "¥1,234", "¥1.2K"),
        (999_999, "¥1万", "¥10K"),
        (9_999_999_900, "¥1亿", "¥100M"),
        (12_345_678_900_000, "¥1,234.6亿", "¥123.5B"),
    ],
)
def test_short_amounts(minor: int, chinese: str, english: str) -> None:
    assert short_money(minor, "CNY", "zh-hans") == chinese
    assert short_money(minor, "CNY", "en") == english
