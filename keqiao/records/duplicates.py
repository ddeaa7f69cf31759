"""Step 7 of the write path: does somebody else already hold this phone, e-mail or number?"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from keqiao.catalog.object_type import DuplicateAction
from keqiao.records.drafts import DuplicateCandidate, DuplicateFound
from keqiao.records.match_keys import keys_of, rules_of
from keqiao.records.models import MatchKey
from keqiao.records.places import places_of
from keqiao.records.query import records

if TYPE_CHECKING:
    from keqiao.records.batch import Batch, Item

_MOST_SHOWN = 5


def find_duplicates(batch: Batch) -> None:
    """Compare with what is stored and with earlier drafts of the same batch."""
    rules = rules_of(batch.object_type)
    if not rules:
        return
    compared = {name for rule in rules for name in rule.fields}
    for item in batch.open_items():
        if item.creating or compared & item.values.keys():
            item.is_compared = True
            values = values_after(batch, item, compared)
            item.match_keys = keys_of(batch.object_type, rules, batch.fields, values)
    holders = stored_holders(batch)
    blocking = {rule.name: rule.action is DuplicateAction.BLOCK for rule in rules}
    first_in_batch: dict[int, Item] = {}
    for item in batch.items:
        if item.outcome is None and item.match_keys:
            _judge(batch, item, holders, first_in_batch, blocking)


def values_after(batch: Batch, item: Item, names: set[str]) -> dict[str, Any]:
    """Return the values the record will have: the draft's over the stored ones."""
    values = {name: item.values[name] for name in names if name in item.values}
    if item.record is not None:
        for name in names - values.keys():
            values[name] = batch.fields[name].value(item.record)
    return values


def stored_holders(batch: Batch) -> dict[int, list[int]]:
    keys = {key for item in batch.open_items() for key in item.match_keys}
    holders: dict[int, list[int]] = defaultdict(list)
    wanted = list(keys)
    for start in range(0, len(wanted), 5000):
        part = wanted[start : start + 5000]
        rows = MatchKey.objects.filter(key__in=part).values_list("key", "record_id")
        for key, record_id in rows:
            holders[key].append(record_id)
    return holders


def _judge(
    batch: Batch,
    item: Item,
    holders: dict[int, list[int]],
    first_in_batch: dict[int, Item],
    blocking: dict[str, bool],
) -> None:
    own_id = item.draft.record_id
    stored = before_keys(batch, item)
    hits: list[tuple[int, int | None, Item | None]] = []
    for key in item.match_keys:
        others = [other for other in holders.get(key, ()) if other != own_id]
        if key in stored:  # a repeat the record had before this change was accepted then
            if others:
                item.shared_keys.add(key)
            continue
        hits.extend((key, other, None) for other in others[:_MOST_SHOWN])
        earlier = first_in_batch.get(key)
        if earlier is not None and earlier is not item:
            hits.append((key, None, earlier))
    tolerated = batch.allow_duplicates or item.draft.allow_duplicates
    if hits and not (tolerated and not any(blocking[item.match_keys[k][0]] for k, _o, _e in hits)):
        item.outcome = DuplicateFound(candidates(batch, item, hits, blocking))
        return
    item.shared_keys.update(key for key, _other, _earlier in hits)
    for key in item.match_keys:
        first_in_batch.setdefault(key, item)


def before_keys(batch: Batch, item: Item) -> set[int]:
    """Return the fingerprints the stored record has already."""
    if item.record is None:
        return set()
    rules = rules_of(batch.object_type)
    compared = {name for rule in rules for name in rule.fields}
    values = {name: batch.fields[name].value(item.record) for name in compared}
    return set(keys_of(batch.object_type, rules, batch.fields, values))


def candidates(
    batch: Batch,
    item: Item,
    hits: list[tuple[int, int | None, Item | None]],
    blocking: dict[str, bool],
) -> list[DuplicateCandidate]:
    """Describe the others; whom the actor may not see is named by the owner alone."""
    access, declared = batch.access, batch.object_type
    ids = {other for _key, other, _earlier in hits if other is not None}
    title = declared.title_field()
    manager = declared.model._default_manager
    owners = dict(manager.filter(pk__in=ids).values_list("pk", "owner_id"))
    titles: dict[int, Any] = {}
    if access.fields(declared).is_readable(title.name):
        titles = dict(records(access, declared).filter(pk__in=ids).values_list("pk", title.name))
    places = places_of(access, declared, ids)
    found: dict[tuple[int | None, Any], DuplicateCandidate] = {}
    for key, other, earlier in hits:
        rule, field = item.match_keys[key]
        place = places.get(other or 0)
        found.setdefault(
            (other, earlier.index if earlier else None),
            DuplicateCandidate(
                object_key=declared.key,
                record_id=other if other in titles else None,
                title=titles.get(other) if other is not None else None,
                owner=access.person_name(owners.get(other)) if other is not None else "",
                field=field,
                rule=rule,
                blocking=blocking[rule],
                ref=earlier.draft.ref if earlier else None,
                place=place.text if place else "",
                place_url=place.url if place else "",
            ),
        )
    return list(found.values())[:_MOST_SHOWN]
