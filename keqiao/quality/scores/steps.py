"""What lifts the score most: everything that waits to be put right, each with the page where that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from keqiao.quality.cleaning import pages as corrections
from keqiao.quality.cleaning.batches import correctable_types
from keqiao.quality.completion import pages as completion
from keqiao.quality.completion.filling import usable_rules
from keqiao.quality.duplicates import bulk_pages as safe_merges
from keqiao.quality.duplicates.bulk import may_merge_in_bulk, safe_pairs
from keqiao.quality.duplicates.deciding import visible_types
from keqiao.quality.queue.sources import COUNT_STOPS_AT, queue_sources
from keqiao.quality.queue.waiting import count_text, forget_waiting, waiting_by_source
from keqiao.quality.scores.arithmetic import Dimension
from keqiao.quality.scores.expectations import expectations

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.scores.figures import Figures

# Which part of the score the decisions of a queue move.
LIFTED = {
    "duplicates": Dimension.UNIQUENESS,
    "corrections": Dimension.CONSISTENCY,
    "verify": Dimension.CURRENTNESS,
    "differences": Dimension.ACCURACY,
    "second-entry": Dimension.ACCURACY,
}


def steps_of(access: Access, declared: ObjectType, figures: Figures) -> list[dict[str, Any]]:
    """Return what this person can do about the records of a type, what is worth most first.

    The queues are counted over all types, as the person works through them.
    """
    found = [*_batches(access, declared, figures), *_queues(access, figures)]
    ordered = sorted(found, key=lambda step: -step["points"])
    return [{**step, "gain": _gain(step["points"])} for step in ordered]


def _batches(access: Access, declared: ObjectType, figures: Figures) -> list[dict[str, Any]]:
    found = []
    if declared in visible_types(access) and may_merge_in_bulk(access, declared):
        pairs = safe_pairs(access, declared)[: COUNT_STOPS_AT + 1].count()
        url = f"{safe_merges.ADDRESS}?object={declared.key}"
        points = figures.lift(Dimension.UNIQUENESS)
        found.append(_step(_("Merge safe pairs"), "git-merge", url, pairs, points))
    if declared in correctable_types(access):
        broken = figures.parts.get(Dimension.CONSISTENCY, [0, 0, 0])
        count = broken[1] - broken[0]
        url = f"{corrections.ADDRESS}?object={declared.key}"
        points = figures.lift(Dimension.CONSISTENCY)
        found.append(_step(_("Find what contradicts itself"), "list-check", url, count, points))
    targets = {rule.target.name for rule in usable_rules(access, declared)}
    wanted = [one for one in expectations(declared).fields if one.name in targets]
    empty = max((figures.missing[one.name] for one in wanted), default=0)
    points = sum(figures.gain(one) for one in wanted)
    url = f"{completion.ADDRESS}?object={declared.key}"
    found.append(_step(_("Fill in what other values tell"), "text-plus", url, empty, points))
    return [step for step in found if step["count"]]


def _queues(access: Access, figures: Figures) -> list[dict[str, Any]]:
    # Somebody comes here from a batch that has just found things to decide: no number of a minute ago.
    forget_waiting(access)
    waiting = waiting_by_source(access)
    return [
        _step(
            source.label, source.icon, source.url, waiting[source.key],
            figures.lift(LIFTED[source.key]) if source.key in LIFTED else 0.0,
        )
        for source in queue_sources(access) if waiting.get(source.key)
    ]  # fmt: skip


def _step(label: Any, icon: str, url: str, count: int, points: float) -> dict[str, Any]:
    text = count_text(count) if count else ""
    return {"label": label, "icon": icon, "url": url, "count": text, "points": points}


def _gain(points: float) -> str:
    return f"+{points:.1f}" if points >= 0.05 else ""
