"""Words: short and long text, names of people and companies, street addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rapidfuzz.distance import JaroWinkler

from keqiao.base.names import LEGAL_FORMS, fold_company, fold_person
from keqiao.base.text import fold_width, to_simplified
from keqiao.catalog.kinds.base import MAX_RAW_LENGTH, FieldKind, as_text
from keqiao.catalog.kinds.roles import TEXT_LIKENESS, Likeness, Profiled, Role
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from random import Random

    from keqiao.catalog.field import Field

_JOINER = "\u200d"
_KEPT = "\ufdd0"  # stands for a joiner meanwhile; no text has this character
_EMOJI_JOINER = re.compile(
    "(?<=[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])"
)
# What people type where they know nothing, in each way of writing it.
_NOTHING = frozenset(
    form
    for word in (
        "无", "暂无", "没有", "未知", "不详", "不知道", "待定", "待补充", "测试", "空", "略",
        "-", "--", "---", "/", "\\", ".", "..", "...", "?", "？", "*", "0", "1", "00", "000", "111", "123",
        "1234", "n/a", "na", "none", "null", "nil", "unknown", "test", "tbd", "x", "xx", "xxx", "aaa",
        "abc", "asdf",
    )
    for form in (word, word.capitalize(), word.upper())
)  # fmt: skip
_SAMPLE_WORDS = ("云启", "博远", "山海", "粤通", "海曙", "胶东", "知行", "光谷", "鹭岛", "秦岭")


class TextKind(FieldKind):
    """One line of text."""

    key: ClassVar[str] = "text"
    matches_as = Role.TEXT
    label = _("Short text")
    operators: ClassVar[tuple[str, ...]] = (
        "equals",
        "not_equals",
        "contains",
        "starts_with",
        "any_of",
        "has_shape",
        "has_length",
        "is_empty",
        "is_filled",
    )
    clustered_by: ClassVar[tuple[Likeness, ...]] = TEXT_LIKENESS
    empty = ""
    searchable = "text"
    placeholders = _NOTHING
    default_length: ClassVar[int] = 200

    def clean(self, raw: Any, field: Field) -> str:
        text = self.tidy(as_text(raw))
        limit = field.max_length or self.default_length
        if len(text) > limit:
            raise FieldProblem(
                _("This text has %(length)s characters; at most %(limit)s fit. Please shorten it.")
                % {"length": len(text), "limit": limit},
                "too_long",
            )
        return text

    def tidy(self, text: str) -> str:
        return " ".join(text.split())

    def normalise(self, value: Any) -> str:
        return fold_width(str(value)).casefold().replace(" ", "")

    def mask(self, value: Any, field: Field) -> str:
        return f"{value[0]}***" if value else ""

    def fullness(self, value: Any) -> int:
        return len(value or "")

    def likeness(self, a: Any, b: Any) -> float:
        return float(JaroWinkler.similarity(self.normalise(a), self.normalise(b)))

    def sample(self, rng: Random, field: Field) -> Any:
        limit = field.max_length or self.default_length
        return f"{rng.choice(_SAMPLE_WORDS)}{rng.randrange(10_000)}"[:limit]

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "maxLength": field.max_length or self.default_length}


class LongTextKind(TextKind):
    """Several lines of text."""

    key = "long_text"
    matches_as = Role.NONE
    label = _("Long text")
    operators = ("contains", "has_length", "is_empty", "is_filled")
    profiled_as = Profiled.REMARKS
    clustered_by = ()
    default_length = MAX_RAW_LENGTH
    searchable = ""

    def clean(self, raw: Any, field: Field) -> str:
        if isinstance(raw, str) and len(raw) <= MAX_RAW_LENGTH:
            lines = raw.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            text = "\n".join(_with_emoji_joined(line) for line in lines).strip("\n")
        else:
            text = as_text(raw)
        limit = field.max_length or self.default_length
        if len(text) > limit:
            raise FieldProblem(
                _("This text has %(length)s characters; at most %(limit)s fit. Please shorten it.")
                % {"length": len(text), "limit": limit},
                "too_long",
            )
        return text


def _with_emoji_joined(line: str) -> str:
    """Clean a line but keep the joiners inside emoji: 👨‍👩‍👧 is a family, not three people."""
    if _JOINER not in line:
        return as_text(line)
    kept = _EMOJI_JOINER.sub(_KEPT, line.replace(_KEPT, ""))
    return as_text(kept).replace(_KEPT, _JOINER)


class PersonNameKind(TextKind):
    """The name of a person."""

    key = "person_name"
    matches_as = Role.PERSON
    label = _("Person name")
    default_length = 80

    def is_plausible(self, value: Any) -> bool:
        return value[:1].isalpha() and not any(char.isdigit() or char == "@" for char in value)

    def tidy(self, text: str) -> str:
        text = fold_width(text)
        parts = text.split()
        # "王 小明" is typing habit; "John Smith" needs its space.
        joined = " ".join(parts)
        return joined if joined.isascii() else "".join(parts) if len(joined) <= 8 else joined

    def normalise(self, value: Any) -> str:
        return fold_person(str(value))

    def mask(self, value: Any, field: Field) -> str:
        return f"{value[0]}{'*' * min(max(len(value) - 1, 1), 2)}" if value else ""

    def sample(self, rng: Random, field: Field) -> Any:
        return rng.choice("李王张刘陈杨赵黄周吴") + rng.choice("伟芳娜敏静磊强洋艳勇杰涛明超")


class CompanyNameKind(TextKind):
    """The name of a company, as on its business licence."""

    key = "company_name"
    matches_as = Role.COMPANY
    label = _("Company name")
    shape_words = LEGAL_FORMS
    clustered_by = (Likeness.CORE, *TEXT_LIKENESS)

    def is_plausible(self, value: Any) -> bool:
        return any(char.isalpha() for char in value) and "@" not in value

    def tidy(self, text: str) -> str:
        text = " ".join(fold_width(text).split())
        if text.isascii():
            return text
        # Chinese names are written with full-width brackets on the licence.
        return text.replace("(", "（").replace(")", "）")

    def normalise(self, value: Any) -> str:
        return fold_company(str(value))

    def exact(self, value: Any) -> str:
        # Place and legal form stay: 苏州云启 and 杭州云启 are two companies.
        folded = to_simplified(fold_width(str(value))).casefold()
        return "".join(char for char in folded if char.isalnum())

    def sample(self, rng: Random, field: Field) -> Any:
        city = rng.choice(("苏州", "杭州", "成都", "广州", "青岛", "武汉"))
        return f"{city}{rng.choice(_SAMPLE_WORDS)}{rng.randrange(100_000)}科技有限公司"


class AddressKind(TextKind):
    """Street and number; province, city and district have a field of their own."""

    key = "address"
    matches_as = Role.ADDRESS
    label = _("Address")
    default_length = 300
    searchable = ""

    def is_plausible(self, value: Any) -> bool:
        return any(char.isalpha() for char in value) and "@" not in value

    def tidy(self, text: str) -> str:
        return " ".join(fold_width(text).split())

    def mask(self, value: Any, field: Field) -> str:
        return f"{value[:4]}****" if value else ""

    def sample(self, rng: Random, field: Field) -> Any:
        return f"人民路{rng.randrange(1, 999)}号"
