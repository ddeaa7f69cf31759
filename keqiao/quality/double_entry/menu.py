"""Where double entry is found: the desk, the settings, the fields of a record."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.quality.double_entry.rule_pages import ADDRESS
from keqiao.quality.double_entry.source import DifferenceSource, SecondEntrySource
from keqiao.quality.double_entry.verified import verified_fields
from keqiao.quality.queue.sources import register_queue_source
from keqiao.ui.record_parts import register_field_marks
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings


def register() -> None:
    register_queue_source(SecondEntrySource())
    register_queue_source(DifferenceSource())
    register_settings(
        SettingsEntry("double-entry", _("Double entry"), "keyboard", DATA, ADDRESS, order=27)
    )
    register_field_marks(verified_fields)
    register_guide("double-entry", "quality/second-entry/")
    register_guide("double-entry", "settings/double-entry/")
