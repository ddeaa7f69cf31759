"""An archived record's page says so, and leads back; lists bring several back at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from keqiao.access.rights import Action
from keqiao.quality.archive.laying_aside import restore
from keqiao.records.archived import can_be_archived, is_archived
from keqiao.records.query import get_record
from keqiao.ui.cells import near_moment
from keqiao.ui.gate import access_of, go, refused, require, signed_in
from keqiao.ui.record_parts import RecordPanel, register_record_panel
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.record_parts import OpenedRecord


def register() -> None:
    register_record_panel(
        RecordPanel(
            "archived", "quality/archive/banner.html", _banner, place="middle", order=5,
            is_for=lambda _access, declared: can_be_archived(declared),
        )
    )  # fmt: skip
    register_settings(
        SettingsEntry(
            "archive", gettext_lazy("Archiving"), "inbox", DATA, "/settings/archive/", order=29
        )
    )
    register_guide("archive", "settings/archive/")


def _banner(opened: OpenedRecord) -> dict[str, Any] | None:
    if not is_archived(opened.record):
        return None
    may = opened.access.reaches(Action.CHANGE, opened.declared, opened.record)
    return {
        "when": near_moment(opened.record.archived_at),  # type: ignore[attr-defined]
        "url": f"{opened.url}unarchive/" if may else "",
    }


@signed_in
@require_POST
def restore_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    get_record(access, declared, record_id)
    if not can_be_archived(declared) or not restore(access, declared, [record_id]):
        raise refused(access, Action.CHANGE, declared, record_id)
    messages.success(request, _("It is in lists and search again."))
    return go(request, f"/{declared.path}/{record_id}/")
