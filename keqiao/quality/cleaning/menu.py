"""Where corrections are found: the menu, the desk, the settings, the guide, the cleaning schedule."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.quality.cleaning.batches import correct_nightly, correctable_types
from keqiao.quality.cleaning.pages import ADDRESS, RULES, effect_text
from keqiao.quality.cleaning.source import CorrectionSource
from keqiao.quality.queue.sources import register_queue_source
from keqiao.quality.queue.waiting import GROUP
from keqiao.quality.schedule.registry import register_cleaning_job
from keqiao.ui.navigation import MenuEntry, register_entry
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings


def register() -> None:
    register_queue_source(CorrectionSource())
    register_entry(
        MenuEntry(
            "corrections", _("Data correction"), "refresh", ADDRESS, group=GROUP, order=566,
            is_visible=lambda access: bool(correctable_types(access)),
        )
    )  # fmt: skip
    register_settings(
        SettingsEntry("correction-rules", _("Correction rules"), "refresh", DATA, RULES, order=25)
    )
    register_cleaning_job(
        correct_nightly,
        purpose=_("Brings new and changed values into the standard form and proposes the rest."),
        effect=_effect,
        settings_url=RULES,
        order=10,
    )
    register_guide("corrections", "quality/corrections/")
    register_guide("corrections", "settings/correction-rules/")


def _effect(result: Any) -> str:
    return effect_text(result) if isinstance(result, dict) else ""
