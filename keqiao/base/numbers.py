"""Plain numbers as people write them in forms and sheets, without guessing at unclear ones."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NoReturn

from django.utils.translation import gettext_lazy as _

from keqiao.base.problems import Problem
from keqiao.base.text import fold_width

# The largest whole number that JSON readers keep exactly.
LARGEST = 2**53 - 1


class NumberProblem(Problem):
    """A text that is no number, or more than one."""


UNITS = {
    "十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000, "亿": 100_000_000,
    "億": 100_000_000,
    "十万": 100_000, "百万": 1_000_000, "千万": 10_000_000, "百亿": 10_000_000_000,
    "十亿": 1_000_000_000, "千亿": 100_000_000_000, "万亿": 10**12,
    "k": 1000, "w": 10_000, "m": 1_000_000, "mn": 1_000_000, "bn": 10**9, "b": 10**9,
}  # fmt: skip
_CHINESE = dict(zip("〇零一二三四五六七八九", (0, 0, *range(1, 10)), strict=True)) | {
    "○": 0, "两": 2, "壹": 1, "贰": 2, "貳": 2, "叁": 3, "參": 3, "肆": 4, "伍": 5, "陆": 6,
    "陸": 6,
    "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_GROUPS = {"万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8}
_CHINESE_NUMBER = re.compile(f"[{''.join(_CHINESE)}{''.join(_TENS)}{''.join(_GROUPS)}]+")

_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>\d{1,3}(?:,\d{3})+|\d+)?(?P<fraction>\.\d*)?"
    r"(?P<unit>[十百千万萬亿億]{1,2}|mn|bn|[kwmb])?",
    re.IGNORECASE | re.ASCII,  # \d without the digits of other scripts
)
SIGNS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "、": ","})


def parse_decimal(raw: str | int | float | Decimal) -> Decimal:
    """Return the exact number behind "1,234.50", "1.2万", "(35)" or "壹万贰仟"."""
    if isinstance(raw, bool):
        _refuse("not_a_number", _("This is a yes or no, not a number. Enter a number."))
    if isinstance(raw, (int, float, Decimal)):
        number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
        if not number.is_finite():
            _refuse("not_a_number", _("This is not a number. Enter digits."))
        return _bounded(number)
    return _bounded(_parse_text(raw))


def _parse_text(raw: str) -> Decimal:
    if len(raw) > 80:
        _refuse("not_a_number", _("This is too long for a number. Enter digits only."))
    text = re.sub(r"\s", "", fold_width(raw)).translate(SIGNS)
    if not text:
        _refuse("empty", _("There is no number here. Enter digits."))
    negative = text.startswith("(") and text.endswith(")")
    if negative:
        text = text[1:-1]
    found = _NUMBER.fullmatch(text)
    if found and (found["digits"] or (found["fraction"] or "").strip(".")):
        digits = (found["digits"] or "0").replace(",", "") + (found["fraction"] or "")
        number = Decimal(digits.rstrip(".")) * _unit(found["unit"])
        return -number if negative or found["sign"] == "-" else number
    if _CHINESE_NUMBER.fullmatch(text):
        value = parse_chinese(text)
        return Decimal(-value if negative else value)
    if re.fullmatch(r"[+-]?[0-9,.]+", text):
        _refuse(
            "grouping",
            _("The commas and points of this number are unclear. Write it like 1234.50."),
        )
    _refuse("not_a_number", _("This is not a number. Enter digits, for example 1234.50."))


def _unit(unit: str | None) -> int:
    if not unit:
        return 1
    factor = UNITS.get(unit.lower())
    if factor is None:
        _refuse("not_a_number", _("This is not a number. Enter digits, for example 1234.50."))
    return factor


def _bounded(number: Decimal) -> Decimal:
    if abs(number) > LARGEST:
        _refuse(
            "too_large", _("This number is too large to be kept. Check the digits and the unit.")
        )
    return number


def parse_chinese(text: str) -> int:
    """Return the number written in Chinese numerals: 一万二千, 壹佰零五, 二〇二六."""
    if not any(char in _TENS or char in _GROUPS for char in text):
        return int("".join(str(_CHINESE[char]) for char in text))
    total = section = digit = 0
    for char in text:
        if char in _CHINESE:
            digit = _CHINESE[char]
        elif char in _TENS:
            section += (digit or 1) * _TENS[char]
            digit = 0
        else:
            # 一万亿 multiplies what stands before; 一亿二千万 adds to it.
            group = _GROUPS[char]
            value = section + digit
            total = (total + value) * group if total < group else total + value * group
            section = digit = 0
    return total + section + digit


def parse_integer(raw: str | int | float | Decimal) -> int:
    """Return the whole number; one with a fraction is refused, not rounded."""
    number = parse_decimal(raw)
    if number != number.to_integral_value():
        _refuse(
            "not_whole", _("Only a whole number fits here. Leave out the part after the point.")
        )
    return int(number)


def parse_percent(raw: str | int | float | Decimal) -> int:
    """Return hundredths of a percent: "12.5%", "12.5" and 12.5 all give 1250."""
    factor = Decimal(100)
    if isinstance(raw, str):
        text = fold_width(raw).strip()
        if text.startswith("百分之"):
            text = text[3:]
        elif text.endswith("‰"):
            text, factor = text[:-1], Decimal(10)
        raw = text.removesuffix("%").removesuffix("百分点").strip()
    points = parse_decimal(raw) * factor
    if points != points.to_integral_value():
        _refuse("too_precise", _("A percentage has at most two digits after the point. Round it."))
    return int(points)


def _refuse(code: str, message: Any) -> NoReturn:
    raise NumberProblem(code, message)
