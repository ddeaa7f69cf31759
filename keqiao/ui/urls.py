"""The addresses of the kit: start page, search, settings, and the pages of every object type."""

from __future__ import annotations

from django.urls import include, path

from keqiao.ui import (
    bulk,
    calendar_moving,
    commands,
    converters,
    dialogs,
    filtering,
    forms,
    home,
    job_pages,
    list_menus,
    listing,
    picking,
    preferences,
    record_page,
    search_page,
    set_up,
)

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("", home.home, name="home"),
    path("todo/", home.todo, name="todo"),
    path("me/", home.me, name="me"),
    path("", include("keqiao.ui.shell_urls")),
    path("search/", search_page.search_page, name="search"),
    path("commands/", commands.commands, name="commands"),
    path("set-up/", set_up.set_up, name="set-up"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("jobs/", job_pages.jobs_page, name="jobs"),
    path("jobs/timetable/", job_pages.switch_schedule),
    path("jobs/<record:job_id>/", job_pages.job_part),
    path("jobs/<record:job_id>/cancel/", job_pages.cancel),
    path("jobs/<record:job_id>/retry/", job_pages.retry),
    path("regions/pick/", picking.pick_region),
    path("people/pick/", picking.pick_person),
    path("records/pick/", picking.pick_any_record),
    path("departments/pick/", picking.pick_department),
    path("calendar/move/", calendar_moving.move_page),
    path("settings/", include("keqiao.ui.settings.urls")),
    path("<object:declared>/", listing.list_page, name="list"),
    path("<object:declared>/new/", forms.create_page, name="new"),
    path("<object:declared>/pick/", picking.pick_record),
    path("<object:declared>/filter/", list_menus.filter_menu),
    path("<object:declared>/filter/<slug:name>/", list_menus.quick_menu),
    path("<object:declared>/filter-line/", filtering.filter_line_part),
    path("<object:declared>/columns/", list_menus.column_menu),
    path("<object:declared>/bulk/", bulk.bulk_page),
    path("<object:declared>/export/", bulk.export_page),
    path("<object:declared>/<record:record_id>/", record_page.record_page, name="record"),
    path("<object:declared>/<record:record_id>/edit/", forms.edit_page, name="edit"),
    path("<object:declared>/<record:record_id>/provenance/<str:name>/", dialogs.provenance_page),
    path("<object:declared>/<record:record_id>/delete/", dialogs.delete_page),
    path("<object:declared>/<record:record_id>/transfer/", dialogs.transfer_page),
    path("<object:declared>/<record:record_id>/people/", dialogs.people_page),
    path("<object:declared>/<record:record_id>/reveal/", dialogs.reveal_page),
]
