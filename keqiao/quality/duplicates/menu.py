"""Where duplicates are found: the desk, the menu, and the pages of records that look like others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.base.prepared import ask
from keqiao.quality.duplicates.deciding import visible_types
from keqiao.quality.duplicates.models import Band, DuplicatePair, PairStatus
from keqiao.quality.duplicates.source import PairSource
from keqiao.quality.duplicates.telling import names_of, relation_text
from keqiao.quality.queue.sources import register_queue_source
from keqiao.quality.queue.waiting import GROUP
from keqiao.ui.commands import Command, register_command
from keqiao.ui.navigation import MenuEntry, register_entry
from keqiao.ui.record_parts import OpenedRecord, RecordPanel, register_record_panel
from keqiao.ui.screens import register_guide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

ADDRESS = "/quality/duplicates/"
MOST_READ = 50
MOST_TOLD = 3
_TOLD = (PairStatus.NEW, PairStatus.SAME, PairStatus.RELATED)


def register() -> None:
    register_queue_source(PairSource())
    register_entry(
        MenuEntry(
            "duplicates", gettext_lazy("Duplicates"), "copy", ADDRESS, group=GROUP, order=561,
            is_visible=lambda access: bool(visible_types(access)),
        )
    )  # fmt: skip
    register_command(
        Command(
            gettext_lazy("Duplicates"), ADDRESS, "copy", "duplicate merge 重复 查重 合并 重复数据",
            is_visible=lambda access: bool(visible_types(access)),
        )
    )  # fmt: skip
    register_record_panel(
        RecordPanel(
            "twins", "quality/duplicates/hint.html", twins_panel, place="middle", order=9,
            is_for=_is_compared,
        )
    )  # fmt: skip
    register_record_panel(
        RecordPanel(
            "related-records", "quality/duplicates/related.html", related_panel, order=690,
            is_for=_is_compared,
        )
    )  # fmt: skip
    for route in ("quality/duplicates/", "quality/duplicates/merge/"):
        register_guide("duplicates", route)


def _is_compared(_access: Access, declared: ObjectType) -> bool:
    return bool(declared.duplicates)


def _pairs_about(opened: OpenedRecord) -> list[DuplicatePair]:
    """Return what is known of the open record and others, the likeliest first; read once a page."""

    key = opened.declared.key

    def build(marks: Sequence[Any]) -> QuerySet[DuplicatePair]:
        about = Q(left_key=key, left_id=marks[0]) | Q(right_key=key, right_id=marks[0])
        rows = DuplicatePair.objects.filter(about, status__in=_TOLD)
        return rows.exclude(status=PairStatus.NEW, band=Band.WEAK).order_by("-weight")[:MOST_READ]

    if "duplicate-pairs" not in opened.memo:
        opened.memo["duplicate-pairs"] = ask(("duplicate-pairs", key), [opened.id], build)
    found: list[DuplicatePair] = opened.memo["duplicate-pairs"]
    return found


def _others(
    opened: OpenedRecord, pairs: Sequence[DuplicatePair]
) -> list[tuple[DuplicatePair, Any]]:
    """Return the pairs whose other record is in sight, with what it is called."""
    own = (opened.declared.key, opened.id)
    other = {pair.pk: pair.right if pair.left == own else pair.left for pair in pairs}
    names = names_of(opened.access, other.values())
    return [(pair, names[other[pair.pk]]) for pair in pairs if other[pair.pk] in names]


def twins_panel(opened: OpenedRecord) -> dict[str, Any] | None:
    """Tell that the record may be kept twice, and lead to the decision."""
    pairs = [one for one in _pairs_about(opened) if one.status != PairStatus.RELATED]
    found = _others(opened, pairs) if pairs else []
    if not found:
        return None
    shown = [
        {"title": name.title, "url": name.url, "desk": f"/quality/queue/duplicates/?at={pair.pk}"}
        for pair, name in found[:MOST_TOLD]
    ]
    return {"count": len(found), "shown": shown, "more": max(len(found) - MOST_TOLD, 0),
            "may_decide": PairSource().is_for(opened.access)}  # fmt: skip


def related_panel(opened: OpenedRecord) -> dict[str, Any] | None:
    """Show the records that are related and not the same: household, branch, group."""
    pairs = [one for one in _pairs_about(opened) if one.status == PairStatus.RELATED]
    found = _others(opened, pairs) if pairs else []
    if not found:
        return None
    return {
        "lines": [
            {
                "relation": relation_text(pair.relation),
                "title": name.title,
                "url": name.url,
                "by": "" if pair.decided_at is not None else _("found by comparison"),
            }
            for pair, name in found
        ]
    }
