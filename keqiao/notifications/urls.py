"""The addresses of the bell, the page of notices and how one wishes to be told."""

from __future__ import annotations

from django.urls import path

from keqiao.notifications import pages, settings_pages
from keqiao.ui import converters

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("notices/", pages.notices_page, name="notices"),
    path("notices/count/", pages.count),
    path("notices/read/", pages.read_all),
    path("notices/<record:notice_id>/read/", pages.read_one),
    path("settings/notices/", settings_pages.own_page),
    path("settings/company-notices/", settings_pages.company_page),
]
