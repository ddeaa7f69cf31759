"""Cleaning removes what nobody sees and nothing that somebody meant."""

from __future__ import annotations

import pytest

from keqiao.base.text import clean_line, clean_text, fold_width, has_han, to_simplified


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  客桥 ", "客桥"),
        ("\u3000客桥\u3000\n", "客桥"),
        ("客\u200b桥", "客桥"),
        ("\ufeff客桥", "客桥"),
        ("safe\u202eexe.pdf", "safeexe.pdf"),
        ("a\0b\x07c", "abc"),
        ("bad\ud800tail", "badtail"),
        ("e\u0301", "é"),
        ("\u3164", ""),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("tab\tstays", "tab\tstays"),
        ("王\u00a0伟", "王\u00a0伟"),
        ("好👍🏽", "好👍🏽"),
        ("𠮷野家", "𠮷野家"),
    ],
)
def test_clean_text(raw: str, cleaned: str) -> None:
    assert clean_text(raw) == cleaned


def test_clean_line_keeps_one_blank_between_words() -> None:
    assert clean_line("John \t\n  Smith\u3000Li") == "John Smith Li"


def test_fold_width() -> None:
    assert fold_width("ＡＢＣ－１２３（客桥）　￥５") == "ABC-123(客桥) ¥5"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("客桥", True),
        ("A客", True),
        ("〇", True),
        ("𠮷", True),
        ("ABC", False),
        ("かな", False),
        ("", False),
    ],
)
def test_has_han(text: str, expected: bool) -> None:
    assert has_han(text) is expected


def test_to_simplified_agrees_with_opencc_character_by_character() -> None:
    import opencc

    convert = opencc.OpenCC("t2s").convert
    for code in range(0x4E00, 0xA000):
        expected = convert(chr(code))
        # A second step is followed, so that folding twice changes nothing.
        assert to_simplified(chr(code)) in {expected, convert(expected)}
    assert to_simplified("蘇州博遠精密機械") == "苏州博远精密机械"
