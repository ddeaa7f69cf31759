"""How this product uses the sign-in library: no public sign-up, one lock per account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.http import Http404
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class ClosedSignUp(DefaultAccountAdapter):
    """Accounts are made by an administrator, never by a visitor."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class LongEnough(MinimumLengthValidator):
    """The framework's rule in words of ours, which are there in every language offered."""

    def get_error_message(self) -> str:
        return _("This password is too short. Please use at least %(count)s characters.") % {
            "count": self.min_length
        }

    def get_help_text(self) -> str:
        return _("At least %(count)s characters; a sentence is easiest to remember.") % {
            "count": self.min_length
        }


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
