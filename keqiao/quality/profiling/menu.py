"""Where profiles are found: the menu, the command box, the guide."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.quality.profiling.addresses import OVERVIEW
from keqiao.quality.profiling.pages import seen_types
from keqiao.quality.queue.waiting import GROUP
from keqiao.ui.commands import Command, register_command
from keqiao.ui.navigation import MenuEntry, register_entry


def register() -> None:
    register_entry(
        MenuEntry(
            "profile", _("Data profile"), "adjustments-horizontal", OVERVIEW, group=GROUP, order=566,
            is_visible=lambda access: bool(seen_types(access)),
        )
    )  # fmt: skip
    register_command(
        Command(
            _("Data profile"), OVERVIEW, "adjustments-horizontal",
            "profile cluster variants 剖析 数据概况 归并 批量修复",
            is_visible=lambda access: bool(seen_types(access)),
        )
    )  # fmt: skip
