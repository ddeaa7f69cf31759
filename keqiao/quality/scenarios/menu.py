"""Where the rules of the duplicate check are found."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.quality.scenarios.rule_pages import ADDRESS
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings


def register() -> None:
    register_settings(
        SettingsEntry("duplicates", _("Duplicate check"), "copy", DATA, ADDRESS, order=24)
    )
    register_guide("duplicate-check", "settings/duplicates/")
