"""Where the scores are found: the menu, the settings, the command box, the record, the list."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.quality.completion import pages as completion
from keqiao.quality.completion.filling import fill_in
from keqiao.quality.freshness.models import FieldMark, VerifyRequest
from keqiao.quality.freshness.source import VerifySource
from keqiao.quality.queue.sources import register_queue_source
from keqiao.quality.queue.waiting import GROUP
from keqiao.quality.scores import record_parts, telling
from keqiao.quality.scores.figures import seen_types
from keqiao.quality.scores.preferences import ADDRESS
from keqiao.records.merging_attached import AttachedRows, register_attached
from keqiao.ui.bulk_undo import register_undoable
from keqiao.ui.commands import Command, register_command
from keqiao.ui.navigation import MenuEntry, register_entry
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings


def register() -> None:
    register_entry(
        MenuEntry(
            "quality", _("Quality desk"), "shield-check", "/quality/desk/", group=GROUP, order=559,
            is_visible=lambda access: bool(seen_types(access)),
        )
    )  # fmt: skip
    register_entry(
        MenuEntry(
            "completion", _("Fill in"), "text-plus", completion.ADDRESS, group=GROUP, order=564,
            is_visible=lambda access: bool(completion.types_to_complete(access)),
        )
    )  # fmt: skip
    register_undoable(fill_in)
    register_guide("fill-in", "quality/completion/")
    register_settings(
        SettingsEntry(
            "quality-scores", _("Quality scores"), "shield-check", DATA, ADDRESS, order=27
        )
    )
    register_command(
        Command(
            _("Quality desk"), "/quality/desk/", "shield-check", "quality score 质量 质量分 数据质量",
            is_visible=lambda access: bool(seen_types(access)),
        )
    )  # fmt: skip
    register_guide("quality-scores", "quality/desk/")
    register_guide("quality-scores", "settings/quality-scores/")
    register_attached(AttachedRows(FieldMark))
    register_attached(AttachedRows(VerifyRequest))
    register_queue_source(VerifySource())
    register_guide("tidy-up", "quality/queue/verify/")
    record_parts.register()
    telling.register()
