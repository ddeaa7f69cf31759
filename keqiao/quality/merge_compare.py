"""Two records side by side: what differs, which value is proposed, what would move; as one may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.access.rights import Action
from keqiao.base.prepared import ask
from keqiao.catalog.registry import object_type
from keqiao.records.merging import mergeable, merged_rows
from keqiao.records.merging_pointers import count_pointing
from keqiao.records.merging_undo import undo_until
from keqiao.records.merging_values import ALL, default_choices, may_choose, merged_fields
from keqiao.records.models import Merge
from keqiao.records.present import present
from keqiao.ui.cells import cell_html, near_moment
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet
    from django.http import QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row
    from keqiao.ui.record_parts import OpenedRecord

CHOICE = "choose__"
MOST_ALTERNATES = 6


@dataclass(frozen=True)
class Pair:
    """The two records on the page: which stays and which goes into it."""

    kept: Row
    lost: Row
    kept_record: Any
    lost_record: Any


def read_pair(access: Access, declared: ObjectType, kept: int, lost: int) -> Pair | None:
    """Read both, if this person may merge them."""
    found = mergeable(access, declared).in_bulk([kept, lost])
    if kept == lost or len(found) < 2:
        return None
    names = readable_names(access, declared)
    shown = present(access, declared, [found[kept], found[lost]], names)
    return Pair(shown[0], shown[1], found[kept], found[lost])


def readable_names(access: Access, declared: ObjectType) -> list[str]:
    mask = access.fields(declared)
    return [own.name for own in merged_fields(declared) if mask.is_readable(own.name)]


def better_survivor(pair: Pair) -> bool:
    """Tell whether the other one should rather stay: somebody looks after it, or it knows more."""
    sides = [
        (row.owner_id is not None, sum(bool(cell.text) for cell in row.cells.values()), -row.id)
        for row in (pair.lost, pair.kept)
    ]
    return sides[0] > sides[1]


def comparison(
    access: Access, declared: ObjectType, pair: Pair, given: QueryDict | None = None
) -> dict[str, Any]:
    """Return the lines of the page: those to decide, and those that are equal."""
    fields = declared.fields()
    proposed = default_choices(access, declared, pair.kept_record, [pair.lost_record])
    differing, equal = [], []
    for name in readable_names(access, declared):
        own = fields[name]
        left, right = pair.kept.cells[name], pair.lost.cells[name]
        if not left.text and not right.text:
            continue
        line: dict[str, Any] = {
            "name": f"{CHOICE}{name}",
            "label": sentence(own.label),
            "left": cell_html(left, own, wide=True),
            "right": cell_html(right, own, wide=True),
        }
        if own.value(pair.kept_record) == own.value(pair.lost_record):
            equal.append(line)
            continue
        asked = given.get(line["name"], "") if given is not None else ""
        line["chosen"] = asked or str(proposed.get(name, pair.kept.id))
        line["both"] = own.kind.many
        line["is_fixed"] = not _is_offered(access, declared, pair, name)
        differing.append(line)
    return {"differing": differing, "equal": equal}


def _is_offered(access: Access, declared: ObjectType, pair: Pair, name: str) -> bool:
    if not may_choose(access, declared, declared.fields()[name]):
        return False
    return name != "owner" or access.reaches(Action.TRANSFER, declared, pair.kept_record)


def asked_choices(
    access: Access, declared: ObjectType, pair: Pair, given: QueryDict
) -> dict[str, int]:
    """Return what was chosen for the fields this person may decide about; others are not read."""
    ids = {str(pair.kept.id): pair.kept.id, str(pair.lost.id): pair.lost.id, str(ALL): ALL}
    found = {}
    for name in readable_names(access, declared):
        choice = given.get(f"{CHOICE}{name}", "")
        if choice in ids and _is_offered(access, declared, pair, name):
            found[name] = ids[choice]
    return found


def what_moves(access: Access, declared: ObjectType, lost: int) -> list[dict[str, Any]]:
    """Return by object type how much goes to the record that stays, as far as this person sees it."""
    return moved_lines(count_pointing(access, declared, [lost]))


def moved_lines(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    lines = []
    for key, count in counts.items():
        declared = object_type(key)
        label = sentence(declared.label_plural)
        lines.append({"icon": declared.icon, "label": label, "count": f"{count:,}"})
    return lines


# --- on the record's page ---------------------------------------------------------------------------


def _merges_into(opened: OpenedRecord) -> list[Merge]:
    """Return the merges by which others went into a record, the last one first; read once a page."""

    def build(marks: Sequence[Any]) -> QuerySet[Merge]:
        found = Merge.objects.filter(object_key=marks[0], survivor_id=marks[1], undone_at=None)
        return found.order_by("-pk")[:20]

    if "merges" not in opened.memo:
        opened.memo["merges"] = ask("merges", [opened.declared.key, opened.id], build)
    merges: list[Merge] = opened.memo["merges"]
    return merges


def merged_panel(opened: OpenedRecord) -> dict[str, Any] | None:
    """Tell on the record's page that others went into it lately, and lead to the way back."""
    lately = [
        one for one in _merges_into(opened) if not one.is_final and undo_until(one) > timezone.now()
    ]
    if not lately:
        return None
    return {
        "merges": [
            {
                "text": _("%(who)s merged %(count)s into this record")
                % {"who": one.actor_name, "count": counted(opened.declared, len(one.loser_ids))},
                "when": near_moment(one.at),
                "until": timezone.localtime(undo_until(one)).strftime("%Y-%m-%d"),
                "url": f"/merges/{one.pk}/",
            }
            for one in lately[:3]
        ]
    }


def counted(declared: ObjectType, count: int) -> str:
    if count == 1:
        return _("another %(object)s") % {"object": declared.label}
    return _("%(count)s other %(objects)s") % {"count": count, "objects": declared.label_plural}


def alternates_panel(opened: OpenedRecord) -> dict[str, Any] | None:
    """Show the values of merged records that the survivor does not have: nothing is lost."""
    merges = _merges_into(opened)
    if not merges:
        return None
    ids = [pk for one in merges for pk in one.loser_ids]
    lines = alternates(opened.access, opened.declared, opened.record, ids)
    if not lines:
        return None
    return {
        "lines": lines[:MOST_ALTERNATES],
        "more": max(len(lines) - MOST_ALTERNATES, 0),
        "url": f"/merges/{merges[0].pk}/",
    }


def alternates(
    access: Access, declared: ObjectType, survivor: Any, loser_ids: Sequence[int]
) -> list[dict[str, Any]]:
    """Return the losers' filled values that differ from the survivor's, as this person may read them."""
    rows = merged_rows(access, declared, survivor.pk, loser_ids)
    names = [name for name in readable_names(access, declared) if name != "owner"]
    fields, lines, told = declared.fields(), [], set()
    for row, shown in zip(rows, present(access, declared, rows, names), strict=True):
        for name in names:
            own, cell = fields[name], shown.cells[name]
            value, kept = own.value(row), own.value(survivor)
            is_known = value == kept or (own.kind.many and set(value) <= set(kept or ()))
            if not cell.text or is_known or (name, cell.text) in told:
                continue
            told.add((name, cell.text))
            lines.append(
                {
                    "label": sentence(own.label),
                    "html": cell_html(cell, own, wide=True),
                    "from": shown.title,
                }
            )
    return lines
