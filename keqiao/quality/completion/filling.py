"""Finds what can be filled in, and fills it in: with the person's rights, in steps, to be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy
from django_tasks import task

from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog import state
from keqiao.catalog.filter import Condition
from keqiao.catalog.registry import object_type
from keqiao.jobs.options import LONG
from keqiao.quality.completion.models import SETTINGS, CompletionSettings
from keqiao.quality.completion.rules import CompletionRule, rules_of
from keqiao.quality.scores.facts import facts_of, stored_form
from keqiao.records.drafts import Draft, Source
from keqiao.records.measuring import change_facts, is_measured
from keqiao.records.query import ListQuery, matching_records, records
from keqiao.ui.bulk_jobs import Part, in_steps, saved_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

# A preview reads so many of the records whose field is empty, newest first.
LOOKED_AT = 2_000


@dataclass(frozen=True)
class Proposal:
    """A value for an empty field of one record, and the rule that found it."""

    record: Model
    value: Any
    rule: CompletionRule


def usable_rules(access: Access, declared: ObjectType) -> list[CompletionRule]:
    """Return the rules whose target this person may write and whose source he may read in full."""
    if not access.can(Action.CHANGE, declared):
        return []
    allowed = uses_identity()
    return [
        rule for rule in rules_of(declared)
        if (allowed or not rule.is_personal) and _may_use(access, declared, rule)
    ]  # fmt: skip


def uses_identity() -> bool:
    """Tell whether the company says that it may read birthdays and genders out of identity numbers."""
    return _uses_identity()


_uses_identity = state.Remembered(
    lambda: (state.version(SETTINGS),),
    lambda: CompletionSettings.objects.filter(uses_identity=True).exists(),
)


def _may_use(access: Access, declared: ObjectType, rule: CompletionRule) -> bool:
    mask = access.fields(declared)
    if not mask.is_writable(rule.target.name):
        return False
    if rule.siblings_by:
        return mask.is_readable(rule.source) and mask.is_readable(rule.siblings_by)
    if not rule.reference:
        return mask.is_readable(rule.source)
    above = object_type(declared.builtin_fields[rule.reference].target)
    name = rule.source.partition(".")[2]
    return (
        mask.is_readable(rule.reference)
        and access.can(Action.VIEW, above)
        and access.fields(above).is_readable(name)
    )


def proposals(
    access: Access, declared: ObjectType, name: str, rows: Sequence[Model]
) -> list[Proposal]:
    """Return what the rules find for an empty field `name` of these records."""
    rules = [rule for rule in usable_rules(access, declared) if rule.target.name == name]
    above = {
        rule.reference: _above(access, declared, rule, rows) for rule in rules if rule.reference
    }
    above |= {rule.key: _agreed(access, declared, rule, rows) for rule in rules if rule.siblings_by}
    found = []
    for row in rows:
        if not _is_empty(declared, row, name):
            continue
        for rule in rules:
            value = rule.derive(source) if (source := _source(declared, row, rule, above)) else ""
            if value:
                found.append(Proposal(row, value, rule))
                break
    return found


def _is_empty(declared: ObjectType, row: Model, name: str) -> bool:
    own = declared.builtin_fields[name]
    return own.kind.is_empty(own.value(row))


def _source(
    declared: ObjectType, row: Model, rule: CompletionRule, above: dict[str, dict[int, Any]]
) -> Any:
    if rule.siblings_by:
        by = declared.builtin_fields[rule.siblings_by]
        return above[rule.key].get(by.storage.stored(row))
    if rule.reference:
        own = declared.builtin_fields[rule.reference]
        return above[rule.reference].get(own.storage.stored(row))
    own = declared.builtin_fields[rule.source]
    value = own.value(row)
    return None if value in own.kind.placeholders else value


def _above(
    access: Access, declared: ObjectType, rule: CompletionRule, rows: Sequence[Model]
) -> dict[int, Any]:
    """Return the values of the records these belong to, of those this person may see."""
    reference = declared.builtin_fields[rule.reference]
    target = object_type(reference.target)
    own = target.builtin_fields[rule.source.partition(".")[2]]
    ids = {pk for row in rows if (pk := reference.storage.stored(row)) is not None}
    return {row.pk: own.value(row) for row in records(access, target).filter(pk__in=ids)}


def _agreed(
    access: Access, declared: ObjectType, rule: CompletionRule, rows: Sequence[Model]
) -> dict[int, Any]:
    """Return, by what they belong to, the value all records this person sees agree on, none if two differ."""
    by, own = declared.builtin_fields[rule.siblings_by], declared.builtin_fields[rule.source]
    ids = {pk for row in rows if (pk := by.storage.stored(row)) is not None}
    values: dict[int, set[Any]] = {}
    for row in records(access, declared).filter((f"{by.storage.name}__in", ids)):  # type: ignore[union-attr]
        value = own.value(row)
        if not own.kind.is_empty(value) and value not in own.kind.placeholders:
            values.setdefault(by.storage.stored(row), set()).add(value)
    return {pk: found.pop() for pk, found in values.items() if len(found) == 1}


def preview(access: Access, declared: ObjectType, name: str) -> tuple[list[Proposal], int]:
    """Return what would be filled in among the newest records without `name`, and how many were read."""
    query = ListQuery(
        object_type=declared, filter=Condition(name, "is_empty"), action=Action.CHANGE
    )
    rows = list(matching_records(access, query).order_by("-pk")[:LOOKED_AT])
    return proposals(access, declared, name, rows), len(rows)


@task(title=gettext_lazy("Fill in what other values tell"), queue_name=LONG)
def fill_in(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    where: list[str],
    search: str,
    ids: list[int] | None,
    name: str,
) -> dict[str, Any]:
    """Fill the field in wherever a rule finds a value; it counts half until somebody confirms it."""
    declared = object_type(object_key)

    def fill(access: Access, part: list[int]) -> Part:
        rows = list(records(access, declared, Action.CHANGE).filter(pk__in=part).order_by("pk"))
        by_rule: dict[str, list[Proposal]] = {}
        for one in proposals(access, declared, name, rows):
            by_rule.setdefault(one.rule.key, []).append(one)
        whole = Part()
        for found in by_rule.values():
            # By rule, so that the log tells of each value where it comes from.
            source = Source("bulk", str(found[0].rule.label), request_id)
            saved = saved_part(access, declared, [_draft_of(one) for one in found], source)
            _count_half(access, declared, [one.record.pk for one in found], name, saved)
            whole.done += saved.done
            whole.refused |= saved.refused
        return whole

    return in_steps(user_id, declared, Action.CHANGE, where, search, ids, fill)


def _draft_of(one: Proposal) -> Draft:
    own = one.rule.target
    version = one.record.version  # type: ignore[attr-defined]
    return Draft(
        {own.name: own.kind.wire(one.value, own)}, record_id=one.record.pk, version=version
    )


def _count_half(
    access: Access, declared: ObjectType, ids: list[int], name: str, saved: Part
) -> None:
    def note(row: Any) -> bool:
        facts = facts_of(row.quality_facts)
        if name not in facts.half:
            facts.half.append(name)
        row.quality_facts = stored_form(facts)
        return True

    if is_measured(declared):
        change_facts(access, declared, [pk for pk in ids if pk not in saved.refused], note, now())
