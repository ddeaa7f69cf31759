"""Names of firms and people reduced to what tells them apart, so that none is kept twice."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from keqiao.base.regions import lengths_by_start, regions
from keqiao.base.text import (
    DATA,
    clean_line,
    fold_width,
    has_han,
    is_folded,
    simplified_table,
    width_table,
)

# Legal forms; the longest that fits is taken off. 厂, 店, 事务所 tell firms apart and stay.
LEGAL_FORMS = (
    "集团股份有限公司", "股份有限责任公司", "集团有限责任公司", "有限责任总公司", "股份有限公司",
    "有限责任公司", "集团有限公司", "集团总公司", "股份公司", "有限公司", "集团公司", "合伙企业",
    "责任公司", "总公司", "公司", "集团", "股份", "有限",
)  # fmt: skip
_FORM_WORDS = frozenset(LEGAL_FORMS)
_FORM_LENGTHS = sorted(set(map(len, LEGAL_FORMS)), reverse=True)
# A branch is related to its company but is not the same customer.
BRANCH_WORDS = (
    "分公司",
    "办事处",
    "营业部",
    "分店",
    "代表处",
    "分行",
    "支行",
    "分厂",
    "分部",
    "子公司",
)
TITLES = (
    "先生",
    "女士",
    "小姐",
    "太太",
    "经理",
    "总经理",
    "老师",
    "主任",
    "总监",
    "董事长",
    "老板",
    "总",
    "工",
)
_PUNCTUATION = (
    " \t\n\u3000-‐‑–—_.,，。、·•・'’‘\"“”&＆/\\|:：;；!！?？+*#@~`^=<>《》{}()（）[]【】「」"
)
_BRACKETS = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]")


@cache
def word_list(group: str) -> frozenset[str]:
    """Return one of the word lists in data/name_words.txt."""
    for line in (DATA / "name_words.txt").read_text(encoding="utf-8").splitlines():
        name, _blank, words = line.partition(" ")
        if name == group:
            return frozenset(words.split(" "))
    raise KeyError(group)


@cache
def _key_table() -> dict[int, str]:
    table: dict[int, str] = dict(simplified_table())
    table.update({code: char.lower() for code, char in width_table().items()})
    table.update(
        {ord("【"): "(", ord("】"): ")", ord("["): "(", ord("]"): ")", 0xFF3B: "(", 0xFF3D: ")"}
    )
    table.update(dict.fromkeys(map(ord, "〔﹝"), "("))
    table.update(dict.fromkeys(map(ord, "〕﹞"), ")"))
    return table


_FORM_ENDINGS = ("公司", "集团", "股份", "有限", "企业")
# A name that ends like this may become shorter when it is folded again.
_SHORTENED = (*_FORM_ENDINGS, *BRANCH_WORDS)
_DROP = dict.fromkeys(map(ord, _PUNCTUATION))
_SPACED = dict.fromkeys(map(ord, _PUNCTUATION), " ")


class CompanyParts(NamedTuple):
    """A folded company name: what people say, its legal form, and the branch it speaks of."""

    core: str
    form: str
    branch: str


@cache
def place_spellings() -> tuple[dict[str, str], dict[str, tuple[int, ...]]]:
    """Return every spelling of a province or city, and full district names, with the short name.

    Second come the lengths of the spellings by their first two characters.
    """
    places: dict[str, str] = {"中国": "中国"}
    for region in regions().values():
        places[region.name] = region.short
        if region.code.endswith("00"):
            places[region.short] = region.short
            if not region.code.endswith("0000"):
                places[region.short + "市"] = region.short
            else:
                places[region.short + "省"] = region.short
        elif region.name.endswith(
            "市"
        ):  # 昆山, 义乌: county-level cities stand in names without 市
            places[region.short] = region.short
    return places, lengths_by_start(places)


def fold_company(name: str) -> str:
    """Return the key by which two spellings of one company are equal."""
    text = name
    while True:
        # Dropping a sign can bring an accent to its letter, so each round cleans again.
        folded = _fold_company_once(clean_line(text.lower()).translate(_key_table()))
        if folded == text or _is_settled(folded):
            return folded
        text = folded


def company_parts(name: str) -> CompanyParts:
    """Return the folded name taken apart; `core + branch` is what `fold_company` returns."""
    text = name if is_folded(name) else clean_line(name.lower()).translate(_key_table())
    first = _company_parts_once(text)
    folded = first.core + first.branch if first.branch else first.core
    if folded != text and not _is_settled(folded):
        folded = fold_company(folded)
    branch = first.branch
    if not branch and folded.endswith(BRANCH_WORDS):
        branch = next(word for word in BRANCH_WORDS if folded.endswith(word))
    if not branch or not folded.endswith(branch) or folded == branch:
        return CompanyParts(folded, first.form, "")
    return CompanyParts(folded[: -len(branch)], first.form, branch)


def _is_settled(folded: str) -> bool:
    """Say of a name folded once that folding it again surely changes nothing."""
    return (
        folded.isalnum()
        and has_han(folded[:1])
        and not folded.endswith(_SHORTENED)
        and folded[:2] not in place_spellings()[1]
        and unicodedata.is_normalized("NFC", folded)
    )


def _fold_company_once(text: str) -> str:
    parts = _company_parts_once(text)
    return parts.core + parts.branch


def _company_parts_once(text: str) -> CompanyParts:
    if "(" in text:
        text = _BRACKETS.sub(_inside_brackets, text)
    if text.isascii():
        return _latin_parts(text)
    whole = text if text.isalnum() else text.translate(_DROP)
    if not whole:
        return CompanyParts("", "", "")
    branch = ""
    if whole.endswith(BRANCH_WORDS):
        head, found, tail = whole.rpartition("公司")
        if tail == "" and head.endswith(("分", "子")):  # ...有限公司上海分公司
            inner, found, place = head[:-1].rpartition("公司")
            head, tail = (inner, place + head[-1] + "公司") if found else ("", whole)
        if not found or not head:
            return CompanyParts(whole, "", "")
        whole, branch = head + "公司", tail
    bare = _without_form(whole)
    return CompanyParts(_without_place(bare) or whole, whole[len(bare) :], branch)


def _inside_brackets(found: re.Match[str]) -> str:
    """Drop a place or a legal form in brackets, keep anything else."""
    inside = found[1].translate(_DROP)
    places, _lengths = place_spellings()
    if (
        inside in places
        or inside in LEGAL_FORMS
        or inside in {"有限合伙", "普通合伙", "特殊普通合伙", "个体工商户"}
    ):
        return ""
    return found[1]


def _latin_parts(text: str) -> CompanyParts:
    words = text.replace(".", "").translate(_SPACED).split()
    end = len(words)
    while end > 1 and words[end - 1] in word_list("latin_forms"):
        end -= 1
    return CompanyParts("".join(words[:end]), "".join(words[end:]), "")


def _without_form(text: str) -> str:
    while text.endswith(_FORM_ENDINGS):
        for length in _FORM_LENGTHS:
            if text[-length:] in _FORM_WORDS and len(text) > length:
                text = text[:-length]
                break
        else:
            return text
    return text


def _without_place(text: str) -> str:
    places, lengths = place_spellings()
    place = ""
    rest = text
    while len(rest) > 3:
        for length in lengths.get(rest[:2], ()):
            found = places.get(rest[:length]) if length <= len(rest) - 2 else None
            if found is not None:
                place, rest = found, rest[length:]
                break
        else:
            break
    return place + rest if place and _is_generic(rest) else rest


def _is_generic(text: str) -> bool:
    """Say whether nothing but trade words is left.

    苏州银行 without the place would be any bank, 北京地铁 any metro.
    """
    trade_words = word_list("trade_words")
    while text:
        for length in (3, 2, 1):
            if text[:length] in trade_words:
                text = text[length:]
                break
        else:
            return False
    return True


def company_core(name: str) -> str:
    """Return the part of the name people say: "苏州博远精密机械有限公司" gives "博远精密机械"."""
    text = fold_width(clean_line(name))
    if not has_han(text):
        words = text.split()
        while len(words) > 1 and words[-1].lower().strip(".,") in word_list("latin_forms"):
            words.pop()
        return " ".join(words).rstrip(",.")
    text = _BRACKETS.sub(_inside_brackets, text).replace(" ", "")
    bare = text if text.endswith(BRANCH_WORDS) else _without_form(text)
    return _without_place(bare) or text


def fold_person(name: str) -> str:
    """Return the key by which two spellings of one person's name are equal."""
    text = name
    while True:
        # Dropping a sign can bring an accent to its letter, so each round cleans again.
        folded = _fold_person_once(clean_line(text.lower()).translate(_key_table()))
        if folded == text:
            return folded
        text = folded


def _fold_person_once(text: str) -> str:
    if not has_han(text):
        return " ".join(text.translate(_SPACED).split())
    text = text.translate(_DROP)
    for title in TITLES:
        if len(text) > len(title) and text.endswith(title):
            return text[: -len(title)]
    return text


def surname(name: str) -> str:
    """Return the family name, empty when there is none to be seen."""
    text = fold_width(clean_line(name))
    if not text:
        return ""
    if has_han(text):
        han = text.replace(" ", "")
        if "·" in han:  # 阿不都·热合曼: names of this form hold no family name
            return ""
        return han[:2] if han[:2] in word_list("compound_surnames") and len(han) > 2 else han[:1]
    before, comma, _after = text.partition(",")
    if comma:
        return before.strip()
    words = text.split()
    chinese = words[0].lower() in word_list("pinyin_surnames") and words[
        -1
    ].lower() not in word_list("pinyin_surnames")
    return words[0] if chinese else words[-1]


def looks_like_person(text: str) -> bool:
    """Tell whether a short name begins with a family name: 王伟, 欧阳娜; not 博远."""
    if not (2 <= len(text) <= 4 and has_han(text)):
        return False
    return text[0] in _COMMON_SURNAMES or text[:2] in word_list("compound_surnames")


# Common family names. A choice of the product, from no register: rules that ask only suggest.
_COMMON_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭"
    "陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文"
)
