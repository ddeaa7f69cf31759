"""Makes a draft for a new record into one for a record that is there: it fills what is empty in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from keqiao.access.access import Access
from keqiao.catalog.object_type import DuplicateAction
from keqiao.records.duplicates import values_after
from keqiao.records.match_keys import keys_of, rules_of
from keqiao.records.models import MatchKey
from keqiao.records.query import records

if TYPE_CHECKING:
    from keqiao.records.batch import Batch, Item

_NEVER = frozenset({"owner", "team"})


def attach(batch: Batch, item: Item, record_id: int) -> bool:
    """Turn `item` into a change of the record; False when it is gone by now.

    Nothing that stands there is overwritten. For roads whose sender may not choose the record: the
    record is found with the system's sight, so never tell the sender which one it was.
    """
    found = records(Access.system("attach what came in"), batch.object_type).filter(pk=record_id)
    row = found.first() if batch.dry_run else found.select_for_update().first()
    if row is None:
        return False
    item.draft = replace(item.draft, record_id=row.pk, version=None)
    item.record = row  # type: ignore[assignment]
    item.values = {
        name: value
        for name, value in item.values.items()
        if name not in _NEVER
        and not batch.fields[name].kind.is_empty(value)
        and batch.fields[name].kind.is_empty(batch.fields[name].value(row))
    }
    _settle_fingerprints(batch, item)
    return True


def _settle_fingerprints(batch: Batch, item: Item) -> None:
    """Give the record the fingerprints of the values it gets; one that a third record has alone stays
    there, and its value out.
    """
    rules = rules_of(batch.object_type)
    compared = {name for rule in rules for name in rule.fields}
    single = {rule.name for rule in rules if rule.action is DuplicateAction.BLOCK}
    values = values_after(batch, item, compared)
    keys = keys_of(batch.object_type, rules, batch.fields, values)
    held = MatchKey.objects.filter(key__in=keys).exclude(record_id=item.stored.pk)
    taken = set(held.values_list("key", flat=True))
    for key in taken:
        rule, name = keys[key]
        if rule in single:
            item.values.pop(name, None)
            del keys[key]
    item.is_compared = bool(compared & item.values.keys())
    item.match_keys = keys
    item.shared_keys = taken & keys.keys()
