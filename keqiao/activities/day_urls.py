"""The addresses of a person's day: calendar, own tasks, planned work and the calendar for other programs."""

from __future__ import annotations

from django.urls import path

from keqiao.activities import calendar_pages, doing_pages, feed_pages, my_tasks, rule_pages
from keqiao.ui import converters

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("calendar/", calendar_pages.calendar_page, name="calendar"),
    path("calendar/feed/<slug:secret>.ics", feed_pages.feed),
    path("settings/calendar-feed/", feed_pages.feeds_page),
    path("settings/follow-up-rules/", rule_pages.rules_page),
    path("my-tasks/", my_tasks.my_tasks, name="my-tasks"),
    path("activities/next/<slug:key>/<record:record_id>/", my_tasks.next_steps),
    path("activities/plan/", doing_pages.plan_page, name="plan"),
    path("activities/<slug:key>/<record:record_id>/", doing_pages.activity_page),
    path("activities/<slug:key>/<record:record_id>/complete/", doing_pages.complete_page),
    path("activities/<slug:key>/<record:record_id>/check/", doing_pages.check_off),
    path("activities/<slug:key>/<record:record_id>/cancel/", doing_pages.call_off),
]
