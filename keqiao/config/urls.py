"""The map of addresses: sign-in, health, and what the layers below serve."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from keqiao.config import health, sign_in

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("api/", include("keqiao.api.urls")),
    # Mail addresses are kept by an administrator; the library's own page would make a second list.
    path("auth/email/", sign_in.not_offered),
    path("auth/", include("allauth.account.urls")),
    path("auth/two-factor/", include("allauth.mfa.urls")),
    path("", include("keqiao.importing.urls")),
    path("", include("keqiao.quality.urls")),
    path("", include("keqiao.config.file_check.urls")),
    path("", include("keqiao.automation.urls")),
    path("", include("keqiao.activities.follow_urls")),
    path("", include("keqiao.activities.day_urls")),
    path("", include("keqiao.notifications.urls")),
    path("", include("keqiao.customers.urls")),
    # Last: its addresses begin with the word of any object type.
    path("", include("keqiao.ui.urls")),
]

handler400 = "keqiao.ui.errors.bad_request"
handler403 = "keqiao.ui.errors.forbidden"
handler404 = "keqiao.ui.errors.not_found"
handler500 = "keqiao.ui.errors.server_error"
