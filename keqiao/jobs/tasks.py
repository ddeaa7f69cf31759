"""Keeps the queue's own tables small."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.base.clock import now
from keqiao.jobs.models import Job, JobRun, Status
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import check_cancelled
from keqiao.jobs.schedule import every

KEEP_FINISHED = timedelta(days=30)
# A dead letter is a task for a person; it waits longer.
KEEP_DEAD = timedelta(days=180)
BATCH = 500


@every(daily_at="03:40")
@task(title=_("Remove old finished jobs"), queue_name=LONG)
def remove_old_jobs() -> int:
    removed = _remove((Status.DONE, Status.CANCELLED), KEEP_FINISHED)
    return removed + _remove((Status.DEAD,), KEEP_DEAD)


def _remove(statuses: tuple[Status, ...], age: timedelta) -> int:
    old = Job.objects.filter(finished_at__lt=now() - age, status__in=statuses)
    removed = 0
    while ids := list(old.order_by("finished_at").values_list("pk", flat=True)[:BATCH]):
        # Small transactions: saving customers never waits long for the clean-up.
        with transaction.atomic():
            JobRun.objects.filter(job_id__in=ids).delete()
            Job.objects.filter(pk__in=ids).delete()
        removed += len(ids)
        check_cancelled()
    return removed
