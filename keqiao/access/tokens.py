"""Keys that let programs call the API: made once, shown once, kept as a hash, limited and ended."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqiao.access.models import ApiToken
from keqiao.base.clock import now
from keqiao.catalog.registry import object_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keqiao.access.models import User

# A fixed beginning lets secret scanners find a token that was committed or mailed by mistake.
BEGINNING = "kq_"
PREFIX_LENGTH = 10
LONGEST_DAYS = 366
# A request per token and five minutes may write; more often would cost every call a commit.
USED_AT_STEP = timedelta(minutes=5)


class TokenProblem(Exception):
    """A token cannot be made as asked; `message` is for the person who asked."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = message


def known_scopes() -> list[str]:
    """Return what a token can be limited to: reading or writing, of one object type or of all."""
    keys = ["*", *(declared.key for declared in object_types())]
    return [f"{key}:{right}" for key in keys for right in ("read", "write")]


def issue_token(user: User, name: str, scopes: Sequence[str], *, days: int) -> tuple[ApiToken, str]:
    """Make a token with the user's rights narrowed to `scopes`; return it with its secret text."""
    unknown = sorted(set(scopes) - set(known_scopes()))
    if unknown or not scopes:
        raise TokenProblem(_("Please choose what the token may read or write."))
    if not 1 <= days <= LONGEST_DAYS:
        raise TokenProblem(_("A token is valid for 1 to 366 days."))
    text = BEGINNING + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name.strip()[:80] or "API",
        prefix=text[:PREFIX_LENGTH],
        digest=_digest(text),
        scopes=sorted(set(scopes)),
        expires_at=now() + timedelta(days=days),
    )
    return token, text


def token_for(text: str) -> ApiToken | None:
    """Return the live token behind `text`, of a user who is still active; note that it was used."""
    if not text.startswith(BEGINNING) or len(text) > 100:
        return None
    moment = now()
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=_digest(text), revoked_at=None, expires_at__gt=moment, user__is_active=True)
        .first()
    )
    if token is not None and (
        token.last_used_at is None or token.last_used_at < moment - USED_AT_STEP
    ):
        ApiToken.objects.filter(pk=token.pk).filter(
            Q(last_used_at=None) | Q(last_used_at__lt=moment - USED_AT_STEP)
        ).update(last_used_at=moment)
    return token


def revoke_token(token: ApiToken) -> None:
    """End a token at once; calls under way finish, the next one is refused."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now())


def _digest(text: str) -> str:
    # 256 random bits need no slow hash: nobody can try them out.
    return sha256(text.encode()).hexdigest()
