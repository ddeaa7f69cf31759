"""Where review is found: the menu, the settings, the record whose change waits."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.quality.queue.sources import register_queue_source
from keqiao.quality.queue.waiting import GROUP
from keqiao.quality.review.deciding import may_decide, may_know
from keqiao.quality.review.known import known
from keqiao.quality.review.rule_pages import ADDRESS
from keqiao.quality.review.source import ReviewSource
from keqiao.ui.cells import near_moment
from keqiao.ui.navigation import MenuEntry, register_entry, sentence
from keqiao.ui.record_parts import OpenedRecord, RecordPanel, register_record_panel
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings

MOST_SHOWN = 5


def register() -> None:
    register_queue_source(ReviewSource())
    register_entry(
        MenuEntry(
            "reviews", _("Reviews"), "list-check", "/quality/review/", group=GROUP, order=562,
            is_visible=lambda access: bool(known().rules),
        )
    )  # fmt: skip
    register_settings(
        SettingsEntry(
            "review-rules", _("Review of entered data"), "list-check", DATA, ADDRESS, order=26
        )
    )
    register_record_panel(
        RecordPanel(
            "pending", "quality/review/panel.html", waiting_about, place="middle", order=5,
            is_for=lambda _access, declared: bool(known().rules.get(declared.key)),
            in_side_panel=True,
        )
    )  # fmt: skip
    register_guide("review", "settings/review-rules/")


def waiting_about(opened: OpenedRecord) -> dict[str, Any] | None:
    """Return what waits about the open record, for whoever may know of it."""
    access, declared = opened.access, opened.declared
    rows = may_know(access, declared, opened.record).select_related("rule").order_by("pk")
    found = list(rows[:MOST_SHOWN])
    if not found:
        return None
    mask, fields = access.fields(declared), declared.fields()
    return {
        "waiting": [
            {
                "maker": pending.maker_name if pending.maker_id else _("the command line"),
                "when": near_moment(pending.made_at),
                "fields": [
                    sentence(fields[name].label)
                    for name in pending.checked
                    if name in fields and not mask.is_hidden(name)
                ],
                "url": f"/quality/queue/review/?at={pending.pk}"
                if may_decide(access, pending)
                else f"/quality/review/{pending.pk}/"
                if pending.maker_id == access.user_id
                else "",
            }
            for pending in found
        ]
    }
