"""The addresses of following up: composer, timelines, and what is done with one entry."""

from __future__ import annotations

from django.urls import path

from keqiao.activities import (
    attachment_pages,
    composer_pages,
    entry_pages,
    phrase_pages,
    timeline_page,
)
from keqiao.ui import converters

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("activities/log/", composer_pages.follow_up_page, name="follow_up"),
    path("activities/log/more/", composer_pages.more_part),
    path("activities/log/draft/", composer_pages.keep_draft),
    path("activities/log/mention/", composer_pages.mention_part),
    path("activities/timeline/<slug:key>/<record:record_id>/", timeline_page.timeline_part),
    path("activities/timeline/<slug:key>/<record:record_id>/counts/", timeline_page.counts_part),
    path("activities/<slug:key>/<record:record_id>/comment/", entry_pages.comment_page),
    path("activities/<slug:key>/<record:record_id>/text/", entry_pages.text_page),
    path("activities/<slug:key>/<record:record_id>/remove/", entry_pages.remove_page),
    path("activities/<slug:key>/<record:record_id>/pin/", entry_pages.pin_page),
    path("attachments/upload/", attachment_pages.upload_page, name="upload"),
    path("attachments/<record:record_id>/file/", attachment_pages.file_page),
    path("attachments/<record:record_id>/preview/", attachment_pages.preview_page),
    path("settings/phrases/", phrase_pages.phrases_page, name="phrases"),
]
