"""The timetable: what the product does every few minutes or nights, once for all its workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, ParamSpec, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from django_tasks.base import Task

from keqiao.base.clock import now
from keqiao.jobs import codec
from keqiao.jobs.backend import new_job
from keqiao.jobs.log import logger
from keqiao.jobs.models import Job, JobRun, Schedule, Status

KEPT_RUNS = 20  # of each line of the timetable; failed ones stay longer
FORGOTTEN_AT_ONCE = 500

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Interval:
    """Every n minutes, on the clock: every 15 minutes means :00, :15, :30 and :45."""

    minutes: int

    def __str__(self) -> str:
        return f"every {self.minutes} min"

    def slot(self, moment: datetime) -> datetime:
        """Return the latest planned moment that is not after the given one."""
        step = self.minutes * 60
        return datetime.fromtimestamp(int(moment.timestamp()) // step * step, UTC)

    def after(self, moment: datetime) -> datetime:
        return self.slot(moment) + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Daily:
    """Once a day at a wall-clock time of the installation's time zone."""

    at: time

    def __str__(self) -> str:
        return f"daily at {self.at:%H:%M}"

    def slot(self, moment: datetime) -> datetime:
        today = self._on(moment, 0)
        return today if today <= moment else self._on(moment, -1)

    def after(self, moment: datetime) -> datetime:
        today = self._on(moment, 0)
        return today if today > moment else self._on(moment, 1)

    def _on(self, moment: datetime, days: int) -> datetime:
        zone = timezone.get_default_timezone()
        day = moment.astimezone(zone).date() + timedelta(days=days)
        # Where the clock jumps over this time, fold=0 gives the moment right after the gap.
        return datetime.combine(day, self.at, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True)
class Periodic:
    task: Task[Any, Any]
    rule: Interval | Daily


_registry: dict[str, Periodic] = {}


def every(
    *, minutes: int | None = None, daily_at: str | None = None
) -> Callable[[Task[P, T]], Task[P, T]]:
    """Put a task without arguments on the timetable: `@every(minutes=5)` above `@task()`."""
    if (minutes is None) == (daily_at is None):
        message = "Give every() either minutes or daily_at."
        raise ValueError(message)
    if minutes is not None and minutes < 1:
        message = "A schedule cannot run more often than once a minute."
        raise ValueError(message)
    rule = Interval(minutes) if minutes is not None else Daily(time.fromisoformat(str(daily_at)))

    def register(task: Task[P, T]) -> Task[P, T]:
        _registry[task.module_path] = Periodic(task, rule)
        return task

    return register


def periodic_tasks() -> dict[str, Periodic]:
    """Return the timetable by task path; each installed package may have a part in `tasks.py`."""
    autodiscover_modules("tasks")
    return dict(_registry)


def sync_schedules() -> None:
    """Make the rows agree with the program: new lines, changed rules, a clock put back."""
    moment = now()
    known = periodic_tasks()
    rows = {row.name: row for row in Schedule.objects.filter(name__in=known)}
    Schedule.objects.bulk_create(
        [
            Schedule(name=name, rule=str(entry.rule), next_at=entry.rule.after(moment))
            for name, entry in known.items()
            if name not in rows
        ],
        ignore_conflicts=True,
    )
    for name, row in rows.items():
        rule = known[name].rule
        following = rule.after(moment)
        # Further away than one period means that the clock was ahead when the row was written.
        if row.rule != str(rule) or row.next_at > following:
            same = Schedule.objects.filter(pk=row.pk, next_at=row.next_at)
            same.update(rule=str(rule), next_at=following)


def run_due_schedules() -> int:
    """Enqueue what is due; of several schedulers the one that moves the row forward does it."""
    moment = now()
    due = Schedule.objects.filter(enabled=True, next_at__lte=moment, name__in=_registry)
    return sum(_run(row, moment) for row in due)


def _run(row: Schedule, moment: datetime) -> bool:
    entry = _registry[row.name]
    # After an outage only the latest missed slot is made up for.
    slot = entry.rule.slot(moment)
    with transaction.atomic():
        mine = Schedule.objects.filter(pk=row.pk, next_at=row.next_at, enabled=True)
        if not mine.update(next_at=entry.rule.after(moment)):
            return False
        job = new_job(entry.task, (), {})
        job.schedule, job.slot = row.name, slot
        # One key per schedule: a run that takes longer than its period is not joined by a second.
        job.unique_key = codec.unique_key(row.name, "schedule")
        Job.objects.bulk_create([job], ignore_conflicts=True)
        planned = (
            Job.objects.filter(schedule=row.name, slot=slot).values_list("pk", flat=True).first()
        )
        if planned is None:
            logger.warning("schedule_slot_skipped", schedule=row.name, reason="still unfinished")
            return False
        Schedule.objects.filter(pk=row.pk).update(last_slot=slot, last_job_id=planned)
        _forget_old_runs(row.name)
    return True


def _forget_old_runs(name: str) -> None:
    """Keep the last runs of a schedule: one of every minute would bury what people started."""
    done = Job.objects.filter(schedule=name, status=Status.DONE, slot__isnull=False)
    oldest_kept = done.order_by("-slot").values_list("slot", flat=True)[KEPT_RUNS - 1 : KEPT_RUNS]
    for slot in oldest_kept:
        old = list(done.filter(slot__lt=slot).values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
        JobRun.objects.filter(job_id__in=old).delete()
        Job.objects.filter(pk__in=old).delete()
