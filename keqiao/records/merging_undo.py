"""Undoes a merge: every row gets its old values back, except where somebody changed them since."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keqiao.access.refusals import note_refusal
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.kinds.links import is_link
from keqiao.catalog.object_type import DuplicateAction, Feature
from keqiao.catalog.registry import object_type, object_type_of
from keqiao.records.audit import ChangeLine, append_lines, lines_of
from keqiao.records.bulk_rows import database_ready, insert_rows, update_rows
from keqiao.records.derived import Written, run_derivations
from keqiao.records.locking import lock_first
from keqiao.records.match_keys import keys_of, rules_of
from keqiao.records.merging import UNDO_DAYS, MergeRefused, Refused
from keqiao.records.merging_log import (
    CUSTOM,
    VERSION,
    column_of,
    columns_of,
    model_named,
    moves_of,
    python_value,
    raw_value,
)
from keqiao.records.merging_models import Merge, MergedRecord, MergeMove
from keqiao.records.merging_pointers import Moving, set_in_bin, set_values
from keqiao.records.models import MatchKey, Record
from keqiao.records.outbox import write_events_together
from keqiao.records.search_index import index_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from django.db.models import Model

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch
    from keqiao.records.drafts import Source

_AT_ONCE = 500
Place = tuple[str, int, str]  # object type, record, field


@dataclass(frozen=True)
class Unmerged:
    """The records are apart again; `conflicts` are the places that keep what people wrote since."""

    merge_id: int
    survivor_id: int
    loser_ids: tuple[int, ...]
    conflicts: tuple[Place, ...] = ()


@dataclass
class _Undoing:
    """An undoing on its way: what it writes, and what it leaves alone."""

    moving: Moving
    merge: Merge
    survivor: Any
    losers: list[Any]
    batches: list[Batch] = field(default_factory=list)
    conflicts: list[Place] = field(default_factory=list)

    @property
    def target(self) -> ObjectType:
        return self.moving.target


def undo_merge(access: Access, merge_id: int, *, source: Source) -> Unmerged | MergeRefused:
    """Take the merge back; `source.channel` must be "revert", which puts back what was.

    The actor needs to be allowed to change and to delete the survivor and what was merged into it.
    """
    try:
        with transaction.atomic():
            return _undo(access, merge_id, source)
    except Refused as refused:
        return refused.outcome


def undo_until(merge: Merge) -> Any:
    """Return until when a merge can be undone."""
    return merge.at + timedelta(days=UNDO_DAYS)


def _undo(access: Access, merge_id: int, source: Source) -> Unmerged:
    merge = Merge.objects.filter(pk=merge_id).first()
    if merge is None:
        raise Refused(MergeRefused("not_found", _("There is no such merge.")))
    declared = object_type(merge.object_key)
    survivor, losers = _locked(access, declared, merge)
    merge = Merge.objects.select_for_update().get(pk=merge_id)
    _check_order(declared, merge, survivor)
    moving = Moving(access, declared, survivor.pk, tuple(row.pk for row in losers), source, now())
    undoing = _Undoing(moving, merge, survivor, losers)
    moves = moves_of(merge)
    by_table: dict[str, list[MergeMove]] = defaultdict(list)
    for move in moves:
        by_table[move.table].append(move)
    _revive(undoing)
    merged_keys = set(_keys_now(declared, survivor))
    key_moves = by_table.pop(MatchKey._meta.label, [])
    # The survivor first: what belongs to it follows its owner.
    for table in sorted(by_table, key=lambda one: one != declared.model._meta.label):
        if issubclass(model_named(table), Record):
            _put_back_records(undoing, object_type_of(model_named(table)), by_table[table])
    _put_back_keys(undoing, key_moves, merged_keys)
    for table, of_table in by_table.items():
        if not issubclass(model_named(table), Record):
            for move in of_table:
                _put_back_row(move)
    _finish(undoing)
    return Unmerged(merge.pk, survivor.pk, moving.loser_ids, tuple(undoing.conflicts))


def _locked(access: Access, declared: ObjectType, merge: Merge) -> tuple[Any, list[Any]]:
    """Lock the records again, and see that this person may take them apart."""
    manager = declared.model._default_manager
    ids = (merge.survivor_id, *merge.loser_ids)
    found = manager.filter(
        access.scope(Action.CHANGE, declared), access.scope(Action.DELETE, declared), pk__in=ids
    ).order_by("pk")
    lock_first(declared, found)
    rows = {row.pk: row for row in found.select_for_update()}
    if missing := [pk for pk in ids if pk not in rows]:
        note_refusal(access, declared, Action.DELETE, missing)
        message = _("There is no such merge, or the records are not yours to take apart.")
        raise Refused(MergeRefused("not_found", message))
    return rows[merge.survivor_id], [rows[pk] for pk in merge.loser_ids]


def why_not_undone(declared: ObjectType, merge: Merge, survivor: Any) -> MergeRefused | None:
    """Return why a merge cannot be undone now; None when it can."""
    try:
        _check_order(declared, merge, survivor)
    except Refused as refused:
        return refused.outcome
    return None


def _check_order(declared: ObjectType, merge: Merge, survivor: Any) -> None:
    if merge.undone_at is not None:
        raise Refused(MergeRefused("undone", _("This merge was undone already.")))
    if merge.is_final or now() > undo_until(merge):
        message = _("A merge can be undone for %(days)s days. That time is over.")
        raise Refused(MergeRefused("too_late", message % {"days": UNDO_DAYS}))
    tomb = MergedRecord.objects.filter(object_key=declared.key, record_id=merge.survivor_id).first()
    if tomb is not None:
        message = _(
            "The record that stayed was merged into another one itself since then. Please undo that"
            " merge first."
        )
        raise Refused(MergeRefused("merged_away", message, record_ids=(tomb.survivor_id,)))
    if survivor.deleted_at is not None:
        message = _(
            "The record that stayed lies in the recycle bin. Please bring it back from there first."
        )
        raise Refused(MergeRefused("deleted", message))
    later = Merge.objects.filter(
        object_key=declared.key, survivor_id=merge.survivor_id, undone_at=None, pk__gt=merge.pk
    ).order_by("-pk")
    last = later.first()
    if last is not None:
        message = _(
            "Another record was merged into this one on %(day)s, after the merge you want to undo."
            " Please undo that one first."
        )
        day = timezone.localtime(last.at).strftime("%Y-%m-%d")
        raise Refused(
            MergeRefused("merged_again", message % {"day": day}, record_ids=tuple(last.loser_ids))
        )


# --- the records ----------------------------------------------------------------------------------


def _revive(undoing: _Undoing) -> None:
    """Bring the losers back to light, at their own addresses."""
    MergedRecord.objects.filter(merge=undoing.merge).delete()
    for row in undoing.losers:
        row.deleted_at = row.deleted_by_id = None
        row.version += 1
        row.save(update_fields=["deleted_at", "deleted_by_id", "version"])


def _put_back_records(undoing: _Undoing, declared: ObjectType, moves: Sequence[MergeMove]) -> None:
    """Give records their old values back, a portion at a time."""
    losers = {row.pk for row in undoing.losers} if declared == undoing.target else set()
    wanted = {move.row_id: move for move in moves if move.row_id not in losers}
    ids = sorted(wanted)
    for start in range(0, len(ids), _AT_ONCE):
        part = declared.model._default_manager.filter(pk__in=ids[start : start + _AT_ONCE])
        live: dict[Any, dict[str, Any]] = {}
        untouched: list[Any] = []
        for row in part.order_by("pk").select_for_update():
            move = wanted[row.pk]
            if (move.after or {})[VERSION] == row.version:  # type: ignore[attr-defined]
                untouched.append(row)
            values = _old_values(undoing, declared, row, move)
            if row.deleted_at is not None:  # type: ignore[attr-defined]
                set_in_bin(declared, row, values)
            else:
                live[row] = values
        if live:
            undoing.batches.append(set_values(undoing.moving, declared, live))
        for row in untouched:
            _put_back_bytes(row, wanted[row.pk])
        for row in live:
            if declared == undoing.target and row.pk == undoing.survivor.pk:
                undoing.survivor = row


def _old_values(
    undoing: _Undoing, declared: ObjectType, row: Any, move: MergeMove
) -> dict[str, Any]:
    """Return what fields held before the merge; who changed one since keeps what he wrote."""
    before, after = move.before or {}, move.after or {}
    found: dict[str, Any] = {}
    for name, own in declared.fields().items():
        column = column_of(own)
        if column not in before or (own.read_only and not is_link(own)):
            continue
        was, became = (_kept_value(declared.model, own, column, one) for one in (before, after))
        if was == became:
            continue
        current = own.value(row)
        if current == became:
            found[name] = was
        elif current != was:
            undoing.conflicts.append((declared.key, row.pk, name))
    return found


def _kept_value(model: type[Model], own: Field, column: str, kept: Mapping[str, Any]) -> Any:
    raw = python_value(model, column, kept[column])
    if column == CUSTOM:
        raw = (raw or {}).get(own.name)
    return own.kind.load(raw, own)


def _put_back_bytes(row: Any, move: MergeMove) -> None:
    """Restore a row that nobody touched since to the letter: a secret as it was sealed, and what the
    product keeps beside the fields.
    """
    model = type(row)
    kept = {name: python_value(model, name, raw) for name, raw in (move.before or {}).items()}
    names = [name for name, old in kept.items() if getattr(row, name) != old]
    if names:
        ready = [database_ready(model, name)(kept[name]) for name in names]
        update_rows(model, names, [(row.pk, *ready)])
    for name in names:
        setattr(row, name, kept[name])


# --- fingerprints ---------------------------------------------------------------------------------


def _put_back_keys(undoing: _Undoing, moves: Sequence[MergeMove], merged: set[int]) -> None:
    """Give each record its fingerprints again; refuse when a third one got hold of a single value.

    `merged` are those of the survivor's values before they were put back.
    """
    declared, survivor = undoing.target, undoing.survivor
    MatchKey.objects.filter(pk__in=[one.row_id for one in moves if one.before is None]).delete()
    ideal = {row.pk: _keys_now(declared, row) for row in (survivor, *undoing.losers)}
    gone_values = merged - ideal[survivor.pk].keys()
    mine = MatchKey.objects.filter(object_key=declared.key, record_id=survivor.pk)
    mine.filter(key__in=gone_values).delete()
    gone = [
        MatchKey(
            id=one.row_id,
            object_key=declared.key,
            key=one.before["key"],
            record_id=one.before["record_id"],
            exclusive=one.before["exclusive"],
        )
        for one in moves
        if one.before is not None and one.before["key"] in ideal[one.before["record_id"]]
    ]
    MatchKey.objects.bulk_create(gone, ignore_conflicts=True)
    _claim_missing(declared, ideal)
    single = {key: pk for pk, keys in ideal.items() for key, is_single in keys.items() if is_single}
    held = MatchKey.objects.filter(object_key=declared.key, key__in=single)
    for key, holder in held.order_by("pk").values_list("key", "record_id") if single else ():
        if holder != single[key]:
            message = _(
                "Another record has got a value by now that only one may have. Please look at it"
                " first: it may be the same customer once more."
            )
            raise Refused(MergeRefused("taken", message, record_ids=(holder,)))


def _keys_now(declared: ObjectType, row: Any) -> dict[int, bool]:
    """Return the fingerprints of a record's values, and whether only one record may have each."""
    rules, fields = rules_of(declared), declared.fields()
    single = {rule.name for rule in rules if rule.action is DuplicateAction.BLOCK}
    names = {name for rule in rules for name in rule.fields}
    values = {name: fields[name].value(row) for name in names}
    found = keys_of(declared, rules, fields, values)
    return {key: rule in single for key, (rule, _field) in found.items()}


def _claim_missing(declared: ObjectType, ideal: Mapping[int, Mapping[int, bool]]) -> None:
    """Write the fingerprints records lack; the first holder of one has it exclusively."""
    mine = MatchKey.objects.filter(object_key=declared.key, record_id__in=ideal)
    for exclusive in (True, False):
        held = set(mine.values_list("record_id", "key"))
        missing = sorted({(pk, key) for pk, keys in ideal.items() for key in keys} - held)
        if not missing:
            return
        MatchKey.objects.bulk_create(
            [
                MatchKey(object_key=declared.key, key=key, record_id=pk, exclusive=exclusive)
                for pk, key in missing
            ],
            ignore_conflicts=True,
        )


# --- rows of other packages, and the end ----------------------------------------------------------


def _put_back_row(move: MergeMove) -> None:
    """Put back one row about the record, unless somebody changed it since."""
    model = model_named(move.table)
    rows = model._default_manager.filter(pk=move.row_id)
    if move.after is None:
        names = list(columns_of(model))
        values = [
            database_ready(model, name)(python_value(model, name, (move.before or {})[name]))
            for name in names
        ]
        insert_rows(model, names, [values], on_conflict="ON CONFLICT DO NOTHING")
        return
    row = rows.select_for_update().first()
    if row is None:
        return
    same = [name for name, raw in move.after.items() if raw_value(row, name) == raw]
    if move.before is None:
        if len(same) == len(move.after):
            rows.delete()
        return
    for name in same:
        setattr(row, name, python_value(model, name, move.before[name]))
    row.save(update_fields=same)


def _finish(undoing: _Undoing) -> None:
    """Make the losers found again, and tell change log and events."""
    declared, moving, merge = undoing.target, undoing.moving, undoing.merge
    losers = list(declared.model._default_manager.filter(pk__in=moving.loser_ids).order_by("pk"))
    if Feature.SEARCH in declared.features:
        index_records(declared, losers, declared.fields())  # type: ignore[arg-type]
    run_derivations(Written(moving.access, declared, losers, frozenset(), {}, "restored", {}))
    merge.undone_at, merge.undone_by_name = moving.at, moving.access.actor.name[:160]
    merge.conflicts = [list(place) for place in undoing.conflicts]
    merge.save(update_fields=["undone_at", "undone_by_name", "conflicts"])
    lines = [
        *(line for batch in undoing.batches for line in lines_of(batch)),
        ChangeLine(declared.key, merge.survivor_id, "unmerge", after={"apart": merge.loser_ids}),
        *(ChangeLine(declared.key, pk, "restore") for pk in moving.loser_ids),
    ]
    append_lines(moving.access, lines, moving.source, moving.at)
    if moving.source.has_events:
        told: list[tuple[str, int, dict[str, Any]]] = [("unmerged", merge.survivor_id, {})]
        told += [("restored", pk, {}) for pk in moving.loser_ids]
        write_events_together(moving.access, declared, told, undoing.batches, moving.at)


def forget_moves(before: datetime, at_once: int = 200) -> int:
    """Throw away the moves of merges that nobody can undo any more; return how many merges."""
    old = Merge.objects.filter(is_final=False, at__lt=before).order_by("at")
    ids = list(old.values_list("pk", flat=True)[:at_once])
    if not ids:
        return 0
    with transaction.atomic():
        MergeMove.objects.filter(merge_id__in=ids).delete()
        Merge.objects.filter(pk__in=ids).update(is_final=True)
    return len(ids)
