"""Where data standards are found: the settings and the guide."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.quality.standards.rule_pages import ADDRESS
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings


def register() -> None:
    register_settings(
        SettingsEntry("standards", _("Data standards"), "book", DATA, ADDRESS, order=24)
    )
    register_guide("standards", "settings/standards/")
