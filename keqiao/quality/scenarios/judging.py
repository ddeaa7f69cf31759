"""Part of every save: asks the rules of its road what becomes of a draft that looks like a record.

The exact guard of the write path has spoken before and is never overruled. What a rule refuses stays
refused when two save at once: whoever comes second waits for the keys of the first (`_hold_keys`),
so every pair that one save after the other would find is found. Two records without a key in common
are found by neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from django.db import connection
from django.utils.translation import gettext as _

from keqiao.catalog.filter import FilterProblem, parse_filter
from keqiao.catalog.judging import judge
from keqiao.quality.candidates.comparing import comparing
from keqiao.quality.candidates.lookup import Candidate, look_up_many
from keqiao.quality.candidates.weighing import weigher
from keqiao.quality.scenarios.known import compared_with, road_of, rules_for
from keqiao.quality.scenarios.linking import Twin, known_apart, link_after_save
from keqiao.quality.scenarios.models import WEIGHT, Act, Scenario
from keqiao.quality.scenarios.telling import MOST_TOLD, Told, hidden_fields, tell
from keqiao.records.attaching import attach
from keqiao.records.checking import register_gate
from keqiao.records.drafts import DuplicateCandidate, DuplicateFound, Problem

if TYPE_CHECKING:
    from keqiao.catalog.judging import Judge
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.candidates.comparing import Comparing, Forms
    from keqiao.quality.scenarios.models import ScenarioRule
    from keqiao.records.batch import Batch, Item

_log = structlog.get_logger(__name__)
# Few enough for the lock table of the database, many enough that strangers seldom wait.
_LOCKS, _LOCK_CLASS = 1024, 20_773
_MOST_OF_BATCH = 20


@dataclass(frozen=True)
class Compared:
    """A draft that is compared: its key forms, those it had before, and who looks like it."""

    item: Item
    forms: Forms
    before: Forms | None
    found: list[Candidate]
    everything: list[Candidate]  # with the fields this person may not read: for what is refused
    of_batch: list[Twin] = field(default_factory=list)


def register() -> None:
    register_gate(judge_likeness)


def judge_likeness(batch: Batch) -> None:
    """Part of step 8: let the first rule that fits decide about each draft that looks like another."""
    road, plan = road_of(batch.source.channel), comparing(batch.object_type)
    if road is None or plan is None or not _is_entered(batch, road):
        return
    rules = [(rule, fits) for rule in rules_for(batch.object_type, road)
             if (fits := _condition(batch.object_type, rule)) is not None]  # fmt: skip
    if road is Scenario.WEB_FORM and any(rule.action == Act.ATTACH for rule, _fits in rules):
        _attach_exact_ones(batch)
    items = [item for item in batch.open_items() if _is_touched(plan, item)]
    if not rules or not items:
        return
    forms = [_forms_after(batch, plan, item) for item in items]
    refuses = any(rule.action == Act.BLOCK for rule, _fits in rules)
    if refuses and not batch.dry_run:
        _hold_keys(plan, forms)
    scope = list({one.key: one for rule, _fits in rules for one in compared_with(rule)}.values())
    hidden = hidden_fields(batch.access, [batch.object_type, *scope])
    found = look_up_many(plan, forms, scope, hidden)
    # What may never be twice is refused whatever one may read, as the exact guard does.
    is_partial = refuses and any(hidden.values())
    everything = look_up_many(plan, forms, scope) if is_partial else found
    compared = [
        Compared(item, one, _forms_before(plan, item), readable, whole)
        for item, one, readable, whole in zip(items, forms, found, everything, strict=True)
    ]
    _compare_with_one_another(plan, compared)
    for one in compared:
        if one.everything or one.of_batch:
            _decide(batch, plan, one, rules)


def _is_entered(batch: Batch, road: Scenario) -> bool:
    """Verbs of the product write with the system's access; of the system's own only lists are entries."""
    return not batch.access.is_system or road in {Scenario.IMPORT, Scenario.WEB_FORM}


def _condition(declared: ObjectType, rule: ScenarioRule) -> Judge | None:
    try:
        return judge(declared, parse_filter(rule.filter) if rule.filter else None)
    except FilterProblem:
        # A field of its condition is gone: nobody is kept from saving by a rule that nobody can read.
        _log.warning("duplicate_rule.broken", rule=rule.pk)
        return None


def _is_touched(plan: Comparing, item: Item) -> bool:
    return not item.draft.settled and (item.creating or bool(plan.names & item.values.keys()))


def _forms_after(batch: Batch, plan: Comparing, item: Item) -> Forms:
    values = {name: item.values[name] for name in plan.names if name in item.values}
    if item.record is not None:
        for name in plan.names - values.keys():
            values[name] = batch.fields[name].value(item.record)
    return plan.forms(values)


def _forms_before(plan: Comparing, item: Item) -> Forms | None:
    return None if item.creating else plan.forms_of(item.stored)


def _hold_keys(plan: Comparing, forms: Sequence[Forms]) -> None:
    """Let whoever saves something with the same key wait until this save is through.

    SQLite has one writer, who began before anything was compared.
    """
    if connection.vendor == "sqlite":
        return
    locks = sorted({key % _LOCKS for one in forms for key in plan.keys_of(one)})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, one) FROM unnest(%s::int[]) AS one",
            [_LOCK_CLASS, locks],
        )


def _compare_with_one_another(plan: Comparing, compared: Sequence[Compared]) -> None:
    """Find for each draft the earlier ones of the same batch that look like it."""
    if len(compared) < 2:
        return
    weigh = weigher(plan, plan).weigh
    earlier: dict[int, list[Compared]] = {}
    for one in compared:
        keys = plan.keys_of(one.forms)
        others = {id(other): other for key in keys for other in earlier.get(key, ())}
        for other in list(others.values())[:_MOST_OF_BATCH]:
            found = weigh(one.forms, other.forms)
            if found.veto is None:
                one.of_batch.append((other.item, found))
        for key in keys:
            earlier.setdefault(key, []).append(one)


# --- which rule, and what it does -----------------------------------------------------------------


def _decide(
    batch: Batch, plan: Comparing, one: Compared, rules: Sequence[tuple[ScenarioRule, Judge]]
) -> None:
    whole = {name: own.kind.empty for name, own in batch.fields.items()}
    if one.item.record is not None:
        whole = {name: own.value(one.item.record) for name, own in batch.fields.items()}
    whole |= one.item.values
    for rule, fits in rules:
        fitting = fitting_candidates(plan, rule, one)
        twins = _twins(rule, one)
        if (fitting or twins) and fits(whole):
            _ACTS[Act(rule.action)](batch, plan, one, rule, fitting, twins)
            return


def fitting_candidates(plan: Comparing, rule: ScenarioRule, one: Compared) -> list[Candidate]:
    """Return the candidates a rule speaks of; what looked alike before this change was accepted then."""
    scope = {declared.key for declared in compared_with(rule)}
    own = one.item.draft.record_id
    apart = known_apart(plan.object_type.key, own) if own is not None and one.everything else set()
    found = []
    for candidate in one.everything if rule.action == Act.BLOCK else one.found:
        is_itself = candidate.record_id == own and candidate.object_type == plan.object_type
        if candidate.object_type.key not in scope or is_itself or candidate.side in apart:
            continue
        if is_meant(plan, rule, one.forms, candidate) and not (
            one.before is not None and is_meant(plan, rule, one.before, candidate)
        ):
            found.append(candidate)
    return found


def is_meant(plan: Comparing, rule: ScenarioRule, forms: Forms, candidate: Candidate) -> bool:
    """Tell whether a draft of these forms and a candidate are what the rule speaks of."""
    record = comparing(candidate.object_type)
    if record is None:
        return False
    if rule.by != WEIGHT:
        own = {key for key, made in plan.named_keys(forms).items() if made.name == rule.by}
        return bool(own & record.named_keys(candidate.forms).keys())
    found = weigher(plan, record).weigh(forms, candidate.forms)
    return found.veto is None and is_in_band(rule, found.likeness)


def is_in_band(rule: ScenarioRule, likeness: float) -> bool:
    return likeness >= (rule.low or 0.0) and (rule.high is None or likeness < rule.high)


def _twins(rule: ScenarioRule, one: Compared) -> list[Twin]:
    if rule.by != WEIGHT or rule.object_key not in rule.scope:
        return []
    return [
        (item, found)
        for item, found in one.of_batch
        if item.outcome is None and is_in_band(rule, found.likeness)
    ]


Effect = Callable[
    ["Batch", "Comparing", Compared, "ScenarioRule", "list[Candidate]", list[Twin]], None
]


def _refuse(
    batch: Batch, plan: Comparing, one: Compared, rule: ScenarioRule,
    fitting: list[Candidate], twins: list[Twin],
) -> None:  # fmt: skip
    """Refuse the draft; for good, or until somebody says that it is another one."""
    is_final = rule.action == Act.BLOCK
    item = one.item
    if not is_final:
        if batch.allow_duplicates or item.draft.allow_duplicates:
            return
        seen = item.draft.seen
        fitting = [
            other for other in fitting if f"{other.object_type.key}:{other.record_id}" not in seen
        ]
        if not fitting and not twins:
            return
    told = tell(batch.access, plan, fitting)
    # Whoever may not read what agreed is not told either that it did.
    is_open = one.everything is one.found
    candidates = [_candidate(other, rule, is_open=is_open) for other in told]
    candidates += [
        DuplicateCandidate(
            batch.object_type.key, None, None, "", plan.object_type.title, rule.name, is_final,
            ref=other.draft.ref,
        )
        for other, _found in twins
    ]  # fmt: skip
    if candidates:
        item.outcome = DuplicateFound(candidates[:MOST_TOLD])


def _candidate(one: Told, rule: ScenarioRule, *, is_open: bool) -> DuplicateCandidate:
    return DuplicateCandidate(
        object_key=one.object_type.key,
        record_id=one.record_id,
        title=one.title,
        owner=one.owner,
        field="",
        rule=rule.name,
        blocking=rule.action == Act.BLOCK,
        place=one.place,
        place_url=one.place_url,
        reasons=one.reasons if is_open else (),
    )


def _send_to_review(
    batch: Batch, plan: Comparing, one: Compared, rule: ScenarioRule,
    fitting: list[Candidate], twins: list[Twin],
) -> None:  # fmt: skip
    """Let the reviewers of the type look at it; where nobody reviews, it is told and saved."""
    told = tell(batch.access, plan, fitting)
    names = [other.title for other in told if other.title]
    text = _("This may exist already.")
    if names:
        text = _("This may exist already: %(names)s") % {"names": _(", ").join(names[:3])}
    one.item.reviews.append(Problem(plan.object_type.title, text, "duplicate"))
    _link(batch, plan, one, rule, fitting, twins)


def _link(
    batch: Batch, plan: Comparing, one: Compared, rule: ScenarioRule,
    fitting: list[Candidate], twins: list[Twin],
) -> None:  # fmt: skip
    """Save it, and put the pairs where somebody decides about them."""
    if not batch.dry_run:
        link_after_save(batch, plan, one.item, fitting, twins, Scenario(rule.scenario))


def _attach(
    batch: Batch, plan: Comparing, one: Compared, rule: ScenarioRule,
    fitting: list[Candidate], twins: list[Twin],
) -> None:  # fmt: skip
    """Fill what is empty in the record that is there; without a sure one of the type it is linked."""
    own = [other for other in fitting if other.object_type == batch.object_type]
    is_sure = len(own) == 1 or (len(own) > 1 and own[0].likeness > own[1].likeness)
    if own and is_sure and one.item.creating and attach(batch, one.item, own[0].record_id):
        return
    _link(batch, plan, one, rule, fitting, twins)


def _attach_exact_ones(batch: Batch) -> None:
    """What the exact guard refused is the clearest case of all: it is the record with that value."""
    for item in batch.items:
        refusal = item.outcome
        if not (item.creating and isinstance(refusal, DuplicateFound)):
            continue
        ids = {one.record_id for one in refusal.candidates}
        if len(ids) == 1 and (record_id := ids.pop()) is not None:
            item.outcome = None if attach(batch, item, record_id) else refusal


_ACTS: dict[Act, Effect] = {
    Act.BLOCK: _refuse,
    Act.WARN: _refuse,
    Act.REVIEW: _send_to_review,
    Act.LINK: _link,
    Act.ATTACH: _attach,
}
