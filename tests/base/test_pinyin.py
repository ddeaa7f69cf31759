"""Chinese names are found by their sound."""

from __future__ import annotations

import pytest
from pypinyin import lazy_pinyin

from keqiao.base.pinyin import full_pinyin, initials


@pytest.mark.parametrize(
    ("text", "syllables", "letters"),
    [
        ("客桥", ["ke", "qiao"], "kq"),
        ("苏州客桥CRM-2", ["su", "zhou", "ke", "qiao", "crm", "2"], "szkqcrm2"),
        ("ＡＢ 客", ["ab", "ke"], "abk"),
        ("重庆银行", ["chong", "qing", "yin", "hang"], "cqyh"),
        ("厦门", ["xia", "men"], "xm"),
        ("绿女", ["lv", "nv"], "ln"),
        ("蘇州", ["su", "zhou"], "sz"),
        ("John Smith", ["john", "smith"], "johnsmith"),
        ("阿不都·热合曼", ["a", "bu", "du", "re", "he", "man"], "abdrhm"),
        ("！？", [], ""),
    ],
)
def test_readings(text: str, syllables: list[str], letters: str) -> None:
    assert full_pinyin(text) == syllables
    assert initials(text) == letters


@pytest.mark.parametrize(
    ("name", "family", "letters"),
    [
        ("单晓丽", ["shan"], "sxl"),
        ("曾国强", ["zeng"], "zgq"),
        ("仇海", ["qiu"], "qh"),
        ("尉迟恭", ["yu", "chi"], "ycg"),
        ("王伟", ["wang"], "ww"),
    ],
)
def test_family_names(name: str, family: list[str], letters: str) -> None:
    assert full_pinyin(name, person=True)[: len(family)] == family
    assert initials(name, person=True) == letters


def test_the_table_agrees_with_pypinyin_on_everyday_characters() -> None:
    """GB 2312's first level, 3 755 characters; the few readings chosen for names are the exception."""
    chars = [
        bytes((high, low)).decode("gb2312", "ignore")
        for high in range(0xB0, 0xD8)
        for low in range(0xA1, 0xFF)
    ]
    differing = [char for char in chars if char and full_pinyin(char) != lazy_pinyin(char)]
    assert len([char for char in chars if char]) == 3755
    assert set(differing) <= set("曾都长厦秘贾沈蚌万石翟覃俞宿")
