"""Where profiles are found: the menu, the command box, the guide."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.quality.profiling.addresses import OVERVIEW
from keqiao.quality.profiling.pages import seen_types
from keqiao.quality.profiling.replacing import note_undone, transform_many, unify_many
from keqiao.quality.profiling.stop_words import ADDRESS
from keqiao.quality.queue.waiting import GROUP
from keqiao.ui.bulk_undo import register_undoable
from keqiao.ui.commands import Command, register_command
from keqiao.ui.navigation import MenuEntry, register_entry
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings


def register() -> None:
    register_entry(
        MenuEntry(
            "profile", _("Data profile"), "adjustments-horizontal", OVERVIEW, group=GROUP, order=566,
            is_visible=lambda access: bool(seen_types(access)),
        )
    )  # fmt: skip
    register_settings(
        SettingsEntry("stop-words", _("Stop words for variants"), "adjustments-horizontal", DATA, ADDRESS,
                      order=28)
    )  # fmt: skip
    register_undoable(unify_many, note_undone)
    register_undoable(transform_many, note_undone)
    register_guide("data-profile", "quality/profile/")
    register_guide("data-profile", "settings/stop-words/")
    register_command(
        Command(
            _("Data profile"), OVERVIEW, "adjustments-horizontal",
            "profile cluster variants 剖析 数据概况 归并 批量修复",
            is_visible=lambda access: bool(seen_types(access)),
        )
    )  # fmt: skip
