"""State numbers agree with an independent checker, and slips are told apart from other numbers."""

from __future__ import annotations

import random
from datetime import date

import pytest
from stdnum.cn import ric, uscc

from keqiao.base.identifiers import (
    IdentifierProblem,
    check_resident_id,
    check_uscc,
    mask_identifier,
    resident_id_birthday,
    resident_id_gender,
    resident_id_region,
    uscc_region,
    with_check_character,
)
from keqiao.base.regions import regions

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VALID = "91110000600037341L"


def code_of(check: object, raw: str) -> str | None:
    try:
        check(raw)  # type: ignore[operator]
    except IdentifierProblem as problem:
        return problem.code
    return None


def random_uscc(rng: random.Random) -> str:
    region = rng.choice(list(regions()))
    body = "".join(rng.choice(ALPHABET) for _ in range(9))
    return with_check_character(rng.choice(("91", "92", "93", "12", "51")) + region + body)


def test_credit_codes_agree_with_stdnum_on_valid_and_damaged_codes() -> None:
    rng = random.Random(3)
    for _ in range(1000):
        valid = random_uscc(rng)
        assert uscc.is_valid(valid)
        assert check_uscc(valid) == valid
        place = rng.randrange(18)
        damaged = valid[:place] + rng.choice(ALPHABET) + valid[place + 1 :]
        assert (code_of(check_uscc, damaged) is None) == uscc.is_valid(damaged), damaged
        random_text = "91" + "".join(rng.choice(ALPHABET[:10]) for _ in range(6))
        random_text += "".join(rng.choice(ALPHABET) for _ in range(10))
        assert (code_of(check_uscc, random_text) is None) == uscc.is_valid(random_text), random_text


def test_a_check_value_of_31_is_written_0() -> None:
    rng = random.Random(5)
    zeros = [code for code in (random_uscc(rng) for _ in range(500)) if code.endswith("0")]
    assert zeros
    assert all(uscc.is_valid(code) and check_uscc(code) == code for code in zeros)


@pytest.mark.parametrize(
    "raw",
    [
        VALID, VALID.lower(), " 9111 0000 6000 3734 1L ", "９１１１００００６０００３７３４１Ｌ",
        "9I11OOOO6OOO37341L", "91110000-600037341-L", VALID + "\u200b",
    ],
)  # fmt: skip
def test_safe_repairs_of_credit_codes(raw: str) -> None:
    assert check_uscc(raw) == VALID


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "empty"),
        ("9111000060003734", "length"),
        ("110000012345678", "old_registration"),
        ("91110000600037341S", "characters"),
        ("9111000060003734*L", "characters"),
        ("91110000600037342L", "check_digit"),
        ("9O110000600037341L", "check_digit"),
    ],
)
def test_refused_credit_codes(raw: str, code: str) -> None:
    assert code_of(check_uscc, raw) == code


def test_a_persons_number_never_passes_as_a_credit_code() -> None:
    """Some identity numbers satisfy the credit code's check; they must not land in an open field."""
    passing = []
    for serial in range(1000):
        body = f"32050619900101{serial:03d}"
        number = body + ric.calc_check_digit(body + "0")
        if uscc.is_valid(number):
            passing.append(number)
    assert passing
    assert {code_of(check_uscc, number) for number in passing} == {"resident_id"}


def test_a_suggestion_is_valid_and_only_made_when_it_is_the_only_one() -> None:
    rng = random.Random(9)
    made = right = 0
    for _ in range(150):
        # 91 + district + organisation code with its own check digit, as on real licences.
        place = rng.choice([c for c in regions() if not c.endswith("00")])
        organisation = "MA" + "".join(rng.choice(ALPHABET) for _ in range(6))
        weights = (3, 7, 9, 10, 5, 8, 4, 2)
        total = -sum(int(c, 36) * w for c, w in zip(organisation, weights, strict=True)) % 11
        valid = with_check_character("91" + place + organisation + "0123456789X"[total])
        at = rng.randrange(8, 16)
        damaged = valid[:at] + rng.choice(ALPHABET.replace(valid[at], "")) + valid[at + 1 :]
        with pytest.raises(IdentifierProblem) as refused:
            check_uscc(damaged)
        if refused.value.suggestion:
            made += 1
            assert uscc.is_valid(refused.value.suggestion)
            right += refused.value.suggestion == valid
    assert made > 20
    assert right / made > 0.7


def test_region_of_a_credit_code() -> None:
    assert uscc_region(VALID) == "110000"
    assert uscc_region("91320504MA1234567X") == "320500"


def resident_body(rng: random.Random) -> str:
    # Districts that have long existed, so that both tables know them.
    place = rng.choice(("110101", "310101", "320506", "440305", "510104", "610102"))
    day = date(1950 + rng.randrange(60), 1 + rng.randrange(12), 1 + rng.randrange(28))
    return f"{place}{day:%Y%m%d}{rng.randrange(1000):03d}"


def test_resident_ids_agree_with_stdnum() -> None:
    rng = random.Random(13)
    for _ in range(3000):
        body = resident_body(rng)
        valid = body + ric.calc_check_digit(body + "0")
        if ric.is_valid(valid):  # stdnum also knows from which year on a district existed
            assert check_resident_id(valid) == valid
        place = rng.randrange(6, 18)
        damaged = valid[:place] + rng.choice("0123456789") + valid[place + 1 :]
        if ric.is_valid(damaged):
            assert code_of(check_resident_id, damaged) is None
        elif damaged[-1] != ric.calc_check_digit(damaged):
            assert code_of(check_resident_id, damaged) == "check_digit"


def resident(body: str) -> str:
    return body + ric.calc_check_digit(body + "0")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "empty"),
        ("1101011990030745", "length"),
        ("11010119900307451A", "characters"),
        ("1X0101199003074510", "characters"),
        (resident("11010119900230451"), "birthday"),
        (resident("11010121900307451"), "birthday"),
        (resident("11010117900307451"), "birthday"),
        (resident("99010119900307451")[:0] + resident("00010119900307451"), "region"),
        ("110101900307451", "old_form"),
    ],
)
def test_refused_resident_ids(raw: str, code: str) -> None:
    assert code_of(check_resident_id, raw) == code


def test_what_a_resident_id_says() -> None:
    number = resident("32050619900101123")
    assert check_resident_id(number.lower()) == number
    assert resident_id_birthday(number) == date(1990, 1, 1)
    assert resident_id_gender(number) == "male"
    assert resident_id_gender(resident("32050619900101124")) == "female"
    assert resident_id_region(number) == "320506"
    assert resident_id_region(resident("32058619900101123")) == "320500"
    assert mask_identifier(number) == f"320{'*' * 13}{number[-2:]}"


def test_old_fifteen_digits_come_with_their_present_form() -> None:
    with pytest.raises(IdentifierProblem) as refused:
        check_resident_id("110101900307451")
    assert refused.value.suggestion == resident("11010119900307451")
