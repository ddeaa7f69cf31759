"""The background work of checking a file, and the clearing away of old ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override
from django_tasks import task

from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog.registry import object_type
from keqiao.config.file_check.cleaning import CleanFailed, clean_file, plan_cleaning
from keqiao.importing.file_problem import FileProblem
from keqiao.importing.store import folder, import_path
from keqiao.jobs.options import LONG, with_options
from keqiao.jobs.problems import GiveUp
from keqiao.jobs.progress import progress
from keqiao.jobs.schedule import every
from keqiao.jobs.words import work as called_work
from keqiao.quality.cleaning.models import FileCheck

HOURS = 3600
KEPT = timedelta(days=7)


def result_path(check: FileCheck, what: str) -> Path:
    """Return where a result lies: `what` is clean or report."""
    return folder("checks") / f"{Path(check.stored_name).stem}-{what}.xlsx"


@task(title=_("Check a file"), queue_name=LONG, time_limit=2 * HOURS)
def check_file(check_id: int) -> dict[str, int]:
    check = FileCheck.objects.select_related("user").get(pk=check_id)
    if not check.user.is_active:
        msg = "The person who wanted this file checked is no longer active."
        raise GiveUp(msg)
    with override(check.user.language):
        try:
            plan = plan_cleaning(
                import_path(check.stored_name), check.file_name, object_type(check.object_key)
            )
            summary = clean_file(
                plan,
                result_path(check, "clean"),
                result_path(check, "report"),
                lambda rows: progress(rows, 0),
            )
        except (FileProblem, CleanFailed) as problem:
            check.state, check.problem = FileCheck.State.FAILED, str(problem)[:500]
            check.save(update_fields=["state", "problem"])
            return {"rows": 0}
    check.counts = {**summary.as_data(), "columns": plan.as_names()}
    check.state = FileCheck.State.DONE
    check.save(update_fields=["counts", "state"])
    return {"rows": summary.rows, "changes": summary.applied.total()}


def enqueue_check(check: FileCheck) -> None:
    """Save the check and queue its work in one transaction."""
    with transaction.atomic():
        check.save()
        title = say(
            gettext_noop("%(work)s: %(name)s"),
            work=called_work(check_file.module_path),
            name=check.file_name,
        )
        titled: Any = with_options(check_file, actor_id=check.user_id, title=title)
        check.job_id = int(titled.enqueue(check.pk).id)
        check.save(update_fields=["job_id"])


@every(daily_at="03:40")
@task(title=_("Remove checked files"), queue_name=LONG)
def remove_checked() -> int:
    """Delete lists and results past their time."""
    old = FileCheck.objects.filter(created_at__lt=now() - KEPT)
    removed = 0
    for check in old:
        for path in (
            import_path(check.stored_name),
            result_path(check, "clean"),
            result_path(check, "report"),
        ):
            path.unlink(missing_ok=True)
        check.delete()
        removed += 1
    return removed
