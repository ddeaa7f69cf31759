"""How this product uses the sign-in library: no public sign-up, one lock per account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import get_user_model
from django.http import Http404

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class ClosedSignUp(DefaultAccountAdapter):
    """Accounts are made by an administrator, never by a visitor."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def attempted_account(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Return the user name behind what was typed: name and e-mail share one count of tries."""
    given = credentials or {}
    typed = given.get("username") or given.get("email") or given.get("login")
    if not typed and request is not None:
        typed = request.POST.get("login")
    typed = str(typed or "").strip().lower()[:150]
    if "@" in typed:
        users = get_user_model()._default_manager
        name = users.filter(email__iexact=typed).values_list("username", flat=True).first()
        return str(name or typed).lower()
    return typed


def not_offered(request: HttpRequest) -> HttpResponse:
    """Stand where the library has a page that this product does without."""
    raise Http404
