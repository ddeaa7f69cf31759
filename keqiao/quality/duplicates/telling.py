"""Says a pair in words, and no more of it than the reader may know of both records."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from keqiao.access.matrix import matrix
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.duplicates.models import Band, PairStatus, Relation, Scenario
from keqiao.quality.matching.reasons import WORDS, phrase
from keqiao.records.present import titles_of
from keqiao.ui.cells import near_moment
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keqiao.access.access import Access
    from keqiao.quality.duplicates.models import DuplicatePair
    from keqiao.quality.duplicates.pairs import Side

BAND_TONES = {Band.SAFE: "green", Band.REVIEW: "amber", Band.WEAK: "gray"}
STATUS_TONES = {
    PairStatus.NEW: "amber", PairStatus.SAME: "blue", PairStatus.RELATED: "violet",
    PairStatus.DIFFERENT: "gray", PairStatus.MERGED: "green",
}  # fmt: skip


@dataclass(frozen=True)
class Named:
    """One record of a pair as the reader sees it."""

    title: str
    url: str
    object: str


def reasons_told(access: Access, pair: DuplicatePair) -> list[str]:
    """Return why, leaving out every field that this person may not read on either record."""
    found = []
    for field, word in pair.reasons:
        label = _label(access, pair.left_key, field)
        if label and word in WORDS:
            found.append(phrase(word, label))
    return found


def _label(access: Access, object_key: str, field: str) -> str:
    """Return what a compared field is called; a pair of two types names it by both."""
    label = ""
    for part in field.split("|"):
        key, _dot, name = part.rpartition(".")
        try:
            declared = object_type(key or object_key)
        except UnknownObject:
            return ""
        own = declared.fields().get(name)
        if own is None or not access.fields(declared).is_readable(name):
            return ""
        label = label or sentence(own.label)
    return label


def names_of(access: Access, sides: Iterable[Side]) -> dict[Side, Named]:
    """Return what the records in sight are called and where they are, in one query a type."""
    by_key: dict[str, set[int]] = defaultdict(set)
    for key, pk in sides:
        by_key[key].add(pk)
    found = {}
    for key, ids in by_key.items():
        try:
            declared = object_type(key)
        except UnknownObject:
            continue
        label = sentence(declared.label)
        for pk, title in titles_of(access, declared, ids).items():
            found[key, pk] = Named(title or f"#{pk}", f"/{declared.path}/{pk}/", label)
    return found


def line_of(access: Access, pair: DuplicatePair, names: dict[Side, Named]) -> dict[str, Any]:
    """Return a pair as the list shows it; both records are in sight."""
    left, right = names[pair.left], names[pair.right]
    decided = ""
    if pair.decided_at is not None:
        people = matrix().people
        who = people[pair.decided_by_id].name if pair.decided_by_id in people else ""
        decided = " · ".join(part for part in (who, near_moment(pair.decided_at)) if part)
    return {
        "id": pair.pk,
        "left": left,
        "right": right,
        "is_mixed": pair.left_key != pair.right_key,
        "reasons": _(", ").join(reasons_told(access, pair)),
        "band": Band(pair.band).label,
        "band_tone": BAND_TONES[Band(pair.band)],
        "status": PairStatus(pair.status).label,
        "status_tone": STATUS_TONES[PairStatus(pair.status)],
        "relation": Relation(pair.relation).label if pair.relation else "",
        "decided": decided,
        "why": pair.reason,
        "found": Scenario(pair.scenario).label,
        "when": near_moment(pair.found_at),
        "is_open": pair.status == PairStatus.NEW,
        "may_take_back": pair.decided_at is not None and pair.status != PairStatus.MERGED,
    }


def relation_text(relation: str) -> str:
    return str(Relation(relation).label) if relation else _("Related")
