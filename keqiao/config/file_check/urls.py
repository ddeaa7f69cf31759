"""The addresses of checking a file."""

from __future__ import annotations

from django.urls import path

from keqiao.config.file_check import pages
from keqiao.ui import converters

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("check-file/", pages.start_page, name="check-file"),
    path("check-file/<record:check_id>/", pages.check_page),
    path("check-file/<record:check_id>/progress/", pages.progress_part),
    path("check-file/<record:check_id>/go/", pages.go_on),
    path("check-file/<record:check_id>/clean.xlsx", pages.cleaned_list),
    path("check-file/<record:check_id>/report.xlsx", pages.report_file),
]
