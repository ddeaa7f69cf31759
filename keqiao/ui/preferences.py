"""Keeps how a person likes the product: colours, row height, language, folded navigation, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from keqiao.ui.gate import back_to, go, is_partial

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keqiao.access.models import User

THEMES = ("auto", "light", "dark")
DENSITIES = ("comfortable", "compact")
NAV_COOKIE = "keqiao_nav"
YEAR_SECONDS = 365 * 24 * 3600
CHOICES = {
    "theme": THEMES,
    "density": DENSITIES,
    "language": tuple(code for code, _label in settings.LANGUAGES),
}
COOKIES = {"nav": (NAV_COOKIE, ("narrow", "wide"))}


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Store what was sent; unknown names and values are ignored."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated:
        _keep(request.user, request)  # type: ignore[arg-type]
    response = HttpResponse(status=204) if is_partial(request) else go(request, back_to(request))
    for name, (cookie, allowed) in COOKIES.items():
        if request.POST.get(name) in allowed:
            _set_cookie(response, cookie, request.POST[name])
    if language in CHOICES["language"]:
        _set_cookie(response, settings.LANGUAGE_COOKIE_NAME, language)
    return response


def _keep(user: User, request: HttpRequest) -> None:
    changed = [name for name, allowed in CHOICES.items() if request.POST.get(name) in allowed]
    for name in changed:
        setattr(user, name, request.POST[name])
    if request.POST.get("keys") in {"on", "off"}:
        user.keys_off = request.POST["keys"] == "off"
        changed.append("keys_off")
    if changed:
        user.save(update_fields=changed)


def _set_cookie(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=YEAR_SECONDS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
