"""A new key reaches everything encrypted, found as before, broken off and repeated as one likes."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import override_settings

from keqiao.base import rotation
from keqiao.base.encryption import decrypt
from keqiao.base.identifiers import resident_id_with_check_character
from keqiao.catalog.custom_fields import add_custom_field, delete_custom_field
from keqiao.catalog.filter import parse_where
from keqiao.catalog.models import ListValue
from keqiao.catalog.registry import object_type
from keqiao.config.commands.keys import rotate_keys
from keqiao.records import rotation as of_records
from keqiao.records.audit import verify_chain
from keqiao.records.models import ChangeEntry, MatchKey
from keqiao.records.query import ListQuery, get_record, run_list
from keqiao.records.removal import delete_records
from keqiao.records.save import DuplicateFound
from tests.company import SYSTEM, TEST, Company, make, save_one

pytestmark = pytest.mark.django_db
OLD = "k1:" + "11" * 32
NEW = "k2:" + "22" * 32
NUMBERS = tuple(
    resident_id_with_check_character(body) for body in ("11010119900307451", "11010519491231002")
)
THIRD = resident_id_with_check_character("42011119820325102")


def quiet(_name: str, _count: int) -> None:
    """Nobody watches."""


@pytest.fixture(autouse=True)
def old_key(settings: Any) -> Any:
    settings.KEQIAO_ENCRYPTION_KEYS = [OLD]
    return settings


def raw(record_id: int) -> str:
    return str(
        object_type("contact")
        .model._default_manager.values_list("id_number", flat=True)
        .get(pk=record_id)
    )


def found(number: str) -> list[int]:
    query = ListQuery(
        object_type=object_type("contact"), filter=parse_where([f"id_number:equals:{number}"])
    )
    return [row.id for row in run_list(SYSTEM, query).rows]


def test_secret_fields_and_what_finds_them_come_under_the_new_key(
    company: Company, old_key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_records, "ROWS_AT_ONCE", 2)
    ids = [make("contact", seed=n, id_number=number) for n, number in enumerate(NUMBERS, start=1)]
    binned = make("contact", seed=8, id_number=THIRD)
    delete_records(SYSTEM, object_type("contact"), [binned], source=TEST)
    versions = object_type("contact").model._default_manager.values_list("pk", "version")
    before, lines = list(versions.order_by("pk")), ChangeEntry.objects.count()
    old_key.KEQIAO_ENCRYPTION_KEYS = [NEW, OLD]
    assert found(NUMBERS[0]) == [ids[0]]  # still under the old one
    result = rotate_keys(quiet)
    assert result["renewed"]["contact.id_number"] == 3
    assert result["unreadable"] == {}
    assert all(raw(one).startswith("k2:") for one in (*ids, binned))
    assert list(versions.order_by("pk")) == before
    assert ChangeEntry.objects.count() == lines
    assert verify_chain().sound
    # The log itself stays under its key, and the answer says so.
    assert result["needed_keys"] == ["k1"]
    assert result["kept_under_older_keys"]["change log"]["k1"] >= 3
    assert result["removable_keys"] == []
    again = rotate_keys(quiet)
    assert set(again["renewed"].values()) == {0}
    old_key.KEQIAO_ENCRYPTION_KEYS = [NEW]
    for record_id, number in zip(ids, NUMBERS, strict=True):
        assert found(number) == [record_id]
        stored: Any = get_record(SYSTEM, object_type("contact"), record_id)
        assert object_type("contact").field("id_number").value(stored) == number
        repeat = save_one(SYSTEM, "contact", {"name": "同号的人", "id_number": number})
        assert isinstance(repeat, DuplicateFound)


def test_it_goes_on_where_it_was_broken_off(
    company: Company, old_key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_records, "ROWS_AT_ONCE", 1)
    ids = [make("contact", seed=n, id_number=number) for n, number in enumerate(NUMBERS, start=1)]
    old_key.KEQIAO_ENCRYPTION_KEYS = [NEW, OLD]

    def power_cut(name: str, count: int) -> None:
        if name == "contact.id_number" and count == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate_keys(power_cut)
    assert [raw(one)[:3] for one in ids] == ["k2:", "k1:"]
    assert [found(number) for number in NUMBERS] == [[one] for one in ids]
    assert rotate_keys(quiet)["renewed"]["contact.id_number"] == 1


def test_two_who_share_a_number_knowingly_still_do(company: Company, old_key: Any) -> None:
    make("contact", seed=1, id_number=NUMBERS[0])
    make("contact", seed=2, id_number=NUMBERS[0])
    held = MatchKey.objects.filter(object_key="contact").count()
    old_key.KEQIAO_ENCRYPTION_KEYS = [NEW, OLD]
    rotate_keys(quiet)
    assert MatchKey.objects.filter(object_key="contact").count() == held
    assert len(found(NUMBERS[0])) == 2


def test_own_secret_fields_are_reached_even_those_taken_away(
    company: Company, old_key: Any
) -> None:
    account = object_type("account")
    kept = add_custom_field(account, {"label": "法人身份证", "kind": "resident_id", "unique": True})
    gone = add_custom_field(account, {"label": "旧身份证", "kind": "resident_id"})
    record_id = make("account", **{kept.key: NUMBERS[0], gone.key: NUMBERS[1]})
    delete_custom_field(gone)
    old_key.KEQIAO_ENCRYPTION_KEYS = [NEW, OLD]
    result = rotate_keys(quiet)
    assert result["renewed"][f"account.{kept.key}"] == 1
    assert result["renewed"][f"account.{gone.key}"] == 1
    custom = account.model._default_manager.values_list("custom", flat=True).get(pk=record_id)
    assert {custom[kept.key][:3], custom[gone.key][:3]} == {"k2:"}
    old_key.KEQIAO_ENCRYPTION_KEYS = [NEW]
    assert decrypt(custom[gone.key], f"account.{gone.key}") == NUMBERS[1]
    again = save_one(SYSTEM, "account", {"name": "另一家", kept.key: NUMBERS[0]})
    assert isinstance(again, DuplicateFound)
    assert ListValue.objects.filter(field=kept.key, record_id=record_id).count() == 1


def test_two_factor_secrets_are_encrypted_and_renewed(company: Company, old_key: Any) -> None:
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(company.li, secret)
    codes = RecoveryCodes.activate(company.li).generate_codes()
    plain = Authenticator.objects.create(
        user=company.zhou, type=Authenticator.Type.TOTP, data={"secret": secret}
    )
    device = Authenticator.objects.get(user=company.li, type=Authenticator.Type.TOTP)
    assert secret not in str(device.data)
    old_key.KEQIAO_ENCRYPTION_KEYS = [NEW, OLD]
    assert rotate_keys(quiet)["renewed"]["two-factor secrets"] == 3
    assert rotate_keys(quiet)["renewed"]["two-factor secrets"] == 0
    old_key.KEQIAO_ENCRYPTION_KEYS = [NEW]
    for row in (device, plain):
        row.refresh_from_db()
        assert row.data["secret"].startswith("k2:")
        from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time

        code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
        assert TOTP(row).validate_code(code)
    again = RecoveryCodes(Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES))
    assert again.generate_codes() == codes


def test_a_missing_key_is_told_and_the_rest_is_done(company: Company, old_key: Any) -> None:
    with override_settings(KEQIAO_ENCRYPTION_KEYS=["k0:" + "00" * 32]):
        lost = make("contact", seed=1, id_number=NUMBERS[0])
    here = make("contact", seed=2, id_number=NUMBERS[1])
    old_key.KEQIAO_ENCRYPTION_KEYS = [NEW, OLD]
    result = rotate_keys(quiet)
    assert result["unreadable"] == {"contact.id_number": 1}
    assert result["removable_keys"] == []
    assert (raw(lost)[:3], raw(here)[:3]) == ("k0:", "k2:")


def test_every_encrypted_column_is_known() -> None:
    names = {store.name for find in rotation._finders for store in find()}
    assert {"contact.id_number", "two-factor secrets", "kept API answers"} <= names
