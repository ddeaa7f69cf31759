"""The door by which several records become one: the best of each stays, what hangs on them moves.

One transaction: all of it or nothing. Every row it touches is logged, so that within `UNDO_DAYS`
`undo_merge` (merging_undo.py) puts everything back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from keqiao.access.matrix import matrix
from keqiao.access.models import Collaborator
from keqiao.access.refusals import note_refusal
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.object_type import DuplicateAction
from keqiao.records.audit import ChangeLine, append_lines, lines_of
from keqiao.records.batch import Item
from keqiao.records.checking import apply_before_save, check_quality
from keqiao.records.derived import Written, run_derivations
from keqiao.records.drafts import Draft, DuplicateFound, Problem, Rejected
from keqiao.records.duplicates import find_duplicates
from keqiao.records.locking import lock_first
from keqiao.records.match_keys import keys_of, rules_of
from keqiao.records.merging_attached import move_attached
from keqiao.records.merging_log import Log, column_of, raw_row, whole_rows
from keqiao.records.merging_models import Merge, MergedRecord
from keqiao.records.merging_pointers import Moving, move_pointers
from keqiao.records.merging_values import (
    ALL,
    chosen_values,
    default_choices,
    may_choose,
    trust,
)
from keqiao.records.models import MatchKey
from keqiao.records.outbox import write_events_together
from keqiao.records.query import records
from keqiao.records.search_index import drop_from_index
from keqiao.records.writing import write_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch
    from keqiao.records.drafts import Source

UNDO_DAYS = 30
MOST_LOSERS = 20


@dataclass(frozen=True)
class Merged:
    """The records are one now; `moved` counts what went to the survivor, by object type."""

    merge_id: int
    survivor_id: int
    version: int
    moved: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class MergeRefused:
    """Nothing was merged; `message` says why to whoever wanted it.

    `code`: same | too_many | not_found | stale | forbidden_field | invalid | duplicate, and for an
    undoing undone | too_late | merged_again | merged_away | deleted | taken.
    """

    code: str
    message: str | Promise
    problems: tuple[Problem, ...] = ()
    record_ids: tuple[int, ...] = ()


class Refused(Exception):
    """Rolls a merge or its undoing back; `outcome` tells why."""

    def __init__(self, outcome: MergeRefused) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


def merge_records(
    access: Access,
    object_type: ObjectType,
    survivor_id: int,
    loser_ids: Sequence[int],
    choices: Mapping[str, int] | None = None,
    *,
    source: Source,
    versions: Mapping[int, int] | None = None,
) -> Merged | MergeRefused:
    """Merge `loser_ids` into the survivor and return what became of it.

    `choices` names for a field the record whose value stays, or `ALL` for those of a list; the rest
    follows `default_choices`. `versions` are those the person saw: whoever changed a record in the
    meantime is not overruled. The actor needs to be allowed to change and to delete every record.
    """
    losers = tuple(dict.fromkeys(loser_ids))
    if not losers or survivor_id in losers:
        return MergeRefused("same", _("Please choose two different records to merge."))
    if len(losers) > MOST_LOSERS:
        message = _("At most %(count)s records can be merged into one at a time.")
        return MergeRefused("too_many", message % {"count": MOST_LOSERS})
    moving = Moving(access, object_type, survivor_id, losers, source, now())
    try:
        with transaction.atomic():
            return _merge(moving, choices or {}, versions or {})
    except Refused as refused:
        return refused.outcome


def mergeable(access: Access, object_type: ObjectType) -> QuerySet[Any]:
    """Return the records that this person may merge with one another."""
    may_delete = access.scope(Action.DELETE, object_type)
    return records(access, object_type, Action.CHANGE).filter(may_delete)


def merged_rows(
    access: Access, object_type: ObjectType, survivor_id: int, loser_ids: Sequence[int]
) -> list[Any]:
    """Return records that went into one which this person may see: their values are its own now."""
    if not records(access, object_type).filter(pk=survivor_id).exists():
        return []
    gone = MergedRecord.objects.filter(
        object_key=object_type.key, survivor_id=survivor_id, record_id__in=loser_ids
    )
    rows = object_type.model._default_manager.filter(pk__in=gone.values("record_id"))
    return list(rows.order_by("pk"))


def _merge(moving: Moving, choices: Mapping[str, int], versions: Mapping[int, int]) -> Merged:
    log = Log()
    survivor, losers = _locked(moving, versions)
    rows = {row.pk: row for row in losers}
    chosen = {**default_choices(moving.access, moving.target, survivor, losers)}
    chosen.update(_checked(moving, survivor, choices))
    values = chosen_values(moving.target, survivor, losers, chosen)
    _break_circles(moving, survivor, values)
    merge = Merge.objects.create(
        object_key=moving.target.key,
        survivor_id=survivor.pk,
        loser_ids=list(moving.loser_ids),
        actor_id=moving.access.user_id,
        actor_name=moving.access.actor.name[:160],
        at=moving.at,
        request_id=moving.source.request_id[:40],
    )
    keys_before = _match_keys(moving)
    single = _single_keys(moving.target, losers)
    _bury(moving, merge, losers, log)
    taken_from = {name: rows[chosen[name]] for name in values if chosen[name] in rows}
    own = _write_survivor(moving, survivor, values, taken_from, log)
    _keep_old_keys(moving, keys_before, single)
    log.note_difference(MatchKey, keys_before, _match_keys(moving))
    batches, counts = move_pointers(moving, log)
    move_attached(moving.target.key, survivor.pk, moving.loser_ids, log)
    _let_owners_stay(moving, survivor, losers, log)
    merge.moved = dict(counts)
    merge.save(update_fields=["moved"])
    log.store(merge)
    run_derivations(Written(moving.access, moving.target, losers, frozenset(), {}, "deleted", {}))
    _tell(moving, own, batches)
    version = moving.target.model._default_manager.values_list("version", flat=True)
    return Merged(merge.pk, survivor.pk, version.get(pk=survivor.pk), dict(counts))


def _locked(moving: Moving, versions: Mapping[int, int]) -> tuple[Any, list[Any]]:
    """Lock all of them, in everybody's order, and see that nobody changed one in the meantime."""
    access, target = moving.access, moving.target
    ids = (moving.survivor_id, *moving.loser_ids)
    reach = mergeable(access, target).filter(pk__in=ids).order_by("pk")
    lock_first(target, reach)
    rows = {row.pk: row for row in reach.select_for_update()}
    if missing := [pk for pk in ids if pk not in rows]:
        note_refusal(access, target, Action.DELETE, missing)
        message = _(
            "One of the records no longer exists, was merged already, or is not yours to merge."
            " Nothing was changed; please look at them again."
        )
        raise Refused(MergeRefused("not_found", message, record_ids=tuple(missing)))
    stale = [pk for pk, row in rows.items() if versions.get(pk, row.version) != row.version]
    if stale:
        message = _(
            "Somebody changed one of the records while you were comparing them. Nothing was merged;"
            " please look at the values as they are now."
        )
        raise Refused(MergeRefused("stale", message, record_ids=tuple(stale)))
    return rows[moving.survivor_id], [rows[pk] for pk in moving.loser_ids]


def _checked(moving: Moving, survivor: Any, choices: Mapping[str, int]) -> Mapping[str, int]:
    """Refuse a choice about a field that is not this person's to decide."""
    access, target = moving.access, moving.target
    fields, ids = target.fields(), (survivor.pk, *moving.loser_ids)
    for name, choice in choices.items():
        own = fields.get(name)
        if own is None or own.read_only or name == "team" or not may_choose(access, target, own):
            message = _(
                "You may not decide about one of these fields. Please leave it as proposed."
            )
            raise _refused_field("forbidden_field", name, message)
        if choice not in ids and not (choice == ALL and own.kind.many):
            message = _("Please choose one of the values shown.")
            raise _refused_field("invalid", name, message)
        is_given = name == "owner" and choice != survivor.pk
        if is_given and not access.reaches(Action.TRANSFER, target, survivor):
            message = _("You may not hand this record to another owner. Please ask your manager.")
            raise _refused_field("forbidden_field", name, message)
    return choices


def _refused_field(code: str, name: str, message: Any) -> Refused:
    return Refused(MergeRefused(code, message, (Problem(name[:60], message, code),)))


def _break_circles(moving: Moving, survivor: Any, values: dict[str, Any]) -> None:
    """Whoever stood below itself through one of the others (a parent company) stands on top now."""
    ids = {survivor.pk, *moving.loser_ids}
    manager = moving.target.model._default_manager
    for name, own in moving.target.fields().items():
        if own.target != moving.target.key or own.kind.many or own.custom or own.read_only:
            continue
        above, seen = values.get(name, own.value(survivor)), set()
        while above and above not in ids and above not in seen:
            seen.add(above)
            above = manager.filter(pk=above).values_list(column_of(own), flat=True).first()
        if above in ids:
            values[name] = own.kind.empty


def _match_keys(moving: Moving) -> dict[int, Any]:
    ids = (moving.survivor_id, *moving.loser_ids)
    return whole_rows(MatchKey.objects.filter(object_key=moving.target.key, record_id__in=ids))


def _single_keys(target: ObjectType, rows: Iterable[Any]) -> set[int]:
    """Return the fingerprints of values that only one record may ever have."""
    rules = [one for one in rules_of(target) if one.action is DuplicateAction.BLOCK]
    fields = target.fields()
    return {
        key
        for row in rows
        for key in keys_of(
            target, rules, fields,
            {name: fields[name].value(row) for rule in rules for name in rule.fields},
        )
    }  # fmt: skip


def _bury(moving: Moving, merge: Merge, losers: Sequence[Any], log: Log) -> None:
    """Take the losers out of sight: their rows stay whole, with all values, behind a tombstone."""
    key = moving.target.key
    for row in losers:
        before = raw_row(row)
        row.deleted_at, row.deleted_by_id = moving.at, moving.access.user_id
        row.version += 1
        row.save(update_fields=["deleted_at", "deleted_by_id", "version"])
        log.note_change(before, row)
    MergedRecord.objects.bulk_create(
        MergedRecord(merge=merge, object_key=key, record_id=pk, survivor_id=moving.survivor_id)
        for pk in moving.loser_ids
    )
    MatchKey.objects.filter(object_key=key, record_id__in=moving.loser_ids).delete()
    drop_from_index(moving.target, moving.loser_ids)


def _write_survivor(
    moving: Moving,
    survivor: Any,
    values: Mapping[str, Any],
    taken_from: Mapping[str, Any],
    log: Log,
) -> Batch:
    """Write the chosen values by the steps of every save, without those about the person's input.

    What was found out about a value of `taken_from` (verified, a dead number) comes along with it.
    """
    before = raw_row(survivor)
    item = Item(Draft({}, record_id=survivor.pk), 0, record=survivor)
    item.values = dict(values)
    batch = moving.batch(moving.target, [item])
    for step in (apply_before_save, check_quality, find_duplicates, write_records):
        step(batch)
        if item.outcome is not None:
            raise Refused(_refusal(item.outcome))
    if taken_from:
        trust.carry(moving.target, survivor, taken_from)
    log.note_change(before, survivor)
    return batch


def _refusal(outcome: object) -> MergeRefused:
    if isinstance(outcome, Rejected):
        text = " ".join(str(one.message) for one in outcome.problems)
        why = _("The chosen values do not go together: %(why)s") % {"why": text}
        return MergeRefused("invalid", why, tuple(outcome.problems))
    if isinstance(outcome, DuplicateFound):
        message = _(
            "A third record holds a value that may exist only once. Merge that one as well, or choose"
            " another value."
        )
        ids = tuple(one.record_id for one in outcome.candidates if one.record_id)
        return MergeRefused("duplicate", message, record_ids=ids)
    return MergeRefused("invalid", _("The merged record could not be saved."))


def _keep_old_keys(moving: Moving, before: Mapping[int, Any], single: set[int]) -> None:
    """Whoever enters a loser's old telephone shall find the survivor: the fingerprints are his now."""
    mine = MatchKey.objects.filter(object_key=moving.target.key, record_id=moving.survivor_id)
    held = set(mine.values_list("key", flat=True))
    old = {row["key"]: row for row in before.values() if row["record_id"] in moving.loser_ids}
    rows = [
        MatchKey(
            object_key=moving.target.key, key=key, record_id=moving.survivor_id,
            exclusive=row["exclusive"],
        )
        for key, row in sorted(old.items())
        if key not in held and key not in single
    ]  # fmt: skip
    MatchKey.objects.bulk_create(rows, ignore_conflicts=True)


def _let_owners_stay(moving: Moving, survivor: Any, losers: Sequence[Any], log: Log) -> None:
    """Whose record went into another's keeps his sight of the customer and his hand on it."""
    shares = Collaborator.objects.filter(object_key=moving.target.key, record_id=survivor.pk)
    known = {survivor.owner_id, *shares.values_list("user_id", flat=True)}
    people = matrix().people
    for owner in dict.fromkeys(row.owner_id for row in losers):
        if owner in people and people[owner].is_active and owner not in known:
            share = Collaborator.objects.create(
                object_key=moving.target.key, record_id=survivor.pk, user_id=owner,
                can_write=True, added_by_id=moving.access.user_id,
            )  # fmt: skip
            log.note(Collaborator, share.pk, None, raw_row(share))


def _tell(moving: Moving, own: Batch, batches: Sequence[Batch]) -> None:
    """Write change log and events, after all row locks (the log has one order for everybody)."""
    key, source, together = moving.target.key, moving.source, (own, *batches)
    lines = [
        *(line for batch in together for line in lines_of(batch)),
        ChangeLine(key, moving.survivor_id, "merge", after={"merged": list(moving.loser_ids)}),
        *(
            ChangeLine(key, pk, "merged", after={"into": moving.survivor_id})
            for pk in moving.loser_ids
        ),
    ]
    append_lines(moving.access, lines, source, moving.at)
    if source.has_events:
        told: list[tuple[str, int, dict[str, Any]]] = [
            ("merged", moving.survivor_id, {"merged": list(moving.loser_ids)})
        ]
        told += [("deleted", pk, {"merged_into": moving.survivor_id}) for pk in moving.loser_ids]
        write_events_together(moving.access, moving.target, told, together, moving.at)
