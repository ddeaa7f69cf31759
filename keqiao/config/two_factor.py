"""Keeps the secrets of two-factor sign-in encrypted: who copies the database cannot make codes."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction

from keqiao.base.encryption import EncryptionProblem, decrypt, encrypt, key_ring, needs_rotation
from keqiao.base.rotation import ROWS_AT_ONCE, Renewed, SealedStore

CONTEXT = "two_factor"
SEALED = ("secret", "seed")  # of the data of an authenticator: a device, recovery codes


class SealedTwoFactor(DefaultMFAAdapter):
    """The sign-in library's own hook for keeping its secrets out of plain sight."""

    def encrypt(self, text: str) -> str:
        return encrypt(text, CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return opened(encrypted_text)


def opened(stored: str) -> str:
    """Return a stored secret; those from before they were encrypted stand there as they are."""
    return decrypt(stored, CONTEXT) if _is_sealed(stored) else stored


def _is_sealed(stored: str) -> bool:
    # Secrets and seeds of the library are base32 or hex: a colon stands in none of them.
    return ":" in stored


def sealed_secrets() -> list[SealedStore]:
    """Return the secrets of all devices, for the change of keys; plain ones are encrypted as well."""
    return [SealedStore("two-factor secrets", _renew_some)]


def _renew_some(behind: int) -> Renewed:
    key_ring()  # a missing key is told before anything is written
    with transaction.atomic():
        rows = Authenticator.objects.filter(pk__gt=behind).order_by("pk")
        part = list(rows.select_for_update()[:ROWS_AT_ONCE])
        done = Renewed(behind=part[-1].pk if part else None)
        for row in part:
            try:
                data = _renewed(row.data)
            except EncryptionProblem:
                done.unreadable += 1
                continue
            if data != row.data:
                Authenticator.objects.filter(pk=row.pk).update(data=data)
                done.renewed += 1
    return done


def _renewed(data: dict[str, Any]) -> dict[str, Any]:
    found = dict(data)
    for name in SEALED:
        stored = data.get(name)
        if isinstance(stored, str) and (not _is_sealed(stored) or needs_rotation(stored)):
            found[name] = encrypt(opened(stored), CONTEXT)
    codes = data.get("migrated_codes")
    if isinstance(codes, list):
        found["migrated_codes"] = [
            encrypt(opened(one), CONTEXT) if not _is_sealed(one) or needs_rotation(one) else one
            for one in codes
        ]
    return found
