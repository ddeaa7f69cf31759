"""Secret fields such as identity numbers, unreadable in the database file and its backups."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from keqiao.base.problems import Problem

_KEY_ID = re.compile(r"[a-z0-9]{1,16}")
_NONCE = 12  # bytes; NIST SP 800-38D: safe for 2^32 random nonces per derived key


class EncryptionProblem(Problem):
    """A secret value cannot be read, or no usable key is configured."""


def encrypt(text: str, context: str) -> str:
    """Return the token to store; only the same context ("contact.id_number") opens it again."""
    key_id, secret = key_ring()[0]
    nonce = os.urandom(_NONCE)
    sealed = _cipher(secret, context).encrypt(
        nonce, text.encode("utf-8", "surrogatepass"), context.encode()
    )
    return f"{key_id}:{base64.urlsafe_b64encode(nonce + sealed).rstrip(b'=').decode()}"


def decrypt(token: str, context: str) -> str:
    """Return the text behind a token."""
    key_id, _colon, body = token.partition(":")
    secret = dict(key_ring()).get(key_id)
    if secret is None:
        raise EncryptionProblem(
            "missing_key",
            _(
                "The key for this secret value is not installed. Ask your administrator to "
                "restore the old key."
            ),
        )
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        opened = _cipher(secret, context).decrypt(raw[:_NONCE], raw[_NONCE:], context.encode())
    except (InvalidTag, binascii.Error, ValueError):
        raise EncryptionProblem(
            "cannot_open",
            _("This secret value cannot be opened: the key is wrong or the value was changed. "
              "Ask your administrator to check the keys."),
        ) from None  # fmt: skip
    return opened.decode("utf-8", "surrogatepass")


def needs_rotation(token: str) -> bool:
    """Say whether a token was made with another key than the present first one."""
    return token.partition(":")[0] != key_ring()[0][0]


def blind_index(text: str, context: str) -> str:
    """Return 16 hex characters by which equal secrets are found without opening any."""
    return _index(key_ring()[0][1], text, context)


def blind_indexes(text: str, context: str) -> list[str]:
    """Return the index under every key, for look-ups while keys are being changed."""
    return [_index(secret, text, context) for _id, secret in key_ring()]


def _index(secret: bytes, text: str, context: str) -> str:
    key = _derive(secret, f"blind index/{context}")
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]


def key_ring() -> list[tuple[str, bytes]]:
    """Return (id, secret) of every configured key, the encrypting one first."""
    return list(_read_ring(tuple(settings.KEQIAO_ENCRYPTION_KEYS)))


@lru_cache(maxsize=8)
def _read_ring(entries: tuple[str, ...]) -> tuple[tuple[str, bytes], ...]:
    ring: dict[str, bytes] = {}
    for entry in entries:
        key_id, _colon, text = entry.partition(":")
        try:
            secret = bytes.fromhex(text)
        except ValueError:
            secret = b""
        if not _KEY_ID.fullmatch(key_id) or len(secret) != 32 or key_id in ring:
            raise EncryptionProblem(
                "bad_key",
                _(
                    "KEQIAO_ENCRYPTION_KEYS holds an entry that is not a new id, a colon and "
                    "64 hex characters. Correct it before starting."
                ),
            )
        ring[key_id] = secret
    if not ring:
        raise EncryptionProblem(
            "no_key", _("KEQIAO_ENCRYPTION_KEYS is empty. Restore the keys before starting.")
        )
    return tuple(ring.items())


@lru_cache(maxsize=256)
def _cipher(secret: bytes, context: str) -> AESGCM:
    return AESGCM(_derive(secret, f"encrypt/{context}"))


@lru_cache(maxsize=256)
def _derive(secret: bytes, purpose: str) -> bytes:
    info = f"keqiao/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)
