"""No text whatever breaks a reader: each returns a value or a problem with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.base.address import split_address
from keqiao.base.dates import DateProblem, parse_date, parse_datetime
from keqiao.base.identifiers import IdentifierProblem, check_resident_id, check_uscc
from keqiao.base.money import MoneyProblem, parse_money
from keqiao.base.names import company_core, fold_company, fold_person, surname
from keqiao.base.numbers import NumberProblem, parse_integer, parse_percent
from keqiao.base.phone import (
    PhoneProblem,
    format_phone,
    mask_phone,
    parse_phone,
    phone_digits,
    phone_regions,
)
from keqiao.base.pinyin import full_pinyin, initials
from keqiao.base.problems import Problem
from keqiao.base.regions import parse_region, region_name, search_regions
from keqiao.base.text import (
    clean_line,
    clean_text,
    fold_width,
    has_han,
    is_folded,
    to_simplified,
)
from tests.base.texts import texts

PARSERS: list[tuple[Callable[[str], Any], type[Problem]]] = [
    (parse_phone, PhoneProblem),
    (parse_money, MoneyProblem),
    (lambda text: parse_money(text, "JPY"), MoneyProblem),
    (parse_integer, NumberProblem),
    (parse_percent, NumberProblem),
    (parse_date, DateProblem),
    (parse_datetime, DateProblem),
    (check_uscc, IdentifierProblem),
    (check_resident_id, IdentifierProblem),
]
READERS: list[Callable[[str], Any]] = [
    split_address, parse_region, region_name, search_regions, fold_company, company_core,
    fold_person, surname, full_pinyin, initials, has_han, format_phone, mask_phone, phone_digits,
    phone_regions,
]  # fmt: skip
FOLDS: list[Callable[[str], str]] = [
    clean_text, clean_line, fold_width, to_simplified, fold_company, fold_person,
]  # fmt: skip


@pytest.mark.parametrize(("parse", "problem"), PARSERS)
@settings(max_examples=250, deadline=None)
@given(text=texts)
def test_parsers_raise_nothing_but_their_own_problem(
    parse: Callable[[str], Any], problem: type[Problem], text: str
) -> None:
    try:
        parse(text)
    except problem as found:
        assert found.code
        assert str(found.message).strip()


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=150, deadline=None)
@given(text=texts)
def test_readers_take_any_text(read: Callable[[str], Any], text: str) -> None:
    assert read(text) == read(text)


@pytest.mark.parametrize("fold", FOLDS)
@settings(max_examples=400, deadline=None)
@given(text=texts)
def test_folding_twice_is_folding_once(fold: Callable[[str], str], text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@settings(max_examples=300, deadline=None)
@given(text=texts)
def test_cleaned_text_can_be_stored_and_sent(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert "\0" not in cleaned
    assert cleaned == cleaned.strip()


@given(
    st.text(alphabet="苏州市縣縣0１aB é\u0301\u200b㐀龥鿿。", max_size=12) | st.text(max_size=12)
)
def test_a_folded_text_is_left_alone_by_every_folding(text: str) -> None:
    if is_folded(text):
        assert clean_line(text.lower()) == to_simplified(fold_width(text)) == text
        assert text.isalnum()


def test_letters_that_folding_changes_are_not_folded() -> None:
    assert is_folded("苏州博远2号a座")
    assert not any(map(is_folded, ("縣", "A", "１", "a b", "é", "", "\u200b")))
