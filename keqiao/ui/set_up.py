"""The first page of a new installation: whoever holds its one-time key becomes administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.directory import add_user
from keqiao.access.models import User
from keqiao.access.roles import ensure_standard_roles
from keqiao.access.set_up import is_open, use_token

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    if not is_open():
        raise Http404
    problems = _make_administrator(request) if request.method == "POST" else []
    if request.method == "POST" and not problems:
        messages.success(request, _("Welcome. You are the administrator of this installation."))
        return redirect("/")
    given = {name: request.POST.get(name, "") for name in ("token", "name", "username")}
    context = {
        "form_values": {**given, "token": given["token"] or request.GET.get("token", "")},
        "problems": problems,
    }
    return render(request, "ui/setup.html", context, status=422 if problems else 200)


def _make_administrator(request: HttpRequest) -> list[str]:
    given = request.POST
    name = " ".join(given.get("name", "").split())[:60]
    username = given.get("username", "").strip()[:60]
    password = given.get("password", "")
    if not name or not username:
        return [_("Please enter your name and a sign-in name.")]
    try:
        validate_password(password, User(username=username, name=name))
    except ValidationError as problem:
        return list(problem.messages)
    with transaction.atomic():
        if not use_token(given.get("token", "")):
            return [
                _(
                    "This token is not right, or it was used already. The command line can print a new one."
                )
            ]
        ensure_standard_roles()
        made = add_user(username, name, password, is_administrator=True)
    login(request, made, backend="allauth.account.auth_backends.AuthenticationBackend")
    return []
