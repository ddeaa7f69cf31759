"""Lets people put the product on a phone's start screen, and says honestly when there is no network.

The service worker keeps one page and its looks, nothing else: no customer ever lies on the device.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from keqiao.ui.guide import guide_language

if TYPE_CHECKING:
    from django.http import HttpRequest

ACCENT, GROUND = "#0b7a66", "#f6f7f7"
SIZES = (192, 512)
LOOKS = (
    "ui/tokens.css",
    "ui/base.css",
    "ui/shell.css",
    "ui/components.css",
    "ui/pages.css",
    "vendor/icons.svg",
    "ui/logo.svg",
)
DAY_SECONDS = 24 * 3600


def _language(request: HttpRequest) -> str:
    """Return the language asked for in the address, so that each is a file of its own to caches."""
    wanted = request.GET.get("lang", "")
    return wanted if wanted in dict(settings.LANGUAGES) else guide_language()


@require_GET
@cache_control(public=True, max_age=DAY_SECONDS)
def manifest(request: HttpRequest) -> JsonResponse:
    language = _language(request)
    with override(language):
        described = {
            "id": "/",
            "name": _("Keqiao CRM"),
            "short_name": _("Keqiao"),
            "description": _("Customers, kept true."),
            "lang": "zh-Hans" if language == "zh-hans" else "en",
            "dir": "ltr",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": GROUND,
            "theme_color": ACCENT,
            "icons": [
                {
                    "src": static(f"ui/icons/{purpose}-{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": purpose,
                }
                for purpose in ("any", "maskable")
                for size in SIZES
            ],
            "shortcuts": [
                {"name": _("To do"), "url": "/todo/"},
                {"name": _("Search"), "url": "/search/"},
            ],
        }
    return JsonResponse(
        described,
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@require_GET
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Return the worker; its text changes with what it keeps, so that browsers take the new one."""
    kept = [f"/offline/?lang={_language(request)}", *(static(name) for name in LOOKS)]
    page = offline(request).content
    version = hashlib.sha256(json.dumps(kept).encode() + page).hexdigest()[:12]
    context = {"kept": json.dumps(kept), "version": version}
    return render(request, "ui/service_worker.js", context, content_type="text/javascript")


@require_GET
@cache_control(no_cache=True)
def offline(request: HttpRequest) -> HttpResponse:
    with override(_language(request)):
        return render(
            request, "ui/offline.html", {"looks": [name for name in LOOKS if name.endswith(".css")]}
        )
