"""Rules about how one value is written: width, spaces, signs, letters for digits, legal forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rapidfuzz.distance import Levenshtein

from keqiao.base.names import TITLES, surname
from keqiao.base.pinyin import full_pinyin
from keqiao.base.text import fold_width, has_han
from keqiao.catalog.kinds.base import REPAIRS
from keqiao.catalog.kinds.roles import Role
from keqiao.catalog.problems import FieldProblem
from keqiao.quality.cleaning.knowledge import COMMON_MAIL_HOSTS
from keqiao.quality.cleaning.proposal import RecordView, Repair, is_readable

if TYPE_CHECKING:
    from keqiao.catalog.field import Field

# What people write into a field they must not leave empty.
PLACEHOLDERS = frozenset(
    "无 暂无 没有 未知 不详 未填 待补充 待定 空 同上 测试 test null none nil n/a na - -- --- / . 。 ? ？"  # noqa: SIM905
    " x xx xxx 0 00 000 13800000000 13800138000 11111111111 00000000000 13000000000 13888888888"
    " 12345678901".split()
)
_SAID_OF_NUMBERS = frozenset({Role.PHONE, Role.EMAIL, Role.USCC, Role.RESIDENT_ID, Role.DATE})
# Repairs of the kinds that guess at what was meant rather than change how it is written.
_GUESSES = frozenset({"choice_name", "month_first", "day_first", "time_dropped", "midnight"})
_HAN_GAP = re.compile(r"(?<=[\u4e00-\u9fff）)])[ \u3000]+(?=[\u4e00-\u9fff（(])")
_DIGIT_LETTERS = str.maketrans(
    {"O": "0", "o": "0", "〇": "0", "l": "1", "I": "1", "|": "1", "ｏ": "0", "Ｏ": "0"}
)
_LETTERED_NUMBER = re.compile(r"^\+?[0-9OolI|〇Ｏｏ()（）\- ]+$")
_LEGAL_FORMS = ("有限公司", "有限责任公司", "股份有限公司")
_SHORTEST_CORE = 4


def placeholders(view: RecordView) -> Iterator[Repair]:
    """Empty 无, test and 13800000000 where a number, a code or a date belongs."""
    for name, one in view.fields.items():
        if one.kind.matches_as in _SAID_OF_NUMBERS and not one.required:
            text = fold_width(view.text(name)).lower()
            if text in PLACEHOLDERS:
                yield Repair(
                    {name: ""},
                    format_lazy(
                        _("“{text}” says nothing; nobody can be reached by it."), text=text
                    ),
                )


def written_form(view: RecordView) -> Iterator[Repair]:
    """Take the form in which the field keeps a value: width, spaces, +86, case, O and I in codes."""
    for name, one in view.fields.items():
        raw = view.values.get(name)
        value = view.read(name)
        if value is None or isinstance(value, FieldProblem):
            continue
        code = one.kind.repair(raw, value, one)
        after = one.kind.text(value, one)
        if code and after != raw:
            yield Repair({name: after}, REPAIRS.get(code, code), 0.9 if code in _GUESSES else 1.0)


def inner_spaces(view: RecordView) -> Iterator[Repair]:
    """Join what a copied licence or a column of a scan has torn apart: 博远 科技有限 公司."""
    for name in view.named(Role.COMPANY):
        text = view.text(name)
        joined = _HAN_GAP.sub("", text)
        if joined != text:
            yield Repair({name: joined}, _("Chinese company names have no spaces."))


def digit_letters(view: RecordView) -> Iterator[Repair]:
    """Read O as 0 and l as 1 in a telephone number that is one only then."""
    for name in view.named(Role.PHONE):
        text = view.text(name)
        if view.is_wrong(name) and _LETTERED_NUMBER.match(text):
            after = text.translate(_DIGIT_LETTERS)
            if after != text and is_readable(view.fields[name], after):
                yield Repair(
                    {name: _shown(view.fields[name], after)},
                    _("With the digits 0 and 1 it is a number."),
                )


def mail_signs(view: RecordView) -> Iterator[Repair]:
    """Put right what a thumb does to a mail address: a comma for the point, two @, a space."""
    for name in view.named(Role.EMAIL):
        if not view.is_wrong(name):
            continue
        text = fold_width(view.text(name)).replace("。", ".")
        after = re.sub(r"\s+", "", text)
        after = re.sub(r"[@＠]{2,}", "@", after).replace(",", ".").replace("，", ".")
        after = re.sub(r"\.{2,}", ".", after).replace("@.", "@").replace(".@", "@").strip(".;:")
        if after != text and after.count("@") == 1 and is_readable(view.fields[name], after):
            host = after.rpartition("@")[2].lower()
            is_usual = host in COMMON_MAIL_HOSTS or view.knowledge.mail_hosts[host] > 1
            is_plain = re.sub(r"\s+", "", text).replace(",", ".") == after or text.count("@") > 1
            evidence = format_lazy(_("With other signs it is an address at {host}."), host=host)
            yield Repair(
                {name: _shown(view.fields[name], after)},
                evidence,
                1.0 if is_usual or is_plain else 0.9,
            )


def legal_form(view: RecordView) -> Iterator[Repair]:
    """Complete or correct a legal form that no register knows: 有限公师, 有限公."""
    for name in view.named(Role.COMPANY):
        text = view.text(name)
        if not has_han(text) or text.endswith(
            ("公司", "厂", "店", "中心", "所", "行", "社", "院", "部", "处")
        ):
            continue
        for form in _LEGAL_FORMS:
            for length in (len(form), len(form) - 1):
                tail, head = text[-length:], text[:-length]
                if len(head) >= _SHORTEST_CORE and _is_slip(tail, form):
                    evidence = format_lazy(
                        _("“{tail}” is no legal form, “{form}” is one."), tail=tail, form=form
                    )
                    yield Repair(
                        {name: head + form},
                        evidence,
                        1.0 if _sounds(tail) == _sounds(form) else 0.95,
                    )
                    return


def _is_slip(tail: str, form: str) -> bool:
    return tail[:1] == form[:1] and Levenshtein.distance(tail, form, score_cutoff=1) == 1


def _sounds(text: str) -> list[str]:
    return full_pinyin(text)


def title_in_name(view: RecordView) -> Iterator[Repair]:
    """Take 先生 and 经理 off a name of which enough is left."""
    for name in view.named(Role.PERSON):
        text = view.text(name)
        for title in TITLES:
            bare = text.removesuffix(title)
            if bare != text and len(title) > 1 and len(bare) >= 2 and surname(bare):
                yield Repair(
                    {name: bare}, format_lazy(_("“{title}” is a title, not a name."), title=title)
                )
                break


def _shown(one: Field, raw: Any) -> str:
    return one.kind.text(one.kind.clean(raw, one), one)
