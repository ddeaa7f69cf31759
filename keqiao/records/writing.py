"""Step 9 of the write path: records, links, list values, fingerprints and search words in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from keqiao.access.rights import Action
from keqiao.catalog.field import Column
from keqiao.catalog.kinds.links import is_link, links_of
from keqiao.catalog.models import ListValue
from keqiao.catalog.object_type import DuplicateAction, Feature
from keqiao.records.audit import logged_form
from keqiao.records.belonging import columns_above, note_records_above, pass_on
from keqiao.records.bulk_rows import insert_instances, insert_rows, update_instances
from keqiao.records.derived import derive_from_batch
from keqiao.records.drafts import Change, DuplicateFound, Problem, Rejected
from keqiao.records.duplicates import before_keys, candidates
from keqiao.records.identity import new_instances
from keqiao.records.match_keys import rules_of
from keqiao.records.measuring import measure_batch, measured_columns
from keqiao.records.models import MatchKey, RecordLink
from keqiao.records.numbering import take_numbers
from keqiao.records.ownership import follow_owner
from keqiao.records.references import fill_links_in_batch, refuse_broken_links
from keqiao.records.search_index import index_records
from keqiao.records.title_key import title_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from keqiao.records.batch import Batch, Item

_MATCH_KEY = ("object_key", "key", "record_id", "exclusive")
_LIST_VALUE = ("object_key", "field", "value", "record_id")
_RECORD_LINK = ("object_key", "field", "record_id", "target_key", "target_id")


def write_records(batch: Batch) -> None:
    """Write every draft that nothing speaks against. Runs inside the batch's transaction."""
    _give_ids(batch)
    claim_match_keys(batch)
    refuse_broken_links(batch)
    fill_links_in_batch(batch)
    blank: dict[str, Any] = {}
    for item in batch.open_items():
        follow_owner(batch, item)
        _collect_changes(batch, item, blank)
    _give_numbers(batch)
    for item in batch.open_items():
        _apply(batch, item)
        _check_reach(batch, item)
    created = [item for item in batch.open_items() if item.creating]
    changed = [item for item in batch.open_items() if not item.creating and item.changes]
    _fill(batch, [*created, *changed])
    _settle_belonging(batch, [*created, *changed])
    measure_batch(batch, [*created, *changed])
    insert_instances(batch.object_type.model, [item.stored for item in created])
    _update(batch, changed)
    write_list_values(batch, [*created, *changed])
    if Feature.SEARCH in batch.object_type.features:
        index_records(
            batch.object_type, [item.stored for item in [*created, *changed]], batch.fields
        )  # type: ignore[misc]
    handed_over = [item.stored for item in changed if {"owner", "team"} & item.changes.keys()]
    if handed_over:
        pass_on(batch.object_type, handed_over)
    derive_from_batch(batch)
    for act in batch.afterwards:
        act()


def _fill(batch: Batch, items: Sequence[Item]) -> None:
    """Put in what follows from other fields; nobody decided it, so the change log leaves it out."""
    for rule in batch.object_type.filled:
        after = set(rule.after)
        rows = [item.stored for item in items if item.creating or after & item.changes.keys()]
        if rows:
            rule.by(rows)


def _settle_belonging(batch: Batch, items: Sequence[Item]) -> None:
    names = set(batch.object_type.belongs_to)
    moved = [item.stored for item in items if item.creating or names & item.changes.keys()]
    if names and moved:
        note_records_above(batch.object_type, moved)


def _collect_changes(batch: Batch, item: Item, blank: dict[str, Any]) -> None:
    """Note for each field what it was and what it becomes; equal values are no change.

    `blank` remembers what fields of a new record hold: the same for all of a batch.
    """
    fields, record, creating = batch.fields, item.record, item.creating
    for name, value in item.values.items():
        field = fields[name]
        if not creating:
            before = field.value(record) if record is not None else field.kind.empty
        elif name in blank:
            before = blank[name]
        else:
            before = blank[name] = field.value(record) if record is not None else field.kind.empty
        if before == value:
            continue
        was, becomes = logged_form(field, before), logged_form(field, value)
        if was is not None or becomes is not None:
            item.changes[name] = Change(was, becomes)


def _give_ids(batch: Batch) -> None:
    created = [item for item in batch.open_items() if item.creating]
    rows = new_instances(batch.object_type.model, len(created))
    for item, row in zip(created, rows, strict=True):
        item.record = row  # type: ignore[assignment]


def claim_match_keys(batch: Batch) -> None:
    """Write the fingerprints; the database lets one of two racing saves have each of them.

    Those a record has already stay as they are, so that whoever loses a race loses nothing else.
    """
    key = batch.object_type.key
    items = [item for item in batch.open_items() if item.is_compared]
    held = _held_keys(key, [item.stored.pk for item in items if not item.creating])
    added = {item: item.match_keys.keys() - held.get(item.stored.pk, set()) for item in items}
    rows: list[tuple[str, int, int, bool]] = []
    owners: dict[int, Item] = {}
    for item in items:
        for fingerprint in added[item]:
            exclusive = fingerprint not in item.shared_keys
            rows.append((key, fingerprint, item.stored.pk, exclusive))
            if exclusive:
                owners[fingerprint] = item
    # One order for all writers, so that two batches never wait for each other in a circle.
    rows.sort(key=lambda row: row[1])
    insert_rows(MatchKey, _MATCH_KEY, rows, on_conflict="ON CONFLICT DO NOTHING")
    _settle_races(batch, owners, added)
    _drop_old_keys(batch, [item for item in items if not item.creating and item.outcome is None])


def _held_keys(object_key: str, ids: list[int]) -> dict[int, set[int]]:
    held: dict[int, set[int]] = {}
    if ids:
        rows = MatchKey.objects.filter(object_key=object_key, record_id__in=ids)
        for record_id, fingerprint in rows.values_list("record_id", "key"):
            held.setdefault(record_id, set()).add(fingerprint)
    return held


def _drop_old_keys(batch: Batch, items: list[Item]) -> None:
    """Take away the fingerprints of values that records have no longer."""
    for item in items:
        # By the values: fingerprints of a field that is taken away just now wait for its return.
        if gone := before_keys(batch, item) - item.match_keys.keys():
            rows = MatchKey.objects.filter(object_key=batch.object_type.key, key__in=gone)
            rows.filter(record_id=item.stored.pk).delete()


def _settle_races(batch: Batch, owners: dict[int, Item], added: dict[Item, set[int]]) -> None:
    """Find fingerprints that a save running at the same time got first."""
    if connection.vendor == "sqlite":
        return  # the one write lock was taken before the fingerprints were compared
    lost: dict[int, tuple[int, Item]] = {}
    keys = list(owners)
    for start in range(0, len(keys), 5000):
        rows = MatchKey.objects.filter(key__in=keys[start : start + 5000], exclusive=True)
        for key, record_id in rows.values_list("key", "record_id"):
            if owners[key].stored.pk != record_id:
                lost[key] = (record_id, owners[key])
    blocking = {
        rule.name: rule.action is DuplicateAction.BLOCK for rule in rules_of(batch.object_type)
    }
    again = []
    for key, (holder, item) in lost.items():
        rule = item.match_keys[key][0]
        if (batch.allow_duplicates or item.draft.allow_duplicates) and not blocking[rule]:
            again.append(
                MatchKey(object_key=batch.object_type.key, key=key, record_id=item.stored.pk,
                         exclusive=False)
            )  # fmt: skip
        elif item.outcome is None:
            item.outcome = DuplicateFound(candidates(batch, item, [(key, holder, None)], blocking))
            MatchKey.objects.filter(
                object_key=batch.object_type.key, record_id=item.stored.pk, key__in=added[item]
            ).delete()
    MatchKey.objects.bulk_create(again)


def _give_numbers(batch: Batch) -> None:
    created = [item for item in batch.open_items() if item.creating]
    for name, field in batch.fields.items():
        if field.kind.key == "serial" and created:
            numbers = take_numbers(batch.object_type.key, name, len(created))
            for item, number in zip(created, numbers, strict=True):
                item.values[name] = number
                item.changes[name] = Change(None, number)


def _apply(batch: Batch, item: Item) -> None:
    """Put the values onto the record, with what the system keeps itself."""
    record, access = item.stored, batch.access
    for name in item.values if item.creating else item.changes:
        batch.fields[name].put(record, item.values[name])
    for name, value in item.columns.items():
        setattr(record, name, value)
    if item.creating:
        record.created_at, record.created_by_id = _moment_of(batch, item), access.user_id  # type: ignore[attr-defined]
        record.source = batch.source.channel[:40]
        record.version = 1
    elif item.changes:
        record.version += 1
    if item.creating or item.changes:
        record.updated_at, record.updated_by_id = _moment_of(batch, item), access.user_id  # type: ignore[attr-defined]
    title = batch.object_type.title
    if title in item.changes or item.creating:
        field = batch.fields[title]
        if field.sort_name() == "title_key":  # else no list is in the order of titles
            record.title_key = title_key(
                str(field.value(record)), person=field.kind.key == "person_name"
            )


def _moment_of(batch: Batch, item: Item) -> datetime:
    """Return when the change counts as made: now, or for the system's own loads when it was."""
    return item.draft.recorded_at or batch.at if batch.access.is_system else batch.at


def _check_reach(batch: Batch, item: Item) -> None:
    """A new record must lie in the actor's reach, unless it is made for somebody else."""
    record, access = item.stored, batch.access
    if not item.creating or item.is_taken:
        return
    owner, team = record.owner_id, record.team_id  # type: ignore[attr-defined]
    if owner != access.user_id and access.can(Action.TRANSFER, batch.object_type):
        return
    if access.is_in_reach(Action.CREATE, batch.object_type, owner, team, None):
        return
    message = _("With these values the record would lie outside of what you may change.")
    item.outcome = Rejected([Problem("", message, "out_of_reach")], forbidden=True)
    MatchKey.objects.filter(object_key=batch.object_type.key, record_id=record.pk).delete()


def _update(batch: Batch, items: Sequence[Item]) -> None:
    if not items:
        return
    meta = batch.object_type.model._meta
    columns = {"version", "updated_at", "updated_by", "title_key", "owner", "team"}
    columns.update(columns_above(batch.object_type))
    columns.update(name for rule in batch.object_type.filled for name in rule.names)
    columns.update(measured_columns(batch.object_type))
    for item in items:
        columns.update(item.columns)
        for name in item.changes:
            storage = batch.fields[name].storage
            columns.add(name if isinstance(storage, Column) else "custom")
    names = sorted({meta.get_field(name).attname for name in columns})  # type: ignore[union-attr]
    update_instances(batch.object_type.model, names, [item.stored for item in items])


def write_list_values(batch: Batch, items: Sequence[Item]) -> None:
    """Keep the index of values that hold several, and the links no column can follow, in step."""
    key = batch.object_type.key
    listed = [field for field in batch.fields.values() if field.is_indexed_by_terms]
    links = [
        field
        for field in batch.fields.values()
        if is_link(field) and (field.custom or field.kind.many)
    ]
    new_values: list[tuple[str, str, str, int]] = []
    new_links: list[tuple[str, str, int, str, int]] = []
    for item in items:
        for field in (*listed, *links):
            if field.name not in item.changes:
                continue
            pk = item.stored.pk
            manager = RecordLink.objects if field in links else ListValue.objects
            if not item.creating:
                manager.filter(object_key=key, record_id=pk, field=field.name).delete()
            value = item.values[field.name]
            if field in links:
                new_links.extend((key, field.name, pk, *link) for link in links_of(field, value))
                continue
            new_values.extend(
                (key, field.name, term[:160], pk) for term in field.kind.terms(value, field)
            )
    insert_rows(ListValue, _LIST_VALUE, new_values)
    insert_rows(RecordLink, _RECORD_LINK, new_links)
