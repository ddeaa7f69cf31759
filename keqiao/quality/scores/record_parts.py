"""The score on the page of a record: a ring at the left, and behind it what is missing or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.quality.freshness.marks import latest_marks
from keqiao.quality.scores.arithmetic import GOAL, LABELS, WHOLE, Dimension, Part, score_of
from keqiao.quality.scores.expectations import Expected, expectations
from keqiao.quality.scores.facts import Facts, day_number, day_of, facts_of
from keqiao.quality.scores.measuring import freshness, parts_of
from keqiao.records.measuring import is_measured
from keqiao.records.query import get_record
from keqiao.ui.cells import near_date, score_tone
from keqiao.ui.gate import access_of, require, signed_in
from keqiao.ui.navigation import sentence
from keqiao.ui.record_page import field_item, open_record_page
from keqiao.ui.record_parts import (
    Doubt,
    OpenedRecord,
    RecordPanel,
    RecordTab,
    register_field_marks,
    register_record_panel,
    register_record_tab,
)

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.access.field_mask import FieldMask
    from keqiao.catalog.object_type import ObjectType

RADIUS = 17
AROUND = 2 * pi * RADIUS
# A value that is less than half true is due to be verified.
STALE_BELOW = WHOLE // 2


@dataclass(frozen=True)
class Gap:
    """One field that keeps the record from being whole, and why."""

    expected: Expected
    state: str  # missing | wrong | bad | stale
    why: str | Promise

    @property
    def name(self) -> str:
        return self.expected.name


def register() -> None:
    register_record_panel(
        RecordPanel("quality", "quality/scores/ring.html", _ring, "left", 10, _is_for)
    )
    register_field_marks(marked_fields)
    register_record_tab(
        RecordTab(
            "quality", gettext_lazy("Quality"), "quality/scores/fixes.html", _fixes, 700, _is_for,
            note=lambda opened: str(len(_known(opened)["gaps"]) or ""),
        )
    )  # fmt: skip


def marked_fields(opened: OpenedRecord) -> dict[str, str]:
    """Return what people found out about values that still stand as they did then."""
    if not is_measured(opened.declared):
        return {}
    facts = facts_of(opened.record.quality_facts)  # type: ignore[attr-defined]
    mask = opened.access.fields(opened.declared)
    guessed = _("Filled in by a rule; it counts half until somebody confirms it")
    found: dict[str, str] = {name: Doubt(guessed) for name in facts.half if mask.is_readable(name)}
    if not (facts.ok or facts.bad):
        return found
    marks = latest_marks(opened.declared, opened.id)
    return found | {
        name: Doubt(mark.told) if name in facts.bad else mark.told
        for name, mark in marks.items()
        if mark.by_person and mask.is_readable(name) and name in (*facts.ok, *facts.bad)
    }


def _is_for(access: Access, declared: ObjectType) -> bool:
    return is_measured(declared) and access.fields(declared).is_readable("quality_score")


@signed_in
@require_GET
def ring_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    """Answer the ring anew after something was changed on the page."""
    access = access_of(request)
    require(access, Action.VIEW, declared)
    record = get_record(access, declared, record_id)
    opened = open_record_page(request, access, declared, record)
    if not _is_for(access, declared):
        raise Http404
    return render(request, "quality/scores/ring.html", {"it": _ring(opened)})


def _ring(opened: OpenedRecord) -> dict[str, Any] | None:
    known = _known(opened)
    score = known["score"]
    if score is None:
        return None
    return {
        "score": score,
        "tone": score_tone(score),
        "radius": RADIUS,
        "dash": f"{AROUND * score / 100:.1f} {AROUND:.1f}",
        "text": _summary(known["gaps"]),
        "url": f"{opened.url}?tab=quality",
        "again_url": f"{opened.url}quality/ring/",
    }


def _summary(gaps: list[Gap]) -> str:
    missing = sum(gap.state == "missing" for gap in gaps)
    wrong = sum(gap.state in {"wrong", "bad"} for gap in gaps)
    stale = sum(gap.state == "stale" for gap in gaps)
    parts = [
        _("%(count)s missing") % {"count": missing} if missing else "",
        _("%(count)s wrong") % {"count": wrong} if wrong else "",
        _("%(count)s to verify") % {"count": stale} if stale else "",
    ]
    return _(", ").join(part for part in parts if part) or _("Nothing to fix")


def _known(opened: OpenedRecord) -> dict[str, Any]:
    """Return score, dimensions and gaps of the open record, worked out once a page."""
    if "quality" not in opened.memo:
        declared, row = opened.declared, opened.record
        plan, facts = expectations(declared), facts_of(row.quality_facts)  # type: ignore[attr-defined]
        today = day_number(now())
        parts = parts_of(row, plan, facts, today)
        opened.memo["quality"] = {
            "score": score_of((dimension, part.share) for dimension, part in parts.items()),
            "parts": parts,
            "gaps": gaps_of(opened.access, declared, row, facts, today),
        }
    known: dict[str, Any] = opened.memo["quality"]
    return known


def gaps_of(
    access: Access, declared: ObjectType, row: Model, facts: Facts, today: int
) -> list[Gap]:
    """Return what is missing, wrong or out of date, of the fields this person may read in full."""
    mask = access.fields(declared)
    found = []
    for one in expectations(declared).fields:
        if mask.is_readable(one.name) and (gap := _gap(row, one, facts, today)):
            found.append(gap)
    order = {"missing": 0, "wrong": 1, "bad": 1, "stale": 2}
    return sorted(found, key=lambda gap: (order[gap.state], -gap.expected.weight))


def _gap(row: Model, one: Expected, facts: Facts, today: int) -> Gap | None:
    if not one.is_filled(row):
        return Gap(one, "missing", _("missing")) if one.weight and one.is_asked(row) else None
    if one.name in facts.bad:
        return Gap(one, "bad", _("found wrong"))
    if one.name in facts.wrong:
        return Gap(one, "wrong", _("not what belongs here"))
    if not one.half_life_months:
        return None
    confirmed = facts.on.get(one.name, day_number(row.created_at))  # type: ignore[attr-defined]
    if freshness(one, confirmed, today) >= STALE_BELOW:
        return None
    since = near_date(day_of(confirmed))
    return Gap(one, "stale", _("last confirmed %(day)s") % {"day": since})


def _fixes(opened: OpenedRecord) -> dict[str, Any]:
    known, marks = _known(opened), latest_marks(opened.declared, opened.id)
    mask = opened.access.fields(opened.declared)
    return {
        "again_url": f"{opened.url}?tab=quality",
        "quality": {
            "score": known["score"],
            "goal": GOAL,
            "dimensions": [_dimension(one, known["parts"].get(one)) for one in Dimension],
            "lines": [_line(opened, mask, gap, marks) for gap in known["gaps"]],
        },
    }


def _dimension(dimension: Dimension, part: Part | None) -> dict[str, Any]:
    share = None if part is None else part.share / 10
    return {
        "label": LABELS[dimension],
        "value": "" if share is None else f"{share:.0f}",
        "tone": "" if share is None else score_tone(int(share)),
    }


def _line(opened: OpenedRecord, mask: FieldMask, gap: Gap, marks: dict[str, Any]) -> dict[str, Any]:
    item = field_item(gap.expected.field, opened.row, mask, opened.may)
    mark = marks.get(gap.name) if gap.state == "bad" else None
    return {
        **item,
        "state": gap.state,
        "why": gap.why if mark is None else mark.told,
        "standard": gap.expected.field.standard,
        "label": sentence(gap.expected.field.label),
        "can_verify": item["can_edit"] and gap.state in {"stale", "bad"},
        "verify_url": f"{opened.url}verify/{gap.name}/",
    }
