"""Letting a colleague in again whose telephone is lost: the second step of his sign-in is reset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import authenticate
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.records.audit import account_notes, write_account_note
from keqiao.ui.cells import moment_html
from keqiao.ui.gate import access_of, administrators_only, go, source_of
from keqiao.ui.settings.own import own_user

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

RESET = "mfa_reset"


def two_factor_facts(user: User | None) -> dict[str, Any]:
    """Return what the page of a colleague tells of the second step of signing in."""
    if user is None:
        return {"is_on": False, "resets": []}
    return {
        "is_on": is_mfa_enabled(user),
        "resets": [
            {"who": who, "when": moment_html(at)}
            for action, who, at in account_notes(user.pk)
            if action == RESET
        ],
    }


@administrators_only
@require_POST
def reset(request: HttpRequest, user_id: int) -> HttpResponse:
    """Take a colleague's devices and recovery codes away, after one's own password once more.

    The password goes through the same check as a sign-in, so that trying it out here counts and
    locks as there: a browser left open must not be enough.
    """
    user = get_object_or_404(User, pk=user_id)
    back = f"/settings/people/{user.pk}/"
    me = own_user(request)
    password = request.POST.get("password", "")
    if authenticate(request, username=me.get_username(), password=password) != me:
        messages.error(request, _("Nothing was reset: your own password is not right."))
        return go(request, back)
    with transaction.atomic():
        removed, _by_model = Authenticator.objects.filter(user=user).delete()
        if removed:
            write_account_note(access_of(request), user.pk, RESET, source_of(request), now())
    messages.success(
        request,
        _("%(name)s now signs in with the password alone and can set up two-factor sign-in anew.")
        % {"name": user.name},
    )
    return go(request, back)
