"""The background work of imports and exports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override
from django_tasks import task

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.base.words import Words, say
from keqiao.importing.export import ExportRefused, order_path, ordered_export, write_export
from keqiao.importing.file_problem import FileProblem
from keqiao.importing.models import ExportFile, ImportRow, ImportRun, RunState
from keqiao.importing.reverting import revert_run
from keqiao.importing.running import ImportForbidden, RunMovedOn, check_run, execute_run
from keqiao.importing.store import import_path
from keqiao.jobs.options import LONG, enqueue_unique, with_options
from keqiao.jobs.problems import GiveUp
from keqiao.jobs.progress import progress, save_state
from keqiao.jobs.schedule import every
from keqiao.jobs.words import work as called_work
from keqiao.notifications.producers import register_job_notice
from keqiao.records.query import count_records

HOURS = 3600
KEPT_IMPORTS = timedelta(days=90)
ROWS_REMOVED = 5_000


@task(title=_("Check a list before its import"), queue_name=LONG, time_limit=2 * HOURS)
def check_list(run_id: int) -> dict[str, int]:
    try:
        return check_run(run_id, progress).counts()
    except (FileProblem, ImportForbidden, RunMovedOn) as problem:
        raise GiveUp(problem.message) from problem


@task(title=_("Import a list"), queue_name=LONG, time_limit=12 * HOURS)
def import_list(run_id: int) -> dict[str, int]:
    try:
        return execute_run(run_id, progress, save_state).counts()
    except (FileProblem, ImportForbidden, RunMovedOn) as problem:
        raise GiveUp(problem.message) from problem


@task(title=_("Undo an import"), queue_name=LONG, time_limit=12 * HOURS)
def undo_import(run_id: int, user_id: int | None) -> int:
    try:
        return len(revert_run(run_id, user_id, progress).conflicts)
    except ImportForbidden as problem:
        raise GiveUp(problem.message) from problem


@task(title=_("Write an export file"), queue_name=LONG, time_limit=2 * HOURS)
def write_export_file(order_id: int) -> int:
    order = ExportFile.objects.get(pk=order_id)
    user = User.objects.filter(pk=order.user_id, is_active=True).first()
    if user is None:
        msg = "The person who ordered this export is no longer active."
        raise GiveUp(msg)
    try:
        with override(user.language):
            export = ordered_export(Access.for_user(user), order)
            total = count_records(export.access, export.query)
            order.rows = write_export(export, order_path(order), progress, total)
    except (ExportRefused, FileProblem) as problem:
        order.problem = problem.message
        order.save(update_fields=["problem"])
        raise GiveUp(problem.message) from problem
    order.ready = True
    order.save(update_fields=["ready", "rows"])
    return order.rows


register_job_notice(check_list, tells_itself=True)
register_job_notice(import_list, tells_itself=True)
register_job_notice(write_export_file, url="/exports/")


def enqueue_run(run: ImportRun, work: RunState, user_id: int | None) -> None:
    """Queue a check, an import or its undoing; the state changes in the same transaction."""
    job: Any = {
        RunState.CHECKING: check_list,
        RunState.RUNNING: import_list,
        RunState.REVERTING: undo_import,
    }[work]
    arguments = (run.pk, user_id) if work is RunState.REVERTING else (run.pk,)
    with transaction.atomic():
        called = called_work(job.module_path)
        title = say(gettext_noop("%(work)s: %(name)s"), work=called, name=run.file_name)
        titled: Any = with_options(job, actor_id=user_id, title=title)
        result = enqueue_unique(titled, f"import:{run.pk}", *arguments)
        run.job_id = int(result.id)
        run.state = work
        run.problem = ""
        run.save(update_fields=["job_id", "state", "problem"])


def enqueue_export(order: ExportFile, title: Words) -> None:
    titled: Any = with_options(write_export_file, actor_id=order.user_id, title=title)
    order.job_id = int(titled.enqueue(order.pk).id)
    order.save(update_fields=["job_id"])


@every(daily_at="03:20")
@task(title=_("Remove expired imports and exports"), queue_name=LONG)
def remove_expired() -> int:
    """Delete export files past their time and the raw rows of imports nobody will undo."""
    removed = 0
    for order in ExportFile.objects.filter(expires_at__lt=now()):
        order_path(order).unlink(missing_ok=True)
        order.delete()
        removed += 1
    for run in ImportRun.objects.filter(created_at__lt=now() - KEPT_IMPORTS):
        import_path(run.stored_name).unlink(missing_ok=True)
        rows = ImportRow.objects.filter(run=run)
        while ids := list(rows.values_list("pk", flat=True)[:ROWS_REMOVED]):
            ImportRow.objects.filter(pk__in=ids).delete()
            removed += len(ids)
    return removed
