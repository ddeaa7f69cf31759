"""Deleting into the recycle bin, bringing back, and emptying the bin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from keqiao.access.refusals import note_refusal
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.object_type import DuplicateAction, Feature
from keqiao.catalog.registry import object_types
from keqiao.records.audit import ChangeLine, append_lines
from keqiao.records.derived import Written, run_derivations
from keqiao.records.locking import lock_first
from keqiao.records.match_keys import keys_of, rules_of
from keqiao.records.merging_tombstones import merged_away
from keqiao.records.models import BINNED, LIVE, Event, MatchKey
from keqiao.records.query import records
from keqiao.records.search_index import drop_from_index, index_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Source


@dataclass
class Removal:
    """What became of a deletion or return: ids done, ids out of reach, ids that others prevent."""

    done: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    in_use: dict[int, int] = field(default_factory=dict)


def delete_records(
    access: Access, object_type: ObjectType, ids: Sequence[int], *, source: Source
) -> Removal:
    """Move records to the recycle bin; those that live records point at stay."""
    wanted = sorted(set(ids))
    with transaction.atomic():
        reach = records(access, object_type, Action.DELETE).filter(pk__in=wanted).order_by("pk")
        lock_first(object_type, reach)
        rows = {row.pk: row for row in reach.select_for_update()}
        found = list(rows)
        if refused := set(wanted) - set(found):
            note_refusal(access, object_type, Action.DELETE, refused)
        in_use = pointed_at(object_type, found)
        done = [pk for pk in found if pk not in in_use]
        at = now()
        object_type.model._default_manager.filter(pk__in=done).update(
            deleted_at=at, deleted_by_id=access.user_id, version=F("version") + 1
        )
        MatchKey.objects.filter(object_key=object_type.key, record_id__in=done).delete()
        drop_from_index(object_type, done)
        _log(access, object_type, done, "delete", source)
        gone = [rows[pk] for pk in done]
        if gone:
            run_derivations(Written(access, object_type, gone, frozenset(), {}, "deleted", {}))
        return Removal(done, sorted(set(wanted) - set(found)), in_use)


def pointed_at(object_type: ObjectType, ids: Sequence[int]) -> dict[int, int]:
    """Return how many live records point at each of `ids` (only those with any)."""
    counts: dict[int, int] = {}
    for declared in object_types():
        for own in declared.builtin_fields.values():
            if own.target != object_type.key or not own.required or own.kind.many:
                continue
            column = own.storage.name  # type: ignore[union-attr]
            rows = declared.model._default_manager.filter(LIVE, Q((f"{column}__in", ids)))
            for pk in rows.values_list(column, flat=True):
                counts[pk] = counts.get(pk, 0) + 1
    return counts


def deleted_records(access: Access, object_type: ObjectType, limit: int = 100) -> list[Model]:
    """Return what lies in the recycle bin and this person may bring back, newest first."""
    manager = object_type.model._default_manager
    binned = manager.filter(
        BINNED, ~merged_away(object_type), access.scope(Action.DELETE, object_type)
    )
    return list(binned.order_by("-deleted_at", "-pk")[:limit])


def restore_records(
    access: Access, object_type: ObjectType, ids: Sequence[int], *, source: Source
) -> Removal:
    """Bring records back from the recycle bin, with their search words and fingerprints.

    A record stays there while another one holds what may not repeat: `in_use` tells.
    """
    wanted = sorted(set(ids))
    with transaction.atomic():
        manager = object_type.model._default_manager
        reach = access.scope(Action.DELETE, object_type)
        binned = manager.filter(BINNED, ~merged_away(object_type), reach, pk__in=wanted)
        lock_first(object_type, binned)
        rows = list(binned.order_by("pk").select_for_update())
        fields = object_type.fields()
        taken = _claim_again(object_type, rows, fields)
        rows = [row for row in rows if row.pk not in taken]
        done = [row.pk for row in rows]
        manager.filter(pk__in=done).update(
            deleted_at=None, deleted_by_id=None, version=F("version") + 1, updated_at=now()
        )
        if Feature.SEARCH in object_type.features:
            index_records(object_type, rows, fields)  # type: ignore[arg-type]
        _log(access, object_type, done, "restore", source)
        if rows:
            run_derivations(Written(access, object_type, rows, frozenset(), {}, "restored", {}))
        return Removal(done, sorted(set(wanted) - set(done) - taken.keys()), taken)


def _claim_again(
    object_type: ObjectType, rows: Sequence[Model], fields: dict[str, Field]
) -> dict[int, int]:
    """Write the fingerprints anew; return how many others hold what only one record may have."""
    rules = rules_of(object_type)
    compared = {name for rule in rules for name in rule.fields}
    blocking = {rule.name for rule in rules if rule.action is DuplicateAction.BLOCK}
    taken: dict[int, int] = {}
    for row in rows:
        values = {name: fields[name].value(row) for name in compared}
        keys = keys_of(object_type, rules, fields, values)
        # One holder of a value must be exclusive, so that of two racing writers one loses.
        MatchKey.objects.bulk_create(
            [
                MatchKey(object_key=object_type.key, key=key, record_id=row.pk)
                for key in sorted(keys)
            ],
            ignore_conflicts=True,
        )
        held = MatchKey.objects.filter(object_key=object_type.key, key__in=keys)
        single = {key for key, (rule, _field) in keys.items() if rule in blocking}
        if others := held.filter(key__in=single).exclude(record_id=row.pk).count():
            held.filter(record_id=row.pk).delete()
            taken[row.pk] = others
            continue
        own = set(held.filter(record_id=row.pk).values_list("key", flat=True))
        MatchKey.objects.bulk_create(
            MatchKey(object_key=object_type.key, key=key, record_id=row.pk, exclusive=False)
            for key in keys.keys() - own
        )
    return taken


def _log(
    access: Access, object_type: ObjectType, ids: Sequence[int], action: str, source: Source
) -> None:
    at = now()
    lines = [ChangeLine(object_type.key, pk, action) for pk in ids]
    append_lines(access, lines, source, at)
    if not source.has_events:
        return
    past = {"delete": "deleted", "restore": "restored"}[action]
    Event.objects.bulk_create(
        [
            Event(name=f"{object_type.key}.{past}", object_key=object_type.key, record_id=pk,
                  actor_id=access.user_id, at=at)
            for pk in ids
        ],
        batch_size=500,
    )  # fmt: skip
