"""Every usual way to write a number gives the same stored form, and nothing undialable gets in."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from keqiao.base.phone import (
    PhoneProblem,
    area_codes,
    area_regions,
    format_phone,
    mask_phone,
    parse_phone,
    phone_digits,
    phone_regions,
)
from keqiao.base.regions import known


@pytest.mark.parametrize(
    ("raw", "stored", "kind"),
    [
        ("13800138000", "+8613800138000", "mobile"),
        ("138 0013 8000", "+8613800138000", "mobile"),
        ("１３８－００１３－８０００", "+8613800138000", "mobile"),
        ("+86 138-0013-8000", "+8613800138000", "mobile"),
        ("(+86)13800138000", "+8613800138000", "mobile"),
        ("0086 138 0013 8000", "+8613800138000", "mobile"),
        ("86 13800138000", "+8613800138000", "mobile"),
        ("013800138000", "+8613800138000", "mobile"),
        ("\u202a138\u200b00138000\u202c", "+8613800138000", "mobile"),
        ("手机：13800138000", "+8613800138000", "mobile"),
        ("010-88886666转806", "+861088886666;ext=806", "landline"),
        ("0512 6288 1234", "+8651262881234", "landline"),
        ("（0512）62881234", "+8651262881234", "landline"),
        ("0512-62881234-806", "+8651262881234;ext=806", "landline"),
        ("0512-62881234,806", "+8651262881234;ext=806", "landline"),
        ("0512-62881234 分机 806", "+8651262881234;ext=806", "landline"),
        ("0512-62881234 ext. 806", "+8651262881234;ext=806", "landline"),
        ("0512-62881234#806", "+8651262881234;ext=806", "landline"),
        ("+8651262881234;ext=806", "+8651262881234;ext=806", "landline"),
        ("+86 (0)512 6288 1234", "+8651262881234", "landline"),
        ("51262881234", "+8651262881234", "landline"),
        ("010/88886666", "+861088886666", "landline"),
        ("400-800-1234", "+864008001234", "service"),
        ("400 800 1234 转 5", "+864008001234;ext=5", "service"),
        ("8008101234", "+868008101234", "service"),
        ("95588", "+8695588", "service"),
        ("+1 415 555 2671", "+14155552671", "foreign"),
        ("001 415 555 2671", "+14155552671", "foreign"),
        ("+1 (415) 555-2671 ext 22", "+14155552671;ext=22", "foreign"),
        ("+852 2345 6789", "+85223456789", "foreign"),
    ],
)
def test_one_stored_form(raw: str, stored: str, kind: str) -> None:
    phone = parse_phone(raw)
    assert (phone.stored, phone.kind) == (stored, kind)
    assert parse_phone(phone.stored) == phone


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "empty"),
        (" - ", "empty"),
        ("无", "no_digits"),
        ("62881234", "no_area_code"),
        ("1380013800", "too_short"),
        ("138001380000", "too_long"),
        ("12345678901", "unknown"),
        ("0512-6288123", "too_short"),
        ("0351-12345678", "too_long"),
        ("0351-1234567", "unknown"),
        ("13800138000/13900139000", "several"),
        ("13800138000、13900139000", "several"),
        ("+1 415 555", "foreign"),
        ("+999 123456789", "foreign"),
        ("138abc38000", "unknown"),
        ("①③⑧00138000", "unknown"),
        ("1" * 200, "too_long"),
    ],
)
def test_undialable_numbers_are_refused(raw: str, code: str) -> None:
    with pytest.raises(PhoneProblem) as refused:
        parse_phone(raw)
    assert refused.value.code == code


def test_the_sentence_names_the_digits() -> None:
    with pytest.raises(PhoneProblem) as refused:
        parse_phone("0512-6288123")
    sentence = str(refused.value.message)
    assert "0512" in sentence and "8" in sentence and "7" in sentence


@pytest.mark.parametrize(
    ("stored", "shown", "masked", "digits"),
    [
        ("+8613800138000", "138 0013 8000", "138****8000", "13800138000"),
        ("+8651262881234;ext=806", "0512-6288 1234 转 806", "0512-****1234", "051262881234"),
        ("+863511234567", "0351-123 4567", "0351-****4567", "03511234567"),
        ("+864008001234", "400-800-1234", "400-***-1234", "4008001234"),
        ("+14155552671", "+1 415-555-2671", "+1****2671", "14155552671"),
    ],
)
def test_shown_masked_and_searched(stored: str, shown: str, masked: str, digits: str) -> None:
    assert format_phone(stored) == shown
    assert mask_phone(stored) == masked
    assert phone_digits(stored) == digits


def test_a_mask_never_shows_a_damaged_number() -> None:
    for stored in ("", "x", "+86", "+8612", "12345678901", "+8699999"):
        assert mask_phone(stored) == "****"


def _their_type(raw: str) -> int:
    try:
        number = phonenumbers.parse(raw, "CN")
    except phonenumbers.NumberParseException:
        return phonenumbers.PhoneNumberType.UNKNOWN
    return phonenumbers.number_type(number)


def test_mobiles_agree_with_phonenumbers() -> None:
    """Both ways, on every three-digit range and the satellite ranges, thousands of numbers."""
    rng = random.Random(7)
    disagreements = []
    for head in range(100, 200):
        for _ in range(60):
            raw = f"{head}{rng.randrange(10**8):08d}"
            mobile = _their_type(raw) == phonenumbers.PhoneNumberType.MOBILE
            try:
                ours = parse_phone(raw).kind == "mobile"
            except PhoneProblem:
                ours = False
            if ours != mobile:
                disagreements.append(raw)
    assert disagreements == []


def test_landlines_agree_with_phonenumbers() -> None:
    """In every area code, for numbers of seven and eight digits that start with 2 to 8."""
    rng = random.Random(11)
    wrong = []
    for area in area_codes():
        for length in (6, 7, 8, 9):
            for _ in range(4):
                raw = (
                    area
                    + str(rng.randrange(2, 9))
                    + f"{rng.randrange(10 ** (length - 1)):0{length - 1}d}"
                )
                valid = phonenumbers.is_valid_number(phonenumbers.parse(raw, "CN"))
                try:
                    ours = parse_phone(raw).e164
                except PhoneProblem:
                    ours = ""
                if ours != (f"+86{raw[1:]}" if valid else ""):
                    wrong.append(raw)
    assert wrong == []


def test_area_codes_point_to_places() -> None:
    codes = area_codes()
    assert len(codes) > 300
    assert all(known(region) for area in codes.values() for region in area.regions)
    assert area_regions("0512") == ("320500",)
    assert area_regions("024") == ("210100", "210400", "210500", "211200")
    assert area_regions("9999") == ()
    assert phone_regions("+861088886666") == ("110000",)
    assert phone_regions("+8613800138000") == ()


def test_no_area_code_begins_another() -> None:
    codes = list(area_codes())
    assert not [(a, b) for a in codes for b in codes if a != b and b.startswith(a)]


def test_a_local_number_without_area_code_is_no_hotline_of_another_city() -> None:
    with pytest.raises(PhoneProblem) as found:
        parse_phone("2211297")
    assert found.value.code == "no_area_code"
    assert parse_phone("022-11297").e164 == "+862211297"
