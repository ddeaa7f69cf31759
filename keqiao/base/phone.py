"""Telephone numbers in one written form, so that nobody is called twice under two spellings."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, NoReturn

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from keqiao.base.problems import Problem
from keqiao.base.text import DATA

Kind = Literal["mobile", "landline", "service", "foreign"]


class PhoneProblem(Problem):
    """A telephone number nobody could dial."""


@dataclass(slots=True, unsafe_hash=True)
class Phone:
    """A dialable number; `stored` is the form kept in the database."""

    e164: str
    kind: Kind
    extension: str = ""

    @property
    def stored(self) -> str:
        return f"{self.e164};ext={self.extension}" if self.extension else self.e164


@dataclass(frozen=True, slots=True)
class AreaCode:
    """A landline area code with the lengths its numbers have and the regions it serves."""

    code: str
    lengths: tuple[int, ...]
    regions: tuple[str, ...]


# Number ranges of the Chinese mobile networks, as in libphonenumber's metadata.
MOBILE_PREFIXES = frozenset(
    [f"1{a}{b}" for a in "38" for b in "0123456789"]
    + [f"14{b}" for b in "57"]
    + [f"1{a}{b}" for a in "59" for b in "012356789"]
    + [f"16{b}" for b in "2567"]
    + [f"17{b}" for b in "01235678"]
)
_SATELLITE = re.compile(r"1(?:610|740[0-5])\d+")
_HOTLINE = re.compile(r"(?:95\d{3,4}|96\d{3,4}|100\d{2}|1[12]\d{3})")

_SEPARATORS = " \t\n\r\u00a0\u2002\u2003\u2009\u3000-‐‑‒–—―−－ー_()（）[]［］【】.．·•"
_FOLD: dict[int, str | None] = dict.fromkeys(map(ord, _SEPARATORS))
_FOLD.update({ord("０") + n: str(n) for n in range(10)})
_FOLD.update({ord("＋"): "+", ord("／"): "/", ord("，"): ",", ord("；"): ";", ord("＃"): "#"})
# Characters that nobody sees but that arrive with a copied number (U+202A from contact apps).
_FOLD.update(
    dict.fromkeys((0x200B, 0x200C, 0x200D, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, 0xFEFF))
)

_EXTENSION = re.compile(
    r"^(.*?\d.*?)(?:转分机|转接|转|轉|分机号?|分機|;ext=|extension|extn?\.?|[x×#*])[:：]?(\d{1,6})$",
    re.IGNORECASE,
)
_DASHED_EXTENSION = re.compile(r"^(.*\d)[\s]*[-‐‑–—－,，][\s]*(\d{1,6})[\s)）]*$")
_SEVERAL = re.compile(r"[/、,;或和|]|\s{2,}|\n")
_LABEL = re.compile(
    r"^(?:(?:tel|phone|mobile|mob|fax)|电话|手机号?|联系电话|座机|固话|传真|热线)[:：.]?",
    re.IGNORECASE,
)


def parse_phone(raw: str) -> Phone:
    """Return the number behind any usual way to write it."""
    folded = raw.translate(_FOLD)
    # The three spellings that make up nearly all of any customer list, before anything slower.
    digits = folded[3:] if folded.startswith("+86") else folded
    if digits.isascii() and digits.isdigit():
        if len(digits) == 11 and digits[:3] in MOBILE_PREFIXES:
            return Phone("+86" + digits, "mobile")
        area = split_area(digits) if digits[0] == "0" and digits is folded else None
        if area is not None and _fits(area[0], area[1]):
            return Phone(f"+86{area[0].code[1:]}{area[1]}", "landline")
    if len(raw) > 100:
        _refuse("too_long", _("This is too long for a telephone number. Enter one number only."))
    return _parse_unusual(raw, _LABEL.sub("", folded))


def _parse_unusual(raw: str, folded: str) -> Phone:
    if not any(char.isdigit() for char in folded):
        if not folded:
            _refuse("empty", _("There is no number here. Enter a telephone number."))
        _refuse("no_digits", _("This is not a telephone number: it holds no digits."))
    found = _EXTENSION.match(folded)
    extension = ""
    if found:
        folded, extension = found.groups()
    if _SEVERAL.search(folded):
        folded, extension = _one_of_several(folded, extension)
    try:
        return _parse_number(folded, extension)
    except PhoneProblem as problem:
        dashed = None if extension else _DASHED_EXTENSION.match(raw)
        if dashed is None or problem.code not in {"too_long", "unknown"}:
            raise
        try:
            return _parse_number(
                _LABEL.sub("", dashed[1].translate(_FOLD)), dashed[2].translate(_FOLD)
            )
        except PhoneProblem:
            raise problem from None


def _one_of_several(folded: str, extension: str) -> tuple[str, str]:
    """Join "010/88886666", read ",806" as an extension, refuse two numbers in one field."""
    parts = [part for part in _SEVERAL.split(folded) if part]
    if len(parts) == 2 and not extension:
        first, second = parts
        if first in area_codes():
            return first + second, ""
        if second.isdigit() and len(second) <= 6 and len(first) >= 10:
            return first, second
    if len(parts) > 1:
        _refuse(
            "several",
            _("There are several numbers in this field. Enter each in a field of its own."),
        )
    return (parts or [""])[0], extension


def _parse_number(folded: str, extension: str) -> Phone:
    if not (folded.isascii() and folded.removeprefix("+").isdigit()):
        _refuse(
            "unknown", _("This is not a telephone number: it holds other characters than digits.")
        )
    if folded.startswith("00") and not folded.startswith("+"):
        folded = "+" + folded[2:]
    if folded.startswith("+86"):
        national = folded[3:]
        return _parse_chinese(national, extension, prefixed=True)
    if folded.startswith("+"):
        return _parse_foreign(folded, extension)
    if (
        folded.startswith("86")
        and len(folded) in {12, 13, 14}
        and _is_mobile(folded[2:].lstrip("0"))
    ):
        folded = folded[2:]
    return _parse_chinese(folded, extension, prefixed=False)


def _is_mobile(digits: str) -> bool:
    return len(digits) == 11 and (
        digits[:3] in MOBILE_PREFIXES or _SATELLITE.fullmatch(digits) is not None
    )


def _parse_chinese(digits: str, extension: str, *, prefixed: bool) -> Phone:
    if _is_mobile(digits):
        return Phone("+86" + digits, "mobile", extension)
    if digits.startswith("01") and _is_mobile(digits[1:]):  # the zero once dialled for other cities
        return Phone("+86" + digits[1:], "mobile", extension)
    if len(digits) == 10 and digits.startswith(("400", "800")):
        return Phone("+86" + digits, "service", extension)
    if _HOTLINE.fullmatch(digits):
        return Phone("+86" + digits, "service", extension)
    has_zero = digits.startswith("0")
    area = split_area(digits if has_zero else "0" + digits)
    # 2211297 is a local number that lacks its area code, not the hotline 11297 of area 022.
    is_whole = has_zero or prefixed or (area is not None and len(area[1]) in area[0].lengths)
    if area is not None and is_whole and _fits(area[0], area[1]):
        return Phone(f"+86{area[0].code[1:]}{area[1]}", "landline", extension)
    _refuse_chinese(digits, area if digits.startswith("0") or prefixed else None)


def _fits(area: AreaCode, subscriber: str) -> bool:
    if len(subscriber) in area.lengths:
        return subscriber[0] in "23456789"
    return _HOTLINE.fullmatch(subscriber) is not None


def _refuse_chinese(digits: str, area: tuple[AreaCode, str] | None) -> NoReturn:
    if len(digits) < 5:
        _refuse("too_short", _("This number is too short. Enter it with its area code."))
    if area is not None:
        expected = area[0].lengths[0]
        if len(area[1]) in area[0].lengths:
            _refuse(
                "unknown", _("No landline number starts like this. Check it with the customer.")
            )
        _refuse(
            "too_short" if len(area[1]) < expected else "too_long",
            format_lazy(
                _(
                    "Numbers with area code {area} have {expected} digits, this one has {found}. "
                    "Check it."
                ),
                area=area[0].code, expected=expected, found=len(area[1]),
            ),
        )  # fmt: skip
    if len(digits) in {7, 8} and digits[0] in "23456789":
        _refuse(
            "no_area_code",
            _("The area code is missing. Write it in front, for example 0512-62881234."),
        )
    if digits[0] == "1" and not digits.startswith("10"):
        if len(digits) == 11:
            _refuse(
                "unknown",
                _("No mobile network has numbers that start like this. Check the first digits."),
            )
        _refuse(
            "too_short" if len(digits) < 11 else "too_long",
            format_lazy(
                _("A mobile number has 11 digits, this one has {found}. Check it."),
                found=len(digits),
            ),
        )
    if len(digits) < 7:
        _refuse("too_short", _("This number is too short. Enter it with its area code."))
    if len(digits) > 12:
        _refuse("too_long", _("This number has too many digits. Enter one number only."))
    _refuse(
        "unknown",
        _("No such number exists in China. For a foreign number start with + and the country."),
    )


def _parse_foreign(folded: str, extension: str) -> Phone:
    import phonenumbers

    message = _("No such number exists in that country. Check the country code and the digits.")
    try:
        number = phonenumbers.parse(folded)
    except phonenumbers.NumberParseException:
        _refuse("foreign", message)
    if not phonenumbers.is_valid_number(number):
        _refuse("foreign", message)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(e164, "foreign", extension)


def _refuse(code: str, message: object) -> NoReturn:
    raise PhoneProblem(code, message)


@cache
def area_codes() -> dict[str, AreaCode]:
    """Return the landline area codes of China by their digits with the leading zero."""
    with (DATA / "area_codes.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["area_code"]: AreaCode(
                row["area_code"], tuple(map(int, row["digits"])), tuple(row["regions"].split())
            )
            for row in csv.DictReader(file)
        }


def area_regions(area_code: str) -> tuple[str, ...]:
    """Return the GB codes of the cities that an area code serves."""
    area = area_codes().get(area_code)
    return area.regions if area else ()


def split_area(national: str) -> tuple[AreaCode, str] | None:
    """Split a national number with its leading zero into area code and subscriber number."""
    codes = area_codes()
    for length in (3, 4):
        area = codes.get(national[:length])
        if area is not None:
            return area, national[length:]
    return None


def phone_regions(stored: str) -> tuple[str, ...]:
    """Return the GB codes that a stored landline number belongs to, empty for any other number."""
    number = stored.partition(";")[0]
    if not number.startswith("+86") or _kind(number) != "landline":
        return ()
    area = split_area("0" + number[3:])
    return area[0].regions if area else ()


def _kind(e164: str) -> Kind:
    if not e164.startswith("+86"):
        return "foreign"
    digits = e164[3:]
    if _is_mobile(digits):
        return "mobile"
    if (len(digits) == 10 and digits.startswith(("400", "800"))) or _HOTLINE.fullmatch(digits):
        return "service"
    return "landline"


def load_phone(stored: str) -> Phone:
    """Return the number behind its stored form, without checking it again."""
    e164, _sep, extension = stored.partition(";ext=")
    return Phone(e164, _kind(e164), extension)


def format_phone(stored: str) -> str:
    """Return the number as people read it aloud."""
    phone = load_phone(stored)
    digits = phone.e164[3:]
    if phone.kind == "mobile":
        text = f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    elif phone.kind == "service":
        text = f"{digits[:3]}-{digits[3:6]}-{digits[6:]}" if len(digits) == 10 else digits
    elif phone.kind == "foreign":
        text = _format_foreign(phone.e164)
    else:
        text = _format_landline(digits)
    return f"{text} 转 {phone.extension}" if phone.extension else text


def _format_landline(digits: str) -> str:
    area = split_area("0" + digits)
    if area is None:
        return "+86 " + digits
    code, number = area[0].code, area[1]
    return f"{code}-{number[:-4]} {number[-4:]}" if len(number) >= 7 else f"{code}-{number}"


def _format_foreign(e164: str) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def mask_phone(stored: str) -> str:
    """Return what may be shown to somebody who must not call: the two ends of the number."""
    phone = load_phone(stored)
    digits = phone.e164[3:]
    if phone.kind == "mobile":
        return f"{digits[:3]}****{digits[-4:]}"
    if phone.kind == "landline":
        area = split_area("0" + digits)
        if area is not None and len(area[1]) >= 7:
            return f"{area[0].code}-****{area[1][-4:]}"
    if phone.kind == "service" and len(digits) == 10:
        return f"{digits[:3]}-***-{digits[-4:]}"
    if phone.e164.startswith("+") and phone.kind == "foreign" and len(phone.e164) >= 10:
        return f"{phone.e164[:2]}****{phone.e164[-4:]}"
    return "****"


def phone_digits(stored: str) -> str:
    """Return the digits to search by, as somebody in China would dial them."""
    phone = load_phone(stored)
    if phone.kind == "landline":
        return "0" + phone.e164[3:]
    return phone.e164[1:] if phone.kind == "foreign" else phone.e164[3:]
