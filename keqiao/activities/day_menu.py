"""Offers calendar and own tasks in the navigation, and marks holidays on every calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.automation.working_calendar import working_time
from keqiao.automation.working_time import DayKind
from keqiao.ui.calendar import register_day_mark
from keqiao.ui.navigation import MenuEntry, register_entry
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import COMPANY, MINE, SettingsEntry, register_settings

if TYPE_CHECKING:
    from datetime import date


def holiday_mark(day: date) -> tuple[str, str] | None:
    calendar = working_time()
    rule = calendar.rule(day)
    if rule is not None and rule.kind is DayKind.HOLIDAY:
        return "restday offday", rule.name or _("free")
    if rule is not None and rule.kind is DayKind.WORKING:
        return "dutyday", _("duty")
    return None if calendar.is_working(day) else ("restday", "")


register_day_mark(holiday_mark)
register_entry(
    MenuEntry("calendar", gettext_lazy("Calendar"), "calendar", "/calendar/", order=2, go_key="a")
)
register_entry(
    MenuEntry("my-tasks", gettext_lazy("My tasks"), "list-check", "/my-tasks/", order=1, go_key="w")
)
register_settings(
    SettingsEntry(
        "calendar-feed",
        gettext_lazy("Calendar address"),
        "link",
        MINE,
        "/settings/calendar-feed/",
        for_administrators=False,
        order=14,
    )
)
register_settings(
    SettingsEntry(
        "follow-up-rules",
        gettext_lazy("Reminders and escalation"),
        "bell",
        COMPANY,
        "/settings/follow-up-rules/",
        order=34,
    )
)
register_guide("calendar-and-tasks", "calendar/")
register_guide("calendar-and-tasks", "my-tasks/")
register_guide("calendar-and-tasks", "activities/plan/")
register_guide("calendar-and-tasks", "activities/next/")
register_guide("follow-ups", "settings/follow-up-rules/")
