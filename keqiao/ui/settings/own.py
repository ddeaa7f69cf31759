"""What everybody sets for oneself: profile, sign-in safety, sessions and API tokens."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.directory import update_user
from keqiao.access.models import ApiToken, User
from keqiao.access.tokens import TokenProblem, issue_token, revoke_token
from keqiao.base.clock import now
from keqiao.catalog.registry import object_types
from keqiao.ui.cells import near_moment
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, signed_in
from keqiao.ui.navigation import sentence
from keqiao.ui.settings.menu import settings_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

DEFAULT_TOKEN_DAYS = 90
SESSIONS_READ = 5_000


@signed_in
def index(request: HttpRequest) -> HttpResponse:
    return go(request, "/settings/profile/")


def own_user(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        msg = "settings are for people who are signed in"
        raise TypeError(msg)
    return user


@signed_in
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user, errors = own_user(request), {}
    if request.method == "POST":
        name = " ".join(request.POST.get("name", "").split())
        if not 0 < len(name) <= 60:
            errors["name"] = _("Please enter your name, at most 60 characters.")
        else:
            update_user(user, name=name)
            messages.success(request, _("Saved."))
            return go(request, "/settings/profile/")
    access = access_of(request)
    context = {
        "person": user,
        "department": access.department_name(user.department_id),
        "roles": [role.name for role in user.roles.all()],
        "errors": errors,
        "themes": [("light", _("Light")), ("dark", _("Dark")), ("auto", _("System"))],
        "densities": [("comfortable", _("Comfortable")), ("compact", _("Compact"))],
    }
    return settings_page(request, "profile", _("Profile"), context, 422 if errors else 200)


@signed_in
def security(request: HttpRequest) -> HttpResponse:
    context = {"has_two_factor": is_mfa_enabled(own_user(request))}
    return settings_page(request, "security", _("Password and two-factor sign-in"), context)


# --- sessions --------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Show where this person is signed in; end one session or all others."""
    user = own_user(request)
    mine = _sessions_of(user)
    if request.method == "POST":
        ended = request.POST.get("end", "")
        chosen = [
            one for one in mine
            if one.session_key != request.session.session_key
            and (ended == "others" or _mark(one) == ended)
        ]  # fmt: skip
        for one in chosen:
            # Through the session store, so that a cached copy ends with the row.
            type(request.session)(one.session_key).delete()
        messages.success(request, _("Ended: %(count)s") % {"count": len(chosen)})
        return go(request, "/settings/sessions/")
    lines = [_session_line(one, request.session.session_key) for one in mine]
    lines.sort(key=lambda line: not line["current"])
    context = {
        "lines": lines,
        "lead": _("Signed in somewhere you do not know? End it and change your password."),
    }
    return settings_page(request, "sessions", _("My sessions"), context)


def _sessions_of(user: User) -> list[Session]:
    live = Session.objects.filter(expire_date__gt=now()).order_by("-expire_date")[:SESSIONS_READ]
    return [one for one in live if one.get_decoded().get(SESSION_KEY) == str(user.pk)]


def _mark(session: Session) -> str:
    """Return a name for the session that is not its key: the key itself would open it."""
    return sha256(session.session_key.encode()).hexdigest()[:16]


def _session_line(session: Session, current_key: str | None) -> dict[str, Any]:
    data = session.get_decoded()
    return {
        "mark": _mark(session),
        "current": session.session_key == current_key,
        "device": data.get("device") or _("Unknown browser"),
        "address": data.get("address", ""),
        "since": data.get("signed_in", ""),
        "until": near_moment(session.expire_date),
    }


# --- API tokens --------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    user, problem, secret = own_user(request), "", ""
    ended = whole_number(request.POST.get("end", ""))
    if ended is not None:
        token = get_object_or_404(ApiToken, pk=ended, user=user)
        revoke_token(token)
        messages.success(request, _("The token has ended."))
        return go(request, "/settings/tokens/")
    if request.method == "POST":
        days = request.POST.get("days", "")
        try:
            number = (whole_number(days) or 0) if len(days) < 5 else 0
            _token, secret = issue_token(
                user, request.POST.get("name", ""), request.POST.getlist("scopes"), days=number
            )
        except TokenProblem as found:
            problem = str(found.message)
    live = ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=now())
    context = {
        "lead": _("A token lets a program do what you may do, no more than ticked here."),
        "lines": [_token_line(one) for one in live.order_by("-created_at")],
        "scopes": _scope_lines(request),
        "days": request.POST.get("days", DEFAULT_TOKEN_DAYS),
        "name": "" if secret else request.POST.get("name", ""),
        "problem": problem,
        "secret": secret,
    }
    return settings_page(request, "tokens", _("API tokens"), context, 422 if problem else 200)


def _token_line(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.pk,
        "name": token.name,
        "prefix": token.prefix,
        "scopes": [_scope_text(scope) for scope in token.scopes],
        "expires": near_moment(token.expires_at),
        "used": near_moment(token.last_used_at) if token.last_used_at else _("never"),
    }


def _scope_text(scope: str) -> str:
    """Return a scope ("account:read") in words ("Accounts · read")."""
    key, _colon, action = scope.partition(":")
    names = {
        "*": _("Everything"),
        **{one.key: sentence(one.label_plural) for one in object_types()},
    }
    actions = {"read": _("read"), "write": _("write")}
    return f"{names.get(key, key)} · {actions.get(action, action)}"


def _scope_lines(request: HttpRequest) -> list[dict[str, Any]]:
    chosen = set(request.POST.getlist("scopes"))
    types = [
        ("*", _("Everything")),
        *((one.key, sentence(one.label_plural)) for one in object_types()),
    ]
    return [
        {
            "label": label,
            "read": f"{key}:read",
            "write": f"{key}:write",
            "read_on": f"{key}:read" in chosen,
            "write_on": f"{key}:write" in chosen,
        }
        for key, label in types
    ]
