"""Amounts of money in whole minor units (fen, cents), so that no sum ever drifts by a rounding."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NoReturn

from django.utils.translation import gettext_lazy as _

from keqiao.base.numbers import SIGNS, NumberProblem, parse_decimal
from keqiao.base.problems import Problem
from keqiao.base.text import fold_width


class MoneyProblem(Problem):
    """A text that is no amount in the currency asked for."""


# ISO 4217: currencies whose minor unit is not the hundredth.
_DIGITS = {
    **dict.fromkeys(("JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "RWF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
_SYMBOLS = {
    "CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "TWD": "NT$", "MOP": "MOP$",
    "JPY": "JP¥", "KRW": "₩", "SGD": "S$", "AUD": "A$", "CAD": "C$", "INR": "₹", "THB": "฿",
    "VND": "₫", "RUB": "₽",
}  # fmt: skip
CURRENCIES = tuple(_SYMBOLS)  # what a company can choose for an amount
# How an amount names its currency; ¥ stands for yuan and for yen.
_MARKS: dict[str, tuple[str, ...]] = {
    "人民币": ("CNY",), "rmb": ("CNY",), "元": ("CNY",), "圆": ("CNY",), "块": ("CNY",),
    "块钱": ("CNY",),
    "¥": ("CNY", "JPY"), "美元": ("USD",), "美金": ("USD",), "us$": ("USD",),
    "$": ("USD", "HKD", "TWD", "SGD", "AUD", "CAD", "MOP"), "欧元": ("EUR",), "€": ("EUR",),
    "英镑": ("GBP",), "£": ("GBP",), "港元": ("HKD",), "港币": ("HKD",), "hk$": ("HKD",),
    "nt$": ("TWD",), "新台币": ("TWD",), "台币": ("TWD",), "日元": ("JPY",), "円": ("JPY",),
    "jp¥": ("JPY",),
    "₩": ("KRW",), "韩元": ("KRW",), "s$": ("SGD",), "新加坡元": ("SGD",), "澳元": ("AUD",),
    "a$": ("AUD",),
    "加元": ("CAD",), "c$": ("CAD",), "澳门元": ("MOP",), "mop$": ("MOP",), "卢布": ("RUB",),
    "₽": ("RUB",),
    "₹": ("INR",), "฿": ("THB",), "₫": ("VND",),
}  # fmt: skip
_ISO = re.compile(
    r"(?<![a-z])(?:cny|usd|eur|gbp|hkd|twd|mop|jpy|krw|sgd|aud|cad|inr|thb|vnd|rub|kwd|bhd)(?![a-z])"
)
_MARKS_LONGEST_FIRST = sorted(_MARKS, key=len, reverse=True)
_JIAO_FEN = re.compile(
    r"(?:(\d)角|([零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖])角)?零?(?:(\d)分|([一二三四五六七八九壹贰叁肆伍陆柒捌玖])分)?"
)
_SMALL = dict(zip("零一二三四五六七八九", range(10), strict=True)) | dict(
    zip("〇壹贰叁肆伍陆柒捌玖", range(10), strict=True)
)
# Largest amount kept: 90 trillion yuan, and exact in every JSON reader.
LARGEST_MINOR = 2**53 - 1


def minor_digits(currency: str) -> int:
    """Return how many digits the currency has after the point."""
    return _DIGITS.get(currency, 2)


def parse_money(raw: str | int | float | Decimal, currency: str = "CNY") -> int:
    """Return the amount in minor units of the currency."""
    digits = minor_digits(currency)
    number = _parse_text(raw, currency) if isinstance(raw, str) else _decimal(raw)
    scaled = number.scaleb(digits)
    whole = scaled.to_integral_value(ROUND_HALF_UP)
    # Cells computed in binary floating point carry dust such as 0.30000000000000004.
    if whole != scaled and not (isinstance(raw, float) and abs(whole - scaled) < Decimal("0.0001")):
        if digits:
            _refuse(
                "too_precise",
                _("This amount is finer than the smallest coin of its currency. Round it."),
            )
        _refuse(
            "too_precise", _("Amounts in this currency have no digits after the point. Round it.")
        )
    if abs(whole) > LARGEST_MINOR:
        _refuse(
            "too_large", _("This amount is too large to be kept. Check the digits and the unit.")
        )
    return int(whole)


def _decimal(raw: str | int | float | Decimal) -> Decimal:
    try:
        return parse_decimal(raw)
    except NumberProblem as problem:
        messages = {
            "empty": _("There is no amount here. Enter a number."),
            "grouping": _(
                "The commas and points of this amount are unclear. Write it like 1234.50."
            ),
            "too_large": _("This amount is too large to be kept. Check the digits and the unit."),
        }
        other = _("This is not an amount of money. Enter a number, for example 1234.50 or 12k.")
        raise MoneyProblem(problem.code, messages.get(problem.code, other)) from None


def _parse_text(raw: str, currency: str) -> Decimal:
    if len(raw) > 100:
        _refuse(
            "not_a_number",
            _("This is not an amount of money. Enter a number, for example 1234.50 or 12k."),
        )
    text = re.sub(r"\s", "", fold_width(raw)).lower().translate(SIGNS)
    if text.startswith("(") and text.endswith(")"):  # how accountants write what is owed
        text = "-" + text[1:-1].removeprefix("-")
    text = text.removesuffix("整").removesuffix("正")
    small = Decimal(0)
    for yuan in ("元", "圆", "块"):
        head, found, tail = text.partition(yuan)
        if found and tail:
            coins = _JIAO_FEN.fullmatch(tail)
            if coins and currency == "CNY":
                jiao, fen = coins[1] or coins[2] or "0", coins[3] or coins[4] or "0"
                small = Decimal(10 * _digit(jiao) + _digit(fen)) / 100
                text = head + found
    text = _strip_currency(text, currency)
    amount = _decimal(text)
    return amount - small if amount < 0 else amount + small


def _digit(char: str) -> int:
    return int(char) if char.isascii() else _SMALL[char]


def _strip_currency(text: str, currency: str) -> str:
    """Take off the currency's marks; refuse an amount that names another currency."""
    found = _ISO.search(text)
    if found:
        if found[0].upper() != currency:
            _refuse_currency()
        text = text[: found.start()] + text[found.end() :]
    sign = text[:1] if text[:1] in "+-" else ""
    text = text[len(sign) :]
    for mark in _MARKS_LONGEST_FIRST:
        if text.startswith(mark) or text.endswith(mark):
            if currency not in _MARKS[mark]:
                _refuse_currency()
            text = text.removeprefix(mark).removesuffix(mark)
            break
    return sign + text.removesuffix("元") if currency == "CNY" else sign + text


def _refuse_currency() -> NoReturn:
    _refuse(
        "currency",
        _("This amount names another currency. Enter it in the currency of this record."),
    )


def _refuse(code: str, message: Any) -> NoReturn:
    raise MoneyProblem(code, message)


def _symbol(currency: str) -> str:
    return _SYMBOLS.get(currency) or f"{currency} "


def format_money(minor: int, currency: str = "CNY") -> str:
    """Return the exact amount: "¥1,234.50"."""
    digits = minor_digits(currency)
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**digits)
    fraction = f".{rest:0{digits}d}" if digits else ""
    return f"{sign}{_symbol(currency)}{whole:,}{fraction}"


def short_money(minor: int, currency: str = "CNY", lang: str = "zh") -> str:
    """Return the amount for a tile or a board card: "¥123.5万" or "¥1.2M"."""
    sign = "-" if minor < 0 else ""
    amount = Decimal(abs(minor)).scaleb(-minor_digits(currency))
    if lang.startswith("zh"):
        steps = ((Decimal(10) ** 12, "万亿"), (Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"))
    else:
        steps = ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K"))
    for index, (step, unit) in enumerate(steps):
        shown = (amount / step).quantize(Decimal("0.1"), ROUND_HALF_UP)
        if shown >= 1 and amount >= step * Decimal("0.99995"):
            if index and shown * step >= steps[index - 1][0]:  # 9999.99万 rounds to 1亿
                step, unit = steps[index - 1]
                shown = (amount / step).quantize(Decimal("0.1"), ROUND_HALF_UP)
            return f"{sign}{_symbol(currency)}{_plain(shown)}{unit}"
    return f"{sign}{_symbol(currency)}{amount.quantize(Decimal(1), ROUND_HALF_UP):,}"


def _plain(number: Decimal) -> str:
    return f"{number:,}".removesuffix(".0")
