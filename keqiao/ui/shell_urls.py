"""The addresses of what surrounds every page: help, favourites, and what makes the site an app."""

from __future__ import annotations

from django.urls import path

from keqiao.ui import converters, favourites, help_pages, home, installable

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("help/", help_pages.help_index, name="help"),
    path("help/keys/", home.keys, name="keys"),
    path("help/seen/", help_pages.answer_hint),
    path("help/tours/<slug:key>/", help_pages.tour),
    path("help/pictures/<str:name>", help_pages.picture),
    path("help/<slug:name>/", help_pages.help_page),
    path("favourites/", favourites.favourites_page, name="favourites"),
    path("manifest.webmanifest", installable.manifest),
    path("service-worker.js", installable.service_worker),
    path("offline/", installable.offline),
    path("<object:declared>/<record:record_id>/star/", favourites.star),
]
