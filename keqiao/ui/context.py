"""What every page knows: the reader's look and language, the menus, the notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from keqiao.ui.help_pages import offered_tour
from keqiao.ui.navigation import Navigation
from keqiao.ui.preferences import NAV_COOKIE
from keqiao.ui.settings.menu import settings_menu

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True)
class Look:
    """How this reader wants pages to look."""

    theme: str = "auto"
    density: str = "comfortable"
    language: str = "zh-Hans"
    nav_narrow: bool = False
    keys_off: bool = False


def page(request: HttpRequest) -> dict[str, Any]:
    """Add the shell's needs to every template; nothing is read before a template asks for it."""
    user = getattr(request, "user", None)
    language = "en" if (get_language() or "").startswith("en") else "zh-Hans"
    access = getattr(request, "access", None)
    if user is None or not user.is_authenticated or access is None:
        return {"ui": Look(language=language)}
    return {
        "ui": Look(
            theme=user.theme,
            density=user.density,
            language=language,
            nav_narrow=request.COOKIES.get(NAV_COOKIE) == "narrow",
            keys_off=user.keys_off,
        ),
        "me": user,
        "nav": SimpleLazyObject(lambda: Navigation(access, request.path)),
        "tour_offer": SimpleLazyObject(lambda: offered_tour(request)),
        "settings_menu": SimpleLazyObject(lambda: settings_menu(request)),
    }
