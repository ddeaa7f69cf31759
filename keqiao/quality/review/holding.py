"""Part of every save: what a review rule asks for is kept aside, and the record stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.judging import judge
from keqiao.quality.review.known import CUSTOMER, known, road_of, rule_for_customers, tree_of
from keqiao.quality.review.models import PendingChange
from keqiao.quality.review.telling import tell_reviewers
from keqiao.records.audit import logged_form
from keqiao.records.checking import register_gate
from keqiao.records.drafts import Held, Mode, Problem, Rejected

if TYPE_CHECKING:
    from keqiao.catalog.judging import Judge
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.review.models import ReviewRule
    from keqiao.records.batch import Batch, Item

_log = structlog.get_logger(__name__)

_NOT_IN_ONE = _(
    "This needs a review by a second person, so it cannot be part of a list that is saved as a whole"
    " or not at all. Send it by itself."
)


@dataclass(frozen=True)
class _Held:
    item: Item
    rule: ReviewRule
    checked: list[str]
    reasons: list[Problem]


def register() -> None:
    register_gate(hold_for_review)


def hold_for_review(batch: Batch) -> None:
    """Part of step 8: keep aside each draft that the first fitting rule wants to have looked at."""
    judges = _judges(batch)
    if not judges:
        return
    held = [found for item in batch.open_items() if (found := _first_rule(batch, item, judges))]
    if batch.mode is not Mode.EACH:
        for one in held:
            one.item.outcome = Rejected([Problem("", _NOT_IN_ONE, "needs_review")])
        return
    if batch.dry_run:
        for one in held:
            one.item.outcome = Held(0)
        return
    made = PendingChange.objects.bulk_create([_pending(batch, one) for one in held])
    for one, pending in zip(held, made, strict=True):
        one.item.outcome = Held(pending.pk)
    for rule in {one.rule.pk: one.rule for one in held}.values():
        if batch.source.channel == CUSTOMER and not any(rule.reviewers.values()):
            continue  # whoever asked the customer decides, and is told by the form
        tell_reviewers(rule, batch.access.user_id)


def _judges(batch: Batch) -> list[tuple[ReviewRule, Judge]]:
    road = road_of(batch.source.channel)
    # Verbs of the product write with the system's access; of the system's own only lists are entries.
    if not road or (batch.access.is_system and road != "import"):
        return []
    found = []
    for rule in known().rules.get(batch.object_type.key, ()):
        if not rule.is_active or road not in rule.sources:
            continue
        try:
            found.append((rule, judge(batch.object_type, tree_of(rule))))
        except FilterProblem:
            # A field of its condition is gone: whatever the rule was for, looking twice is safe.
            _log.warning("review.broken_rule", rule=rule.pk)
            found.append((rule, judge(batch.object_type, None)))
    if road == CUSTOMER:
        # Nothing an outsider sends gets past a colleague, with or without a rule of the company.
        found.append((rule_for_customers(batch.object_type.key), judge(batch.object_type, None)))
    return found


def _first_rule(batch: Batch, item: Item, judges: list[tuple[ReviewRule, Judge]]) -> _Held | None:
    if item.draft.settled:
        return None
    stored = (
        {name: own.value(item.stored) for name, own in batch.fields.items()}
        if not item.creating
        else {name: own.kind.empty for name, own in batch.fields.items()}
    )
    entered = [
        name
        for name in item.draft.values
        if name in item.values
        and item.values[name] != stored[name]
        and not (item.creating and batch.fields[name].kind.is_empty(item.values[name]))
    ]
    whole = {**stored, **item.values}
    for rule, fits in judges:
        checked = fields_to_check(batch.object_type, rule, entered)
        if checked and fits(whole):
            return _Held(item, rule, checked, item.reviews)
    if item.reviews and entered:
        # A data standard asks for a second person: the reviewers of the type are those.
        named = [problem.field for problem in item.reviews if problem.field in entered]
        return _Held(item, judges[0][0], list(dict.fromkeys(named or entered)), item.reviews)
    return None


def fields_to_check(declared: ObjectType, rule: ReviewRule, entered: list[str]) -> list[str]:
    """Return which of the entered fields a rule wants to have looked at, in the form's order.

    Who looks after a record is looked at only when a rule says so by name.
    """
    placed = [
        own.name
        for _label, fields in declared.sections()
        for own in fields
        if own.name not in ("owner", "team")
    ]
    order = dict.fromkeys([*placed, *declared.fields()]) if rule.fields else placed
    wanted = set(rule.fields or placed) & set(entered)
    return [name for name in order if name in wanted]


def _pending(batch: Batch, held: _Held) -> PendingChange:
    item, access = held.item, batch.access
    title = batch.object_type.title
    # A changed record is called by the name it has, not by the one that waits.
    shown = item.values.get(title) if item.creating else batch.fields[title].value(item.stored)
    return PendingChange(
        rule=held.rule,
        object_key=batch.object_type.key,
        record_id=item.draft.record_id,
        version=None if item.creating else item.stored.version,
        title=str(shown or "")[:200],
        values={
            name: _kept(batch, item, name) for name in item.draft.values if name in item.values
        },
        before={}
        if item.creating
        else {
            name: logged_form(batch.fields[name], batch.fields[name].value(item.stored))
            for name in item.draft.values
        },
        checked=held.checked,
        reasons=[[problem.field, str(problem.message)] for problem in held.reasons],
        allow_duplicates=batch.allow_duplicates or item.draft.allow_duplicates,
        maker_id=access.user_id,
        maker_name=access.actor.name[:160],
        source=batch.source.channel[:40],
        detail=(batch.source.note or batch.source.detail)[:200],
        request_id=batch.source.request_id[:40],
        made_at=batch.at,
    )


def _kept(batch: Batch, item: Item, name: str) -> Any:
    """Return a value as it is kept; what names something that has no number yet stays as sent."""
    if name in item.links_in_batch or (name == "owner" and item.is_taken):
        return item.draft.values[name]
    return logged_form(batch.fields[name], item.values[name])
