"""Where the versions of the models are found: the settings, the command box, the guide."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.quality.match_models.pages import ADDRESS
from keqiao.ui.commands import Command, register_command
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings


def register() -> None:
    register_settings(
        SettingsEntry("match-models", _("How duplicates are told"), "copy", DATA, ADDRESS, order=28)
    )
    register_command(
        Command(
            _("How duplicates are told"), ADDRESS, "copy", "duplicate model version 查重 重复 模型 版本",
            is_visible=lambda access: access.is_administrator,
        )
    )  # fmt: skip
    register_guide("duplicate-models", "settings/match-models/")
