"""Takes an import back: what it made goes to the recycle bin, what it changed gets its old values.

What somebody has changed since is left alone and reported; undoing never destroys later work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.catalog.field import Field
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type
from keqiao.importing.deciding import store_rows
from keqiao.importing.models import ImportRow, ImportRun, RowState, RunState
from keqiao.importing.running import ImportForbidden, require_import
from keqiao.records.audit import logged_raw, logged_value
from keqiao.records.drafts import Draft, Saved, Source
from keqiao.records.held import withdraw_held
from keqiao.records.query import records
from keqiao.records.removal import delete_records
from keqiao.records.save import save_records

BATCH = 200
MOST_CONFLICTS = 1_000


def revert_run(run_id: int, user_id: int | None, progress: Callable[[int, int], None]) -> ImportRun:
    """Undo one import with the rights of `user_id`; called again, it goes on where it stopped."""
    run = ImportRun.objects.get(pk=run_id)
    declared = object_type(run.object_key)
    access = _access(user_id)
    require_import(access, declared)
    run.state = RunState.REVERTING
    run.save(update_fields=["state"])
    done = (RowState.CREATED, RowState.UPDATED)
    rows = ImportRow.objects.filter(run=run, state__in=done).exclude(record_id=None)
    total, undone = rows.count(), 0
    source = Source("revert", detail=run.source_detail)
    # From the last row up: children that the list brought go before their parents.
    while batch := list(rows.order_by("-number")[:BATCH]):
        # Each in a transaction of its own: both take the locks of records before the change log's.
        for undo, state in ((_delete_created, done[0]), (_restore_values, done[1])):
            part = [row for row in batch if row.state == state]
            with transaction.atomic():
                conflicts = undo(access, declared, part, source)
                store_rows(part)
                run.conflicts = [*run.conflicts, *conflicts][:MOST_CONFLICTS]
                run.save(update_fields=["conflicts"])
        undone += len(batch)
        progress(undone, total)
    _withdraw_held(run)
    run.state = RunState.REVERTED
    run.save(update_fields=["state"])
    return run


def _withdraw_held(run: ImportRun) -> None:
    """What still waits for a second person is not to become a record of a list that was undone."""
    with transaction.atomic():
        withdraw_held(run.object_key, "import", run.source_detail[:200])
        ImportRow.objects.filter(run=run, state=RowState.HELD).update(state=RowState.REVERTED)


def undo_rows(
    access: Access, declared: ObjectType, rows: Sequence[ImportRow], run: ImportRun
) -> list[dict[str, Any]]:
    """Take single rows of an import back; the caller stores them. Return what stands against it."""
    source = Source("revert", detail=f"#{run.pk} {run.file_name}")
    created = [row for row in rows if row.state == RowState.CREATED]
    updated = [row for row in rows if row.state == RowState.UPDATED]
    return [
        *_delete_created(access, declared, created, source),
        *_restore_values(access, declared, updated, source),
    ]


def _access(user_id: int | None) -> Access:
    if user_id is None:
        return Access.system("undo an import from the command line")
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise ImportForbidden
    return Access.for_user(user)


def _delete_created(
    access: Access, declared: ObjectType, rows: Sequence[ImportRow], source: Source
) -> list[dict[str, Any]]:
    ids = [row.record_id for row in rows if row.record_id]
    reach = records(access, declared, Action.DELETE).filter(pk__in=ids).order_by("pk")
    versions = dict(reach.select_for_update().values_list("pk", "version"))
    alive = set(records(Access.system("undo an import"), declared).filter(pk__in=ids)
                .values_list("pk", flat=True))  # fmt: skip
    unchanged = [row for row in rows if versions.get(row.record_id or 0) == row.version]
    removed = delete_records(
        access, declared, [row.record_id for row in unchanged if row.record_id], source=source
    )
    gone = set(removed.done)
    conflicts = []
    for row in rows:
        if row.record_id in gone or row.record_id not in alive:
            row.state = RowState.REVERTED
            continue
        row.state = RowState.KEPT
        if row.record_id in removed.in_use:
            reason = gettext("Other records point at it by now.")
        elif row.record_id in versions:
            reason = gettext("It was changed after the import.")
        else:
            reason = gettext("You may not delete it.")
        conflicts.append({"row": row.number, "record": row.record_id, "reason": reason})
    return conflicts


def _restore_values(
    access: Access, declared: ObjectType, rows: Sequence[ImportRow], source: Source
) -> list[dict[str, Any]]:
    ids = [row.record_id for row in rows]
    found = records(access, declared, Action.CHANGE).in_bulk([pk for pk in ids if pk])
    fields = declared.fields()
    conflicts: list[dict[str, Any]] = []
    drafts: list[Draft] = []
    for row in rows:
        record = found.get(row.record_id or 0)
        changes = json.loads(row.changes) if row.changes else {}
        row.state = RowState.REVERTED
        values, kept = {}, []
        for name, (before, after) in changes.items():
            field = fields.get(name)
            if record is None or field is None or not _is_as_imported(field, record, after):
                kept.append(str(field.label) if field else name)
            else:
                values[name] = logged_raw(field, before)
        if kept:
            row.state = RowState.KEPT
            reason = gettext("Changed after the import: %(fields)s.") % {"fields": ", ".join(kept)}
            conflicts.append({"row": row.number, "record": row.record_id, "reason": reason})
        if record is not None and values:
            # With the version read here, a change made in this very moment is not overwritten.
            drafts.append(
                Draft(
                    values,
                    row.record_id,
                    record.version,  # type: ignore[attr-defined]
                    ref=row,
                    allow_duplicates=True,
                )
            )
    outcomes = save_records(access, declared, drafts, source=source)
    for draft, outcome in zip(drafts, outcomes, strict=True):
        if not isinstance(outcome, Saved):
            draft.ref.state = RowState.KEPT
            reason = gettext("Its old values can no longer be saved.")
            conflicts.append({"row": draft.ref.number, "record": draft.record_id, "reason": reason})
    return conflicts


def _is_as_imported(field: Field, record: Any, after: Any) -> bool:
    value = field.value(record)
    return field.kind.is_empty(value) if after is None else value == logged_value(field, after)
