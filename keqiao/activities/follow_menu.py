"""Puts following up where people look for it: record pages, list rows, "New", the command box, settings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.access.rights import Action
from keqiao.activities.timeline_page import is_followed, load_tab, may_follow_up
from keqiao.catalog.registry import object_type
from keqiao.ui.navigation import Beginning, register_beginning
from keqiao.ui.object_keys import register_object_keys
from keqiao.ui.record_commands import RecordCommand, register_record_command
from keqiao.ui.record_parts import (
    QuickAction,
    RecordTab,
    RowAction,
    register_quick_action,
    register_record_tab,
    register_row_action,
)
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import MINE, SettingsEntry, register_settings

register_object_keys("task", go="t", prefix="!")
register_record_tab(
    RecordTab(
        "timeline", _("Timeline"), "activities/parts/timeline.html", load_tab, 10, is_followed
    )
)
register_quick_action(
    QuickAction(
        "follow_up", _("Log follow-up"), "message-plus", "/activities/log/?about={about}", 10,
        mark="data-followup", is_for=may_follow_up,
    )
)  # fmt: skip
register_quick_action(
    QuickAction(
        "task", _("Task"), "checkbox", "/activities/plan/?type=task&about={about}", 100,
        mark="data-task",
        is_for=lambda access, declared: is_followed(access, declared)
        and access.can(Action.CREATE, object_type("task")),
    )
)  # fmt: skip
register_row_action(
    RowAction(
        "follow_up", _("Log follow-up"), "message-plus", "/activities/log/?about={key}:{id}",
        "data-followup", 10, may_follow_up,
    )
)  # fmt: skip
register_row_action(
    RowAction(
        "task", _("Task"), "checkbox", "/activities/plan/?type=task&about={key}:{id}",
        "data-task", 20,
        lambda access, declared: is_followed(access, declared)
        and access.can(Action.CREATE, object_type("task")),
    )
)  # fmt: skip
register_beginning(
    Beginning(
        "follow_up", _("Log a follow-up"), "message-plus", "/activities/log/", 10,
        is_visible=lambda access: access.can(Action.CREATE, object_type("note")),
    )
)  # fmt: skip
register_record_command(
    RecordCommand(
        "follow_up", _("Log a follow-up"), "message-plus", synonyms="note call 跟进 记录", letter="L",
        press="data-followup", order=5,
        is_offered=lambda opened: may_follow_up(opened.access, opened.declared),
    )
)  # fmt: skip
register_settings(
    SettingsEntry(
        "phrases", _("Common phrases"), "quote", MINE, "", for_administrators=False, order=14
    )
)
register_guide("follow-ups", "activities/log/")
register_guide("follow-ups", "attachments/upload/")
register_guide("follow-ups", "settings/phrases/")
