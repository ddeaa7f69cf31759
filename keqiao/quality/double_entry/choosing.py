"""Picks the records that are to be keyed a second time, after they were saved the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keqiao.access.access import Access
from keqiao.catalog.filter import FilterProblem, parse_filter
from keqiao.catalog.judging import judge
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.double_entry.known import form_of, is_in_sample, known
from keqiao.quality.double_entry.models import EntryState, KeyedField, SecondEntry
from keqiao.records.audit import logged_form
from keqiao.records.outbox import on
from keqiao.records.query import records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.double_entry.models import DoubleEntryRule
    from keqiao.records.models import Event

# Settling a difference, taking something back and merging are no first entries.
NO_ENTRY = frozenset({"double_entry", "revert", "merge"})


@on("*.created")
@on("*.changed")
def note_first_entry(event: Event) -> None:
    """Ask for a second entry of what was just keyed, where a rule wants one."""
    rules = [rule for rule in known().rules.get(event.object_key, ()) if rule.is_active]
    if not rules or event.data.get("source") in NO_ENTRY:
        return
    try:
        declared = object_type(event.object_key)
    except UnknownObject:
        return
    system = Access.system("choose records for double entry")
    record = records(system, declared).filter(pk=event.record_id).first()
    if record is None:
        return
    fields = declared.fields()
    values = {name: own.value(record) for name, own in fields.items()}
    for rule in rules:
        keyed = _keyed(rule, fields, values, event.data.get("fields", ()))
        if keyed and is_in_sample(rule, event.record_id) and _fits(declared, rule, values):
            _ask(rule, event, record, [(fields[name], values[name]) for name in keyed])


def _keyed(
    rule: DoubleEntryRule, fields: dict[str, Field], values: dict[str, Any], touched: Iterable[str]
) -> list[str]:
    """Return the fields of the rule that this very save keyed."""
    was_keyed = set(touched)
    return [
        name
        for name in rule.fields
        if name in fields and name in was_keyed and not fields[name].kind.is_empty(values[name])
    ]


def _fits(declared: ObjectType, rule: DoubleEntryRule, values: dict[str, Any]) -> bool:
    try:
        tree = parse_filter(rule.filter) if rule.filter else None
        return judge(declared, tree)(values)
    except FilterProblem:
        return True  # a field of its condition is gone; looking twice does no harm


def _ask(
    rule: DoubleEntryRule, event: Event, record: Model, keyed: list[tuple[Field, Any]]
) -> None:
    """Open the second entry, or bring the one that waits up to date: the last hand is the first."""
    names = {own.name for own, _value in keyed}
    differing = SecondEntry.objects.filter(
        rule=rule, record_id=record.pk, state=EntryState.DIFFERS, keyed__field__in=names
    )
    for one in differing.distinct():
        one.state = EntryState.DROPPED
        one.save(update_fields=["state"])
    if SecondEntry.objects.filter(
        rule=rule, record_id=record.pk, state=EntryState.DIFFERS
    ).exists():
        return
    entry, _made = SecondEntry.objects.update_or_create(
        rule=rule,
        record_id=record.pk,
        state=EntryState.OPEN,
        defaults={
            "object_key": event.object_key,
            "first_by_id": event.actor_id,
            "first_at": event.at,
            "source": str(event.data.get("source", ""))[:40],
        },
    )
    for own, value in keyed:
        KeyedField.objects.update_or_create(
            entry=entry,
            field=own.name,
            defaults={"first": logged_form(own, value), "first_form": form_of(own, value)},
        )
