"""The shape of a text finds just the texts of that shape, whatever signs stand in them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.base.names import LEGAL_FORMS
from keqiao.base.shapes import LONGEST, NoShape, pattern_of, quoted, shape_of

TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("09aZ汉公司有限集团股份９Ａ{}\\(.*-\n é\U00020000"),
        st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("13912345678", "9{11}"),
        ("苏州博远有限公司", "汉{4}有限公司"),
        ("有限公司", "汉{2}公司"),
        ("Ab-12 c", "Aa-9{2} a"),
        ("a{3}", r"a\{9\}"),
        ("０１x", "９{2}a"),
        ("", ""),
        ("x" * (LONGEST + 1), ""),
    ],
)
def test_a_shape_says_which_characters_follow_each_other(text: str, shape: str) -> None:
    assert shape_of(text, LEGAL_FORMS) == shape


@given(TEXTS, TEXTS, st.sampled_from([(), LEGAL_FORMS]))
def test_just_the_texts_of_a_shape_fit_its_pattern(
    text: str, other: str, words: tuple[str, ...]
) -> None:
    pattern = pattern_of(shape_of(text, words), words)
    assert re.search(pattern, text)
    assert bool(re.search(pattern, other)) == (shape_of(other, words) == shape_of(text, words))


@given(TEXTS, TEXTS, st.sampled_from([(), LEGAL_FORMS]))
def test_a_quoted_text_finds_itself_alone(text: str, other: str, words: tuple[str, ...]) -> None:
    pattern = pattern_of(quoted(text), words)
    assert bool(re.search(pattern, other)) == (text == other)
    assert re.search(pattern, text)


@pytest.mark.parametrize("shape", ["", "9{", "9{0}", "9{101}", "}", "\\", "a{50}A{51}", "9{1,2}"])
def test_what_is_no_shape_is_refused(shape: str) -> None:
    with pytest.raises(NoShape):
        pattern_of(shape)
