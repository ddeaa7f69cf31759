"""The one-time key of a new installation: whoever has it makes the first administrator, once."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest

from django.db import transaction

from keqiao.access.models import SetupToken, User
from keqiao.base.clock import now

VALID_FOR = timedelta(days=3)


def issue_token() -> str:
    """Return a new key; an earlier one that was not used ends with it."""
    text = secrets.token_urlsafe(24)
    with transaction.atomic():
        SetupToken.objects.filter(used_at=None).delete()
        SetupToken.objects.create(digest=_digest(text))
    return text


def is_open() -> bool:
    """True while a key can still be used: nobody exists and the key is young enough."""
    return not User.objects.exists() and _open_tokens().exists()


def use_token(text: str) -> bool:
    """Spend the key; call inside the transaction that makes the administrator."""
    token = _open_tokens().select_for_update().first()
    if token is None or not compare_digest(token.digest, _digest(text.strip())):
        return False
    if User.objects.exists():
        return False
    return bool(SetupToken.objects.filter(pk=token.pk, used_at=None).update(used_at=now()))


def _open_tokens():  # type: ignore[no-untyped-def]
    return SetupToken.objects.filter(used_at=None, created_at__gt=now() - VALID_FOR)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
