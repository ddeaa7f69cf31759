"""Secrets open only with their key and only in the field they were sealed for."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from keqiao.base.encryption import (
    EncryptionProblem,
    blind_index,
    blind_indexes,
    decrypt,
    encrypt,
    key_ring,
    needs_rotation,
)
from tests.base.texts import anything

OLD = "k1:" + "11" * 32
NEW = "k2:" + "22" * 32
SECRET = "110101199003074518"
CONTEXT = "contact.id_number"


@pytest.fixture(autouse=True)
def keys(settings: Any) -> Any:
    settings.KEQIAO_ENCRYPTION_KEYS = [OLD]
    return settings


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(anything)
def test_roundtrip_of_any_text(text: str) -> None:
    assert decrypt(encrypt(text, CONTEXT), CONTEXT) == text


def test_a_token_shows_nothing_and_never_repeats() -> None:
    first, second = encrypt(SECRET, CONTEXT), encrypt(SECRET, CONTEXT)
    assert first != second
    assert first.startswith("k1:")
    body = first.partition(":")[2]
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    for shown in (first.encode(), raw):
        assert SECRET.encode() not in shown
        assert SECRET[6:14].encode() not in shown


def refused(token: str, context: str = CONTEXT) -> str:
    with pytest.raises(EncryptionProblem) as problem:
        decrypt(token, context)
    assert SECRET not in str(problem.value.message)
    return problem.value.code


def test_another_field_does_not_open_it() -> None:
    assert refused(encrypt(SECRET, CONTEXT), "contact.passport") == "cannot_open"


def test_a_wrong_key_does_not_open_it(keys: Any) -> None:
    token = encrypt(SECRET, CONTEXT)
    keys.KEQIAO_ENCRYPTION_KEYS = ["k1:" + "33" * 32]
    assert refused(token) == "cannot_open"
    keys.KEQIAO_ENCRYPTION_KEYS = [NEW]
    assert refused(token) == "missing_key"


def test_every_changed_character_is_noticed() -> None:
    token = encrypt(SECRET, CONTEXT)
    for place in range(3, len(token) - 1):
        changed = "A" if token[place] != "A" else "B"
        assert refused(token[:place] + changed + token[place + 1 :]) == "cannot_open"
    for broken in ("k1:", "k1:A", "k1:客", "k1:" + "A" * 20):
        assert refused(broken) == "cannot_open"
    assert refused("plain text") == "missing_key"


def test_rotation(keys: Any) -> None:
    token, index = encrypt(SECRET, CONTEXT), blind_index(SECRET, CONTEXT)
    keys.KEQIAO_ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypt(token, CONTEXT) == SECRET
    assert needs_rotation(token)
    renewed = encrypt(SECRET, CONTEXT)
    assert renewed.startswith("k2:") and not needs_rotation(renewed)
    assert blind_index(SECRET, CONTEXT) != index
    assert blind_indexes(SECRET, CONTEXT) == [blind_index(SECRET, CONTEXT), index]
    keys.KEQIAO_ENCRYPTION_KEYS = [NEW]
    assert decrypt(renewed, CONTEXT) == SECRET
    assert refused(token) == "missing_key"


def test_blind_index() -> None:
    index = blind_index(SECRET, CONTEXT)
    assert index == blind_index(SECRET, CONTEXT)
    assert len(index) == 16 and int(index, 16) >= 0
    assert index != blind_index(SECRET, "contact.passport")
    assert index != blind_index(SECRET[:-1] + "9", CONTEXT)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "no_key"),
        (["11" * 32], "bad_key"),
        (["k1:short"], "bad_key"),
        (["k1:" + "11" * 16], "bad_key"),
        (["K 1:" + "11" * 32], "bad_key"),
        ([OLD, OLD], "bad_key"),
    ],
)
def test_unusable_keys_are_refused_clearly(keys: Any, entries: list[str], code: str) -> None:
    keys.KEQIAO_ENCRYPTION_KEYS = entries
    with pytest.raises(EncryptionProblem) as problem:
        key_ring()
    assert problem.value.code == code
    assert "KEQIAO_ENCRYPTION_KEYS" in str(problem.value.message)
    assert "11" * 16 not in str(problem.value.message)
