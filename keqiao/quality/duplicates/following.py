"""Keeps pairs and scores in step with single records: after a save, a merge, a removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.candidates.comparing import comparing, read_forms
from keqiao.quality.candidates.lookup import look_up
from keqiao.quality.candidates.models import CandidateForms
from keqiao.quality.candidates.weighing import scope_of, weigher
from keqiao.quality.duplicates.models import DuplicatePair, PairStatus, Scenario
from keqiao.quality.duplicates.moving import about
from keqiao.quality.duplicates.pairs import (
    LIKELY_FROM,
    FoundPair,
    ordered,
    reason_codes,
    record_pairs,
    tells_nothing,
)
from keqiao.quality.duplicates.uniqueness import recount_twins
from keqiao.quality.match_models.in_force import in_force
from keqiao.quality.matching.scorer import agreeing
from keqiao.records.outbox import on
from keqiao.records.search_index import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.candidates.comparing import Comparing
    from keqiao.quality.candidates.lookup import Candidate
    from keqiao.quality.duplicates.pairs import Side
    from keqiao.records.models import Event

# Thousands of rows at once are compared in bulk at night.
IN_BULK = frozenset({"import", "demo"})
_UNDECIDED = (PairStatus.NEW, PairStatus.RELATED)


@on("*.created")
@on("*.changed")
def score_saved(event: Event) -> None:
    """Look for duplicates of a record that was saved, when something that is compared changed."""
    plan = _plan(event)
    if plan is None or event.data.get("source") in IN_BULK:
        return
    if event.name.endswith(".created") or plan.names & set(event.data.get("fields", ())):
        score_record(plan.object_type, event.record_id)


@on("*.merged")
@on("*.unmerged")
@on("*.deleted")
@on("*.restored")
def follow_removal(event: Event) -> None:
    """Count anew what is unique when records came together, apart, or went."""
    plan = _plan(event)
    if plan is None:
        return
    side = plan.object_type.key, event.record_id
    if event.name.endswith((".deleted", ".restored")):
        if event.name.endswith(".restored"):
            score_record(plan.object_type, event.record_id)
        elif "merged_into" not in event.data:
            others = _partners(side)
            _undecided(side).delete()
            recount_twins(others)
        return
    recount_twins({side, *_partners(side)})


def score_record(declared: ObjectType, record_id: int) -> int:
    """Keep the pairs of one record with what it looks like now; return how many there are."""
    plan = comparing(declared)
    kept = CandidateForms.objects.filter(pk=place_of(declared.key, record_id))
    text = kept.values_list("forms", flat=True).first()
    if plan is None or text is None:
        return 0
    side = declared.key, record_id
    candidates = look_up(plan, read_forms(text), scope_of(declared))
    found = list(_likely(plan, side, candidates))
    version = in_force(declared).version
    now_there = {ordered(one.left, one.right) for one in found}
    gone = [row for row in _undecided(side) if (row.left, row.right) not in now_there]
    moved = {one for row in gone for one in (row.left, row.right)}
    moved |= {one for pair in found for one in (pair.left, pair.right)}
    DuplicatePair.objects.filter(pk__in=[row.pk for row in gone], decided_at=None).delete()
    record_pairs(found, Scenario.SAVE, version)
    if moved:
        recount_twins(moved)
    return len(found)


def _likely(plan: Comparing, side: Side, candidates: list[Candidate]) -> Iterator[FoundPair]:
    for one in candidates:
        other, theirs = (one.object_type.key, one.record_id), comparing(one.object_type)
        if other == side or theirs is None:
            continue
        weighs, found = weigher(plan, theirs), one.found
        model = weighs.model
        is_likely = found.probability >= LIKELY_FROM
        if not is_likely or (
            found.veto is None and agreeing(model, found.levels) < model.least_agreeing
        ):
            continue
        names = {} if theirs is plan else named_on_both(plan, theirs, weighs.pairs)
        reasons = reason_codes(model, found.levels, names)
        link = found.veto.link if found.veto else ""
        if not tells_nothing(link, reasons, plan.above):
            yield FoundPair(side, other, found.weight, found.probability, reasons, link)


def named_on_both(
    plan: Comparing, theirs: Comparing, pairs: list[tuple[str, str]]
) -> dict[str, str]:
    """Name a compared field by both types: who may not read one of the two is not told of it."""
    mine, other = plan.object_type.key, theirs.object_type.key
    return {here: f"{mine}.{here}|{other}.{there}" for here, there in pairs}


def _plan(event: Event) -> Comparing | None:
    try:
        return comparing(object_type(event.object_key))
    except UnknownObject:
        return None


def _undecided(side: Side) -> QuerySet[DuplicatePair]:
    rows = DuplicatePair.objects.filter(about(side[0], [side[1]]), decided_at=None)
    return rows.filter(status__in=_UNDECIDED)


def _partners(side: Side) -> set[Side]:
    rows = DuplicatePair.objects.filter(about(side[0], [side[1]]))
    return {one for row in rows for one in (row.left, row.right)} - {side}
