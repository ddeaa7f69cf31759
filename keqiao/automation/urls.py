"""The addresses of the working calendar's settings."""

from __future__ import annotations

from django.urls import path

from keqiao.automation import working_day_pages as pages

urlpatterns = [
    path("settings/working-days/", pages.year_page, name="working-days"),
    path("settings/working-days/week/", pages.week_page),
    path("settings/working-days/import/", pages.import_page),
    path("settings/working-days/reset/", pages.reset_page),
    path("settings/working-days/<str:iso_day>/", pages.day_page),
]
