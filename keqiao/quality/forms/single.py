"""One value at a time: its key form by what the value tells (name, telephone, street …)."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from keqiao.base.dates import DateProblem, parse_date
from keqiao.base.identifiers import IdentifierProblem, check_resident_id, read_uscc
from keqiao.base.names import company_parts, fold_person
from keqiao.base.numbers import NumberProblem, parse_decimal
from keqiao.base.phone import PhoneProblem, parse_phone
from keqiao.base.pinyin import full_pinyin, initials
from keqiao.base.regions import match_region, parse_region
from keqiao.base.text import fold_width
from keqiao.catalog.kinds.roles import Role
from keqiao.quality.forms.folding import (
    SHARED_MAILBOXES,
    digits_for_numerals,
    joined,
    narrow,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# Counts up with every change of a form; kept keys carry it.
FORMS_VERSION = 1
PARTS: dict[Role, tuple[str, ...]] = {
    Role.COMPANY: ("core", "name", "legal", "branch", "pinyin", "initials"),
    Role.PERSON: ("name", "pinyin", "initials"),
    Role.PHONE: ("phone", "tail", "kind"),
    Role.EMAIL: ("email", "local", "domain"),
    Role.WEB: ("host", "path"),
    Role.USCC: ("uscc", "valid"),
    Role.RESIDENT_ID: ("number", "valid"),
    Role.REGION: ("region", "city", "province"),
    Role.ADDRESS: ("street", "numbers", "region"),
    Role.DATE: ("date", "year"),
    Role.NUMBER: ("number",),
    Role.CODE: ("code",),
    Role.TEXT: ("text",),
    Role.NONE: (),
}
# Longer values hold remarks, not names: the rest tells nothing about who it is.
LONGEST = 400
_DIGITS = re.compile("[0-9]+")
_KNOWN_EMAIL = re.compile(r"[a-z0-9._+-]+@[a-z0-9.-]+")
_WEB = re.compile(
    r"^(?:[a-z][a-z0-9+.-]*:/*)?(?:[^/@]*@)?(?:www\.)?([^/?#:]*)(?::\d*)?/*(.*)$", re.DOTALL
)
_MOST_ROUNDS = 8


def form(role: Role, raw: Any) -> tuple[str, ...]:
    """Return the parts of `raw` in the order of `PARTS[role]`; never raises."""
    if isinstance(raw, (list, tuple)):
        forms = [form(role, one) for one in raw if one not in (None, "")]
        return (
            tuple(" ".join(filter(None, parts)) for parts in zip(*forms, strict=True))
            or _EMPTY[role]
        )
    text = raw if isinstance(raw, str) else as_written(raw)
    if not text:
        return _EMPTY[role]
    return _FORMS[role](text if len(text) <= LONGEST else text[:LONGEST])


def normal(role: Role, raw: Any) -> str:
    """Return the main form alone: the one in which two spellings of the same thing are equal."""
    parts = form(role, raw)
    return parts[0] if parts else ""


def as_written(raw: Any) -> str:
    """Return what a person would have typed for a value of a cell or a field."""
    if raw is None or isinstance(raw, bool):
        return ""
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    return raw.isoformat() if isinstance(raw, date) else str(raw)


def _company(text: str) -> tuple[str, ...]:
    core, legal, branch = company_parts(text)
    sounds = full_pinyin(core)
    # One syllable for each character: nothing but Chinese in it.
    first = "".join([one[0] for one in sounds]) if len(sounds) == len(core) else initials(core)
    return core, joined(text), legal, branch, "".join(sounds), first


@lru_cache(maxsize=16_384)
def _person(text: str) -> tuple[str, ...]:
    name = fold_person(text)
    sounds = full_pinyin(name, person=True)
    return name, "".join(sounds), initials(name, person=True)


def _phone(text: str) -> tuple[str, ...]:
    for _round in range(_MOST_ROUNDS):
        try:
            phone = parse_phone(text)
        except PhoneProblem:
            digits = "".join(_DIGITS.findall(fold_width(text)))
            if digits == text:
                return digits, digits[-7:], ""
            text = digits
        else:
            return phone.e164, phone.e164[-7:], phone.kind
    return text, text[-7:], ""


def _email(text: str) -> tuple[str, ...]:
    address = text.lower() if text.isascii() else fold_width(text).lower()
    if not _KNOWN_EMAIL.fullmatch(address):
        address = "".join(address.replace("。", ".").split()).strip("<>;,，；")
        while address.startswith("mailto:"):
            address = address[7:].strip("<>;,，；")
        address = address.lower()
    local, at, domain = address.rpartition("@")
    return address, "" if local in SHARED_MAILBOXES else local, domain if at else ""


def _web(text: str) -> tuple[str, ...]:
    address = "".join(fold_width(text).replace("。", ".").lower().split())
    host, path = address, ""
    for _round in range(_MOST_ROUNDS):
        found = _WEB.match(host)
        if found is None or found[1] == host:
            break
        host, path = found[1], path or found[2]
    return host.rstrip("."), path.rstrip("/")


def _read(
    text: str, read: Callable[[str], str], fold: Callable[[str], str], problem: type[Exception]
) -> tuple[str, bool]:
    """Return what `read` makes of the text, or of what is left of it when signs are dropped."""
    for _round in range(_MOST_ROUNDS):
        try:
            return read(text), True
        except problem:
            folded = fold(text)
            if folded == text:
                break
            text = folded
    return text, False


def _uscc(text: str) -> tuple[str, ...]:
    code, is_valid = _read(text, _code_of_firm, _capitals, LookupError)
    return code, "1" if is_valid else ""


def _code_of_firm(text: str) -> str:
    code = read_uscc(text)
    if code is None:
        raise LookupError(text)
    return code


def _resident_id(text: str) -> tuple[str, ...]:
    number, is_valid = _read(text, check_resident_id, _capitals, IdentifierProblem)
    return number, "1" if is_valid else ""


def _capitals(text: str) -> str:
    return joined(text).upper()


@lru_cache(maxsize=16_384)
def _region(text: str) -> tuple[str, ...]:
    code, is_known = _read(text, _known_region, words, LookupError)
    return (code, code[:4], code[:2]) if is_known else (code, "", "")


def _known_region(text: str) -> str:
    code = parse_region(text)
    if code is None:
        raise LookupError(text)
    return code


def _address(text: str) -> tuple[str, ...]:
    folded = narrow(text)
    region, end = match_region(folded)
    street = digits_for_numerals(joined(folded[end:]))
    # What is left is an address again; it must give itself.
    for _round in range(_MOST_ROUNDS):
        code, end = match_region(street)
        if code is None:
            break
        region, street = region or code, digits_for_numerals(joined(street[end:]))
    return street, " ".join(_DIGITS.findall(street)), region or ""


@lru_cache(maxsize=16_384)
def _date(text: str) -> tuple[str, ...]:
    day, is_day = _read(text, _day, words, DateProblem)
    return day, day[:4] if is_day else ""


def _day(text: str) -> str:
    return parse_date(text).value.isoformat()


def _number(text: str) -> tuple[str, ...]:
    return (_read(text, _plain_number, words, NumberProblem)[0],)


def _plain_number(text: str) -> str:
    value = parse_decimal(text)
    return format(value.normalize(), "f") if value else "0"


def _code(text: str) -> tuple[str, ...]:
    return (_capitals(text),)


def _text(text: str) -> tuple[str, ...]:
    return (words(text),)


def _nothing(_text: str) -> tuple[str, ...]:
    return ()


_FORMS: dict[Role, Callable[[str], tuple[str, ...]]] = {
    Role.COMPANY: _company,
    Role.PERSON: _person,
    Role.PHONE: _phone,
    Role.EMAIL: _email,
    Role.WEB: _web,
    Role.USCC: _uscc,
    Role.RESIDENT_ID: _resident_id,
    Role.REGION: _region,
    Role.ADDRESS: _address,
    Role.DATE: _date,
    Role.NUMBER: _number,
    Role.CODE: _code,
    Role.TEXT: _text,
    Role.NONE: _nothing,
}
_EMPTY = {role: ("",) * len(parts) for role, parts in PARTS.items()}
