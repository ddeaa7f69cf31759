"""Runs an import: stage the rows, check them, bring them in, and go on after any interruption."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext, override

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.base.bulk_room import bulk_room
from keqiao.base.clock import now
from keqiao.catalog import state as state_of_rights
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type
from keqiao.importing.deciding import NOT_BROUGHT_IN, Decider, add_counts, store_rows
from keqiao.importing.drafting import Plan, dump_cells, owners_offered, usable_keys
from keqiao.importing.file_problem import FileProblem
from keqiao.importing.models import ImportMapping, ImportRow, ImportRun, Mode, RowState, RunState
from keqiao.importing.readers import ReadSettings, check_unchanged, iter_rows
from keqiao.importing.store import disk_guard, import_path
from keqiao.importing.telling import tell_checked, tell_imported
from keqiao.jobs.problems import JobCancelled

STAGED_AT_ONCE = 2_000
BATCH = 500
RECHECKED_AT_ONCE = 2_000  # more corrected rows than these are checked in the background
DEEPEST_LIST = 6  # levels of parents that one list may bring in any order
Progress = Callable[[int, int], None]


class ImportForbidden(Exception):
    """The person whose import this is may not import this object (any more)."""

    def __init__(self) -> None:
        self.message = gettext(
            "You may not import here. Ask an administrator for the right to import."
        )
        super().__init__(self.message)


class RunMovedOn(Exception):
    """An old job was started again for an import that has gone on since."""

    def __init__(self) -> None:
        self.message = gettext(
            "This import has gone on since then. Open it under Import to see where it stands."
        )
        super().__init__(self.message)


def run_access(run: ImportRun) -> Access:
    """Return the rights of the run's person as they are at this moment, not as they were."""
    if run.user_id is None:
        return Access.system("import from the command line")
    user = User.objects.filter(pk=run.user_id, is_active=True).first()
    if user is None:
        raise ImportForbidden
    access = Access.for_user(user)
    require_import(access, object_type(run.object_key))
    return access


def require_import(access: Access, declared: ObjectType) -> None:
    if not access.can(Action.IMPORT, declared):
        raise ImportForbidden


def check_run(run_id: int, progress: Progress) -> ImportRun:
    """Pass every row through the write path without writing, and note what would happen."""
    # A second check would forget what the import has made, and so how to undo it.
    if not ImportRun.objects.filter(pk=run_id, is_dry=True).exists():
        raise RunMovedOn
    begun = now()
    with _guarded(run_id, RunState.CHECKING) as run:
        access, declared = run_access(run), object_type(run.object_key)
        _stage(run)
        _restart(run, is_dry=True)
        decider = Decider(run, access, Plan.of(run, declared), dry_run=True)
        total = ImportRow.objects.filter(run=run).count()
        while rows := _next_rows(run):
            decider.decide(rows)
            with transaction.atomic():
                _finish_batch(run, rows)
            progress(run.rows_read, total)
        _decide_again(run, decider)
        run.state = RunState.CHECKED
        with transaction.atomic():
            run.save()
            tell_checked(run, begun)
    return run


def execute_run(
    run_id: int, progress: Progress, keep_state: Callable[[dict[str, Any]], None]
) -> ImportRun:
    """Bring the rows in. Called again after a crash, it goes on behind the last saved row.

    Records, rows, counts and cursor of a batch are one transaction; so is the job's own state,
    which fails when another worker has taken the job over, and then nothing of the batch stays.
    """
    undone = (RunState.REVERTING, RunState.REVERTED)
    if ImportRun.objects.filter(pk=run_id, state__in=undone).exists():
        raise RunMovedOn
    begun = now()
    with bulk_room(), _guarded(run_id, RunState.RUNNING) as run:
        access, declared = run_access(run), object_type(run.object_key)
        _stage(run)
        if run.is_dry:
            _restart(run, is_dry=False)
        decider = Decider(run, access, Plan.of(run, declared), dry_run=False)
        total = ImportRow.objects.filter(run=run).count()
        while rows := _next_rows(run):
            # A leaver's import ends with the leaver, however long the list is.
            state_of_rights.forget_versions()
            decider.access = run_access(run)
            with transaction.atomic():
                decider.decide(rows)
                _finish_batch(run, rows)
                keep_state({"run": run.pk, "cursor": run.cursor})
            progress(run.rows_read, total)
        _decide_again(run, decider)
        _remember_mapping(run)
        run.state, run.finished_at = RunState.DONE, now()
        with transaction.atomic():
            run.save()
            tell_imported(run, begun)
    return run


@contextmanager
def _guarded(run_id: int, state: RunState) -> Iterator[ImportRun]:
    """Hold the run in `state`; whatever ends it early leaves a sentence and a state to go on from."""
    run = ImportRun.objects.get(pk=run_id)
    run.state, run.problem = state, ""
    try:
        with override(_language(run)), disk_guard():
            run.save(update_fields=["state", "problem"])
            yield run
    except (FileProblem, ImportForbidden) as problem:
        _stop(run_id, problem.message)
        raise
    except JobCancelled:
        with override(_language(run)):
            _stop(
                run_id,
                gettext("Stopped by you. Nothing was imported.")
                if state is RunState.CHECKING
                else gettext("Stopped by you. What was imported so far stays."),
            )
        raise


def _stop(run_id: int, sentence: str) -> None:
    # Counts and cursor stay as the last batch left them; only the state is told. On a full disk
    # even that may fail: the run then goes on from its cursor when its job is tried again.
    with suppress(DatabaseError):
        ImportRun.objects.filter(pk=run_id).update(state=RunState.STOPPED, problem=sentence)


def _language(run: ImportRun) -> str:
    user = User.objects.filter(pk=run.user_id or 0).values_list("language", flat=True).first()
    return user or "zh-hans"


def _stage(run: ImportRun) -> None:
    """Copy the rows of the file into the database, once; an interrupted copy starts anew."""
    settings = ReadSettings(**run.settings)
    path = import_path(run.stored_name)
    check_unchanged(path, settings.sha256)
    if run.staged:
        return
    ImportRow.objects.filter(run=run).delete()
    rows = iter_rows(path, settings)
    while batch := list(islice(rows, STAGED_AT_ONCE)):
        with transaction.atomic():
            ImportRow.objects.bulk_create(
                [ImportRow(run=run, number=n, raw=dump_cells(cells)) for n, cells in batch]
            )
    run.staged = True
    run.save(update_fields=["staged"])


def _restart(run: ImportRun, *, is_dry: bool) -> None:
    with transaction.atomic():
        ImportRow.objects.filter(run=run).exclude(key_hash=None).update(key_hash=None)
        run.is_dry, run.cursor = is_dry, 0
        run.rows_read = run.created = run.updated = 0
        run.duplicates = run.rejected = run.held = run.repaired = 0
        run.finished_at = None
        run.save()


def _next_rows(run: ImportRun) -> list[ImportRow]:
    rows = ImportRow.objects.filter(run=run, number__gt=run.cursor).order_by("number")
    return list(rows[:BATCH])


def _finish_batch(run: ImportRun, rows: Sequence[ImportRow]) -> None:
    store_rows(rows)
    add_counts(run, rows)
    run.cursor = rows[-1].number
    run.save()


def _decide_again(run: ImportRun, decider: Decider) -> None:
    """Give rows another chance that name a record further down the list (a parent account).

    A row that succeeds stops being rejected in the same transaction, so a crash repeats nothing.
    """
    for _round in range(DEEPEST_LIST if decider.inner else 0):
        rejected = ImportRow.objects.filter(run=run, state=RowState.REJECTED).order_by("number")
        waiting = [row for row in rejected.iterator() if decider.waits_for_own_list(row)]
        for start in range(0, len(waiting), BATCH):
            rows = waiting[start : start + BATCH]
            with transaction.atomic():
                add_counts(run, rows, sign=-1)
                decider.decide(rows, again=True)
                store_rows(rows)
                add_counts(run, rows)
                run.save()
        if all(row.state == RowState.REJECTED for row in waiting):
            return


def _remember_mapping(run: ImportRun) -> None:
    names = {column["name"]: run.mapping.get(str(column["index"])) for column in run.columns}
    ImportMapping.objects.update_or_create(
        object_key=run.object_key,
        signature=run.signature,
        defaults={
            "mapping": names, "mode": run.mode, "key_field": run.key_field, "used_at": now(),
        },
    )  # fmt: skip


def edit_cell(
    run: ImportRun, row: ImportRow, column: int, value: str, *, everywhere: bool = False
) -> int:
    """Correct a cell, or all cells of its column with the same content; return how many changed.

    Of more than `RECHECKED_AT_ONCE` rows the caller has the whole list checked again.
    """
    before = _cell(row, column)
    rows = [row]
    if everywhere:
        rows = [
            other
            for other in ImportRow.objects.filter(run=run).iterator(chunk_size=STAGED_AT_ONCE)
            if _cell(other, column) == before
        ]
    for changed in rows:
        cells = changed.cells()
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = value or None
        changed.raw = dump_cells(cells)
    with transaction.atomic():
        ImportRow.objects.bulk_update(rows, ["raw"], batch_size=BATCH)
        if len(rows) <= RECHECKED_AT_ONCE:
            recheck_rows(run, rows)
    return len(rows)


def _cell(row: ImportRow, column: int) -> Any:
    cells = row.cells()
    return cells[column] if column < len(cells) else None


def leave_out(run: ImportRun, rows: Sequence[ImportRow]) -> None:
    """Take rows out of the import altogether, as if they stood not in the list."""
    with transaction.atomic():
        ImportRow.objects.filter(run=run, pk__in=[row.pk for row in rows]).delete()
        recount(run)


def recheck_rows(run: ImportRun, rows: Sequence[ImportRow]) -> None:
    """Check corrected rows again, with the rights of the run's person."""
    plan = Plan.of(run, object_type(run.object_key))
    decider = Decider(run, run_access(run), plan, dry_run=True)
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        decider.decide(batch)
        store_rows(batch)
    recount(run)


def recount(run: ImportRun) -> None:
    rows = ImportRow.objects.filter(run=run)
    run.rows_read = rows.exclude(state=RowState.WAITING).count()
    run.created = rows.filter(state=RowState.CREATED).count()
    run.updated = rows.filter(state=RowState.UPDATED).count()
    run.duplicates = rows.filter(state=RowState.DUPLICATE).count()
    run.held = rows.filter(state=RowState.HELD).count()
    run.rejected = rows.filter(state__in=NOT_BROUGHT_IN).count()
    run.repaired = rows.exclude(repairs="").count()
    run.save()


def check_plan(access: Access, run: ImportRun, declared: ObjectType) -> str:
    """Return what is still missing before a list can be checked, as a sentence; empty: nothing."""
    if run.owner not in owners_offered(access, declared):
        return gettext("Choose one of those offered to whom the new records shall belong.")
    fields = declared.fields()
    chosen = [name for name in run.mapping.values() if name]
    if not chosen:
        return gettext("No column is assigned yet. Choose a field for at least one column.")
    for name in chosen:
        if name not in fields:
            return gettext("There is no field “%(name)s” here.") % {"name": name}
        if chosen.count(name) > 1 and not fields[name].kind.many:
            return gettext("“%(field)s” is assigned to two columns. Choose one of them.") % {
                "field": fields[name].label
            }
    keys = {field.name for field in usable_keys(declared, chosen)}
    if run.mode != Mode.CREATE and run.key_field not in keys:
        return gettext("Choose the column by which existing records are found.")
    missing = [
        str(field.label)
        for name, field in fields.items()
        if field.required and name not in chosen and run.mode == Mode.CREATE
    ]
    if missing:
        return gettext("No column is assigned to %(fields)s, which every new record needs.") % {
            "fields": ", ".join(missing)
        }
    return ""
