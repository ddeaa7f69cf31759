"""The map of the API's addresses; a trailing slash is accepted and never needed."""

from __future__ import annotations

from django.urls import path, re_path

from keqiao.api import description, router

urlpatterns = [
    path("docs", description.documentation, name="api-docs"),
    path("openapi.json", description.openapi_document, name="api-openapi"),
    re_path(r"^v1/?$", router.index, name="api-index"),
    re_path(r"^v1/pending-changes/(?P<pending_id>[0-9]{1,18})/?$", router.held, name="api-held"),
    re_path(r"^v1/(?P<path>[a-z][a-z0-9-]{0,60})/?$", router.collection, name="api-collection"),
    re_path(r"^v1/(?P<path>[a-z][a-z0-9-]{0,60})/bulk/?$", router.bulk, name="api-bulk"),
    re_path(
        r"^v1/(?P<path>[a-z][a-z0-9-]{0,60})/(?P<record_id>[0-9]{1,15})/?$",
        router.record,
        name="api-record",
    ),
    re_path(
        r"^v1/(?P<path>[a-z][a-z0-9-]{0,60})/(?P<record_id>[0-9]{1,15})/(?P<verb>[a-z-]{2,30})/?$",
        router.record_verb,
        name="api-verb",
    ),
    re_path(r"^v1/.*$", router.nothing_here, name="api-nothing"),
]
