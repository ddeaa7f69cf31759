"""Forty ways in which a second entry of a customer differs from the first."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from keqiao.base.pinyin import full_pinyin
from keqiao.base.text import DATA, simplified_table
from tests.quality.truth.entities import BRAND, FORMS, GIVEN, STREETS, TRADES, Customer

Corruption = Callable[[Customer, random.Random], Customer]
DIGITS = "〇一二三四五六七八九"


@cache
def _traditional() -> dict[int, str]:
    table: dict[int, str] = {}
    for traditional, simple in simplified_table().items():
        table.setdefault(ord(simple), chr(traditional))
    return table


@cache
def _homophones() -> dict[str, str]:
    usual = set(BRAND + GIVEN + "".join(TRADES) + "".join(STREETS))
    found: dict[str, str] = {}
    for line in (DATA / "pinyin.txt").read_text(encoding="utf-8").splitlines():
        _syllable, signs = line.split(" ")
        group = [sign for sign in signs if sign in usual] + list(signs[:6])
        for sign in group:
            found[sign] = "".join(group)
    return found


def _wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def _at(text: str, dice: random.Random) -> int:
    return dice.randrange(len(text)) if text else 0


def _drop(text: str, dice: random.Random) -> str:
    at = _at(text, dice)
    return text[:at] + text[at + 1 :] if len(text) > 2 else text


def _swap(text: str, dice: random.Random) -> str:
    if len(text) < 3:
        return text
    at = dice.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _sound(text: str, dice: random.Random) -> str:
    if not text:
        return text
    at = _at(text, dice)
    others = _homophones().get(text[at], text[at])
    return text[:at] + dice.choice(others) + text[at + 1 :]


def _other_digit(text: str, dice: random.Random) -> str:
    places = [at for at, sign in enumerate(text) if sign.isdigit()]
    if not places:
        return text
    at = dice.choice(places)
    return text[:at] + str((int(text[at]) + dice.randint(1, 9)) % 10) + text[at + 1 :]


def _letter(text: str, dice: random.Random) -> str:
    if not text:
        return text
    at = _at(text, dice)
    return text[:at] + dice.choice("abcdefghijklmnopqrstuvwxyz") + text[at + 1 :]


def _company(change: Callable[[Customer, random.Random], str]) -> Corruption:
    def changed(one: Customer, dice: random.Random) -> Customer:
        return replace(one, name=change(one, dice)) if one.kind == "company" else one

    return changed


def _field(name: str, change: Callable[[str, random.Random], str]) -> Corruption:
    def changed(one: Customer, dice: random.Random) -> Customer:
        value = getattr(one, name)
        return replace(one, **{name: change(value, dice)}) if value else one

    return changed


def _mobile(dice: random.Random) -> str:
    return dice.choice(("133", "155", "176", "185", "199")) + f"{dice.randrange(10**8):08d}"


def _without_form(one: Customer) -> str:
    return one.name.removesuffix(one.form) if one.form else one.name


def _numerals(text: str, _dice: random.Random) -> str:
    head, sign, tail = text.partition("路")
    return head + sign + "".join(DIGITS[int(c)] if c.isascii() and c.isdigit() else c for c in tail)


def _abridged(text: str, _dice: random.Random) -> str:
    for mark in ("区", "县", "市", "州"):
        if mark in text[:-6]:
            return text[text.rindex(mark, 0, len(text) - 6) + 1 :]
    return text


def _swapped_columns(one: Customer, dice: random.Random) -> Customer:
    if one.kind == "company" and dice.random() < 0.5:
        return replace(one, name=one.contact or one.name, contact=one.name)
    return replace(one, phone=one.email, email=one.phone)


def _title(one: Customer, dice: random.Random) -> Customer:
    title = dice.choice(("先生", "女士", "总", "经理"))
    if one.kind == "person":
        return replace(one, name=one.name + title)
    return replace(one, contact=one.contact + title)


CORRUPTIONS: dict[str, Corruption] = {
    "name_traditional": _field("name", lambda t, _d: t.translate(_traditional())),
    "name_wide": _field("name", lambda t, _d: _wide(t).replace(" ", "　")),
    "name_homophone": _field("name", _sound),
    "name_dropped": _field("name", _drop),
    "name_swapped": _field("name", _swap),
    "name_blanks": _field(
        "name", lambda t, d: t[:2] + " " + t[2:] if d.random() < 0.7 else f" {t} "
    ),
    "name_signs": _field("name", lambda t, d: t + d.choice(("。", "*", "（新）", "-"))),
    "form_dropped": _company(lambda one, _d: _without_form(one)),
    "form_changed": _company(lambda one, d: _without_form(one) + d.choice(FORMS)),
    "city_in_brackets": _company(lambda one, _d: f"{one.brand}{one.trade}（{one.city}）{one.form}"),
    "city_dropped": _company(lambda one, _d: f"{one.brand}{one.trade}{one.form}"),
    "city_with_shi": _company(lambda one, _d: f"{one.city}市{one.brand}{one.trade}{one.form}"),
    "brand_and_trade": _company(lambda one, _d: one.brand + one.trade),
    "brand_only": _company(lambda one, _d: one.city + one.brand),
    "trade_changed": _company(lambda one, d: f"{one.city}{one.brand}{d.choice(TRADES)}{one.form}"),
    "name_pinyin": _field("name", lambda t, _d: " ".join(full_pinyin(t)).title()),
    "title_added": _title,
    "contact_changed": _field("contact", lambda t, d: t[0] + d.choice(GIVEN) + d.choice(GIVEN)),
    "contact_homophone": _field("contact", _sound),
    "contact_empty": _field("contact", lambda _t, _d: ""),
    "phone_plus": _field("phone", lambda t, d: d.choice(("+86", "+86 ", "0086-", "86")) + t),
    "phone_blanks": _field("phone", lambda t, _d: f"{t[:3]} {t[3:7]} {t[7:]}"),
    "phone_dashes": _field("phone", lambda t, _d: f"({t[:3]}){t[3:7]}-{t[7:]}"),
    "phone_wide": _field("phone", lambda t, _d: _wide(t)),
    "phone_digit": _field("phone", _other_digit),
    "phone_swapped": _field("phone", _swap),
    "phone_short": _field("phone", lambda t, _d: t[:-1]),
    "phone_new": _field("phone", lambda _t, d: _mobile(d)),
    "phone_empty": _field("phone", lambda _t, _d: ""),
    "mail_capitals": _field("email", lambda t, _d: t.upper()),
    "mail_local": _field(
        "email", lambda t, d: _letter(t.split("@")[0], d) + "@" + t.split("@")[-1]
    ),
    "mail_domain": _field("email", lambda t, _d: t.replace(".com", ".con").replace("163", "136")),
    "mail_empty": _field("email", lambda _t, _d: ""),
    "address_abridged": _field("address", _abridged),
    "address_numerals": _field("address", _numerals),
    "address_no_room": _field("address", lambda t, _d: t.split("号")[0] + "号"),
    "address_moved": _field(
        "address", lambda t, d: t[:9] + d.choice(STREETS) + f"{d.randint(1, 999)}号"
    ),
    "uscc_letters": _field("uscc", lambda t, _d: t.replace("0", "O", 1).replace("1", "I", 1)),
    "uscc_sign": _field("uscc", _other_digit),
    "columns_swapped": _swapped_columns,
}
# Two mixtures: rules and weights are set looking at the first, and judged by the second.
TUNED_ON = dict.fromkeys(CORRUPTIONS, 1.0) | {"columns_swapped": 0.3, "name_pinyin": 0.4}
JUDGED_BY = {
    name: 0.4 + 1.9 * ((at * 37) % 11) / 10 for at, name in enumerate(CORRUPTIONS)
} | {"columns_swapped": 0.4, "name_pinyin": 0.3}  # fmt: skip
COUNTS_TUNED = ((1, 2, 3, 4, 5), (30, 30, 20, 12, 8))
COUNTS_JUDGED = ((1, 2, 3, 4, 5, 6), (20, 34, 24, 14, 6, 2))
