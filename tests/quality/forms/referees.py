"""Judges our checks of numbers against python-stdnum and phonenumbers on generated cases."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

import phonenumbers
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from keqiao.base.identifiers import (
    ALPHABET,
    IdentifierProblem,
    check_resident_id,
    check_uscc,
    resident_id_with_check_character,
    with_check_character,
)
from keqiao.base.phone import PhoneProblem, parse_phone
from keqiao.base.regions import regions

Agreement = tuple[int, int, int, int]


def compare(
    cases: list[str], ours: Callable[[str], bool], theirs: Callable[[str], bool]
) -> Agreement:
    """Return how many are valid only for us, only for the referee, for both, for neither."""
    counts = [0, 0, 0, 0]
    for case in cases:
        own, other = ours(case), theirs(case)
        counts[2 if own and other else 3 if not own and not other else 0 if own else 1] += 1
    return counts[0], counts[1], counts[2], counts[3]


def _damaged(rng: random.Random, code: str, alphabet: str) -> str:
    kind = rng.randrange(6)
    at = rng.randrange(len(code))
    if kind < 3:
        return code
    if kind == 3:
        return code[:at] + rng.choice(alphabet) + code[at + 1 :]
    if kind == 4:
        return code[:at] + code[at + 1 :]
    return code[:at] + code[at : at + 2][::-1] + code[at + 2 :]


def credit_codes(rng: random.Random, count: int) -> Agreement:
    """Compare codes whose authority is a digit; of the letters A, N and Y the referee knows none."""
    places = list(regions())
    cases = []
    for _case in range(count):
        body = rng.choice("123459") + rng.choice("1239") + rng.choice(places)
        body += "".join(rng.choices(ALPHABET, k=9))
        cases.append(_damaged(rng, with_check_character(body), ALPHABET))
    return compare(cases, _is_code, uscc.is_valid)


def _is_code(text: str) -> bool:
    try:
        # Repairs of O and I are ours alone; generated cases have neither.
        return check_uscc(text) == text
    except IdentifierProblem as problem:
        # A person's number that passes the check of a credit code is refused on purpose.
        return problem.code == "resident_id"


def resident_numbers(rng: random.Random, count: int) -> Agreement:
    """Compare numbers of districts the referee has for the year of birth.

    It knows when a district's code was in use and refuses others, which need not be wrong on a card.
    """
    places = [code for code in regions() if not code.endswith("00")]
    cases: list[str] = []
    while len(cases) < count:
        born = f"{rng.randrange(1925, 2025)}{rng.randrange(1, 13):02}{rng.randrange(1, 32):02}"
        body = rng.choice(places) + born + f"{rng.randrange(1000):03}"
        if _has_place(body + "0"):
            cases.append(_damaged(rng, resident_id_with_check_character(body), "0123456789X"))
    return compare(cases, _is_person, ric.is_valid)


def _has_place(number: str) -> bool:
    try:
        return bool(ric.get_birth_place(number))
    except KeyError:
        return False
    except ValidationError:
        # A day that does not exist is worth comparing; an unknown place is not.
        return not _is_day(number)


def _is_day(number: str) -> bool:
    try:
        return bool(date(int(number[6:10]), int(number[10:12]), int(number[12:14])))
    except ValueError:
        return False


def _is_person(text: str) -> bool:
    try:
        return check_resident_id(text) == text
    except IdentifierProblem:
        return False


def mobile_numbers(rng: random.Random, count: int) -> Agreement:
    cases = [
        _damaged(rng, f"1{rng.randrange(3, 10)}{rng.randrange(10**9):09}", "0123456789")
        for _n in range(count)
    ]
    return compare(cases, _is_mobile, _referee_mobile)


def _is_mobile(text: str) -> bool:
    try:
        return parse_phone(text).kind == "mobile"
    except PhoneProblem:
        return False


def _referee_mobile(text: str) -> bool:
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE


AGREEMENTS: dict[str, Callable[[random.Random, int], Agreement]] = {
    "credit codes with python-stdnum": credit_codes,
    "resident numbers with python-stdnum": resident_numbers,
    "mobile numbers with phonenumbers": mobile_numbers,
}
