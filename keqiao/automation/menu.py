"""Offers the working calendar in the settings and tells administrators when a year is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.automation.working_calendar import years_without_arrangement
from keqiao.base.clock import today
from keqiao.ui.home import register_todo
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import COMPANY, SettingsEntry, register_settings

if TYPE_CHECKING:
    from keqiao.access.access import Access

ADDRESS = "/settings/working-days/"


def missing_years(access: Access) -> list[dict[str, Any]]:
    """Return what waits for an administrator: years whose holidays nobody has entered."""
    if not access.is_administrator:
        return []
    return [
        {
            "title": _("The holidays of %(year)s are missing") % {"year": year},
            "text": _("Until they are entered, reminders and deadlines know only the weekends."),
            "url": f"{ADDRESS}?year={year}",
            "icon": "calendar",
            "when": "",
        }
        for year in years_without_arrangement(today())
    ]


def register() -> None:
    register_settings(
        SettingsEntry(
            "working-days", gettext_lazy("Working days"), "calendar", COMPANY, ADDRESS, True, 33
        )
    )
    register_todo(missing_years)
    register_guide("working-days", "settings/working-days/")
