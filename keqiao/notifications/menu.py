"""Puts the two pages about notices into the menu of the settings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import COMPANY, MINE, SettingsEntry, register_settings

register_settings(SettingsEntry("notices", _("My notices"), "bell", MINE, "", False, 14))
register_settings(
    SettingsEntry("company-notices", _("Notices and mail"), "mail", COMPANY, "", True, 33)
)
register_guide("notifications", "notices/")
register_guide("notifications", "settings/notices/")
register_guide("notifications", "settings/company-notices/")
