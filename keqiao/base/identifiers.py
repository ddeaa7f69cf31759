"""The numbers the state gives to firms and people, checked so that contracts name the right one."""

from __future__ import annotations

import itertools
import re
from datetime import date
from operator import mul
from typing import Any, NoReturn

from django.utils.translation import gettext_lazy as _

from keqiao.base.clock import today
from keqiao.base.problems import Problem
from keqiao.base.regions import nearest_region, regions
from keqiao.base.text import fold_width


class IdentifierProblem(Problem):
    """An identifier that cannot be right; `suggestion` is the value it was probably meant to be."""

    def __init__(self, code: str, message: Any, suggestion: str | None = None) -> None:
        super().__init__(code, message)
        self.suggestion = suggestion


# GB 32100-2015: no I, O, S, V, Z, which people read as digits.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {char: value for value, char in enumerate(ALPHABET)}
CHECK_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_SHAPE = re.compile(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]*")
_ORGANISATION = (3, 7, 9, 10, 5, 8, 4, 2)
_LOOK_ALIKE = str.maketrans("OI", "01")
_SPACES = dict.fromkeys(map(ord, " \t\n\r\u00a0\u200b\ufeff-‐‑–—－_.·"))

_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECK = "10X98765432"
# 83: residence permit of people from Taiwan. 9: permanent residence of foreigners since 2023.
_EXTRA_AREAS = ("83", "9")


def _compact(raw: str) -> str:
    return fold_width(raw).translate(_SPACES).upper()


def check_uscc(raw: str) -> str:
    """Return the unified social credit code in its 18 characters.

    O and I never occur in a code; they are read as 0 and 1 if the check character then holds.
    """
    code = _compact(raw)
    if len(code) != 18:
        _refuse_length(code)
    found = _held_uscc(code)
    if found is not None:
        return _not_a_person(found)
    repaired = code.translate(_LOOK_ALIKE)
    if not _uscc_shape(repaired):
        raise IdentifierProblem(
            "characters",
            _(
                "A credit code holds digits and capital letters without I, O, S, V and Z. "
                "Check the characters."
            ),
        )
    raise IdentifierProblem(
        "check_digit",
        _("The check character of this credit code does not fit: at least one character is wrong. "
          "Compare it with the business licence."),
        _suggest_uscc(repaired),
    )  # fmt: skip


def read_uscc(raw: str) -> str | None:
    """Return the code that `check_uscc` returns, or None where it refuses.

    To look for what a wrong code was meant to be takes a thousand times as long as this.
    """
    code = _held_uscc(_compact(raw))
    return None if code is None or _is_person(code) else code


def _held_uscc(code: str) -> str | None:
    if len(code) != 18:
        return None
    if _uscc_holds(code):
        return code
    repaired = code.translate(_LOOK_ALIKE)
    return repaired if repaired != code and _uscc_holds(repaired) else None


def _refuse_length(code: str) -> NoReturn:
    if not code:
        raise IdentifierProblem(
            "empty", _("There is no credit code here. Enter its 18 characters.")
        )
    if len(code) == 15 and code.isascii() and code.isdigit():
        raise IdentifierProblem(
            "old_registration",
            _(
                "This is the registration number used until 2015. Ask the customer for the "
                "18-character credit code."
            ),
        )
    raise IdentifierProblem("length", _("A credit code has 18 characters. Count the characters."))


def _uscc_shape(code: str) -> bool:
    # The authority's mark is a digit, or a letter such as N for rural collectives and Y for others.
    return _SHAPE.fullmatch(code) is not None


def _uscc_holds(code: str) -> bool:
    return _uscc_shape(code) and code[17] == _uscc_check(code)


def _uscc_check(code: str) -> str:
    # The weights end before the 18th character, the check itself. A value of 31 wraps to 0.
    total = sum(map(mul, map(_VALUE.__getitem__, code), CHECK_WEIGHTS))
    return ALPHABET[-total % 31]


def _not_a_person(code: str) -> str:
    """Refuse a person's number that happens to pass the company check: it must stay secret."""
    if _is_person(code):
        raise IdentifierProblem(
            "resident_id",
            _(
                "This is the identity number of a person, not the credit code of a firm. Do "
                "not keep it here."
            ),
        )
    return code


def _is_person(code: str) -> bool:
    return _resident_fault(code) is None and nearest_region(code[2:8]) is None


def _suggest_uscc(code: str) -> str | None:
    """Return the only valid code one wrong or two swapped characters away."""
    candidates = set()
    for position in range(18):
        for char in ALPHABET:
            candidates.add(code[:position] + char + code[position + 1 :])
    for position in range(17):
        first, second = code[position], code[position + 1]
        candidates.add(code[:position] + second + first + code[position + 2 :])
    fitting = [
        item for item in candidates if item != code and _uscc_holds(item) and _plausible(item)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _plausible(code: str) -> bool:
    organisation = code[8:17]
    total = sum(
        int(char, 36) * weight for char, weight in zip(organisation, _ORGANISATION, strict=False)
    )
    check = -total % 11
    return (
        organisation[8] == ("X" if check == 10 else str(check))
        and code[0] in "1234579AN"
        and (code[2:8] in regions() or code[2:8] == "100000")
    )


def uscc_region(code: str) -> str | None:
    """Return the region of the registering authority; its city or province for abolished codes."""
    return nearest_region(code[2:8])


def check_resident_id(raw: str) -> str:
    """Return the resident identity number in its 18 characters."""
    number = _compact(raw)
    fault = _resident_fault(number)
    if fault is None:
        return number
    messages = {
        "empty": _("There is no identity number here. Enter its 18 characters."),
        "old_form": _(
            "This is a 15-digit identity number; these ended in 2013. Ask for the present "
            "18-digit number."
        ),
        "length": _("An identity number has 18 characters. Count the characters."),
        "characters": _("An identity number holds digits only; just the last character can be X."),
        "region": _("No identity number starts like this. Check the first six digits."),
        "birthday": _(
            "Digits 7 to 14 of an identity number are the birthday; this day does not "
            "exist. Check them."
        ),
        "check_digit": _(
            "The last character of this identity number does not fit: at least one digit is "
            "wrong. Compare it with the card."
        ),
    }
    suggestion = _lengthened(number) if fault == "old_form" else None
    raise IdentifierProblem(fault, messages[fault], suggestion)


def _resident_fault(number: str) -> str | None:
    if not number:
        return "empty"
    if len(number) == 15 and number.isascii() and number.isdigit() and _lengthened(number):
        return "old_form"
    if len(number) != 18:
        return "length"
    body = number[:17]
    if not (body.isascii() and body.isdigit()) or number[17] not in "0123456789X":
        return "characters"
    if number[17] != _resident_check(body):
        return "check_digit"
    if number[:2] + "0000" not in regions() and not number.startswith(_EXTRA_AREAS):
        return "region"
    born = _birthday(number)
    return "birthday" if born is None or born.year < 1850 or born > today() else None


def _resident_check(body: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(body, _RESIDENT_WEIGHTS, strict=True))
    return _RESIDENT_CHECK[total % 11]


def _lengthened(number: str) -> str | None:
    body = number[:6] + "19" + number[6:]
    full = body + _resident_check(body)
    return full if _resident_fault(full) is None else None


def _birthday(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def resident_id_birthday(number: str) -> date | None:
    """Return the day of birth written in a checked number."""
    return _birthday(number)


def resident_id_gender(number: str) -> str:
    """Return "male" or "female" as written in a checked number."""
    return "male" if int(number[16]) % 2 else "female"


def resident_id_region(number: str) -> str | None:
    """Return the region of first registration; the city or province for abolished codes."""
    return None if number.startswith("9") else nearest_region(number[:6])


def mask_identifier(number: str) -> str:
    """Return an identity number of which only the first and last characters can be read."""
    return (
        f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"
        if len(number) >= 10
        else "*" * len(number)
    )


def with_check_character(body: str) -> str:
    """Return a credit code completed by its check character, for generated examples."""
    if len(body) != 17 or any(itertools.filterfalse(_VALUE.__contains__, body)):
        raise IdentifierProblem(
            "length", _("A credit code has 18 characters. Count the characters.")
        )
    return body + _uscc_check(body)


def resident_id_with_check_character(body: str) -> str:
    """Return an identity number completed by its check character, for generated examples."""
    return body + _resident_check(body)
