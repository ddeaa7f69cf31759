"""Where merging is found: the record's menu, the bulk bar of lists, the page of a merged record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.access.rights import Action
from keqiao.quality.cleaning.models import Correction
from keqiao.quality.merge_compare import alternates_panel, merged_panel
from keqiao.quality.merge_pages import MOST_IN_A_ROW, merge_address
from keqiao.quality.review.models import PendingChange
from keqiao.records.merging_attached import AttachedRows, register_attached
from keqiao.ui.bulk import facts
from keqiao.ui.bulk_actions import BulkAction, register_bulk_action
from keqiao.ui.dialogs import dialog
from keqiao.ui.gate import go
from keqiao.ui.record_commands import OpenRecord, RecordCommand, register_record_command
from keqiao.ui.record_parts import RecordPanel, register_record_panel

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.bulk import Choice


def can_be_merged(access: Access, declared: ObjectType) -> bool:
    """Tell whether records of a type are compared with one another, and this person may merge some."""
    may = access.can(Action.CHANGE, declared) and access.can(Action.DELETE, declared)
    return bool(declared.duplicates) and may


def _of_record(record: OpenRecord) -> bool:
    return can_be_merged(record.access, record.declared) and record.may(Action.CHANGE)


def _bulk_page(request: HttpRequest, choice: Choice) -> HttpResponse:
    """Lead to the page that compares what is ticked."""
    ids = list(choice.ids)
    if not choice.all and 2 <= len(ids) <= MOST_IN_A_ROW:
        return go(request, merge_address(choice.declared, ids))
    context = {**facts(choice), "most": MOST_IN_A_ROW}
    return dialog(request, "merge_some", _("Merge"), context, 422)


def register() -> None:
    register_record_command(
        RecordCommand(
            "merge", gettext_lazy("Merge with another record"), "git-merge", "merge/", Action.DELETE,
            "duplicate 重复 合并 查重", in_dialog=True, order=80, is_offered=_of_record,
        )
    )  # fmt: skip
    register_bulk_action(
        BulkAction(
            "merge",
            gettext_lazy("Merge"),
            "git-merge",
            Action.DELETE,
            _bulk_page,
            can_be_merged,
            60,
        )
    )
    register_record_panel(
        RecordPanel("merged", "quality/merge/banner.html", merged_panel, place="middle", order=8)
    )
    register_record_panel(
        RecordPanel("alternates", "quality/merge/alternates.html", alternates_panel, order=700)
    )
    # What waits for a decision about the record, and what was corrected in it.
    register_attached(AttachedRows(PendingChange))
    register_attached(AttachedRows(Correction))
