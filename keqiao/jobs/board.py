"""What people see of the background work and may do about it: cancel, try again, switch off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from keqiao.base.clock import now
from keqiao.base.words import Words, say
from keqiao.jobs import codec
from keqiao.jobs.models import Job, JobRun, RunOutcome, Schedule, Status
from keqiao.jobs.options import enqueue_unique, with_options
from keqiao.jobs.problems import JobProblem
from keqiao.jobs.schedule import periodic_tasks
from keqiao.jobs.words import read_text, title_of, work


@dataclass(frozen=True)
class JobLine:
    id: int
    title: str  # in the language of who reads it
    called: Words | dict[str, str] | str  # what a text that speaks of the job takes as parameter
    task: str
    queue: str
    status: str
    status_label: str
    actor_id: int | None
    enqueued_at: datetime
    run_after: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    max_attempts: int
    progress_done: int
    progress_total: int
    progress_percent: int | None
    progress_note: str
    reason: str
    cancel_requested: bool
    can_cancel: bool
    can_retry: bool


@dataclass(frozen=True)
class RunLine:
    attempt: int
    worker: str
    started_at: datetime
    finished_at: datetime
    seconds: float
    outcome: str
    outcome_label: str
    exception: str
    error: str


@dataclass(frozen=True)
class JobDetail:
    """`arguments`, `result`, `state` and errors may hold business data: for administrators only."""

    job: JobLine
    worker: str
    last_sign_of_life: datetime | None
    arguments: tuple[list[Any], dict[str, Any]]
    result: Any
    state: dict[str, Any]
    runs: tuple[RunLine, ...]


@dataclass(frozen=True)
class ScheduleLine:
    name: str
    title: str
    rule: str
    enabled: bool
    next_at: datetime
    last_slot: datetime | None
    last_job_id: int | None
    last_status: str
    last_status_label: str


@dataclass(frozen=True)
class Run:
    """One job of a task with what it returned; a result may hold business data."""

    job: JobLine
    result: Any


@dataclass(frozen=True)
class QueueNumbers:
    waiting: int
    due: int
    running: int
    dead: int
    oldest_due_since: datetime | None


def recent_jobs(
    limit: int = 50,
    status: str | None = None,
    *,
    actor_id: int | None = None,
    with_housekeeping: bool = True,
) -> list[JobLine]:
    """Return the newest jobs first; unknown states show nothing rather than everything.

    Without housekeeping what the timetable runs is left out, unless it failed for good.
    """
    jobs = Job.objects.order_by("-pk")
    if not with_housekeeping:
        jobs = jobs.filter(Q(schedule="") | Q(status=Status.DEAD))
    if status:
        jobs = jobs.filter(status=status)
    if actor_id is not None:
        jobs = jobs.filter(actor_id=actor_id)
    return _lines(jobs[:limit])


def dead_letters(limit: int = 200) -> list[JobLine]:
    """Return the jobs that failed for good and wait for a person."""
    return recent_jobs(limit, Status.DEAD)


def job_line(job_id: int) -> JobLine:
    return _line(_get(job_id))


def job_detail(job_id: int) -> JobDetail:
    job = _get(job_id)
    return JobDetail(
        job=_line(job),
        worker=job.worker,
        last_sign_of_life=job.beat_at,
        arguments=_arguments(job),
        result=codec.load(job.result),
        state=codec.load(job.state) or {},
        runs=tuple(_run_line(run) for run in job.runs.order_by("pk")),
    )


def queue_numbers() -> QueueNumbers:
    """Return what monitoring watches: how much waits, since when, and what failed for good."""
    moment = now()
    due = Q(status=Status.READY, run_after__lte=moment)
    open_jobs = Job.objects.filter(status__in=(Status.READY, Status.RUNNING, Status.DEAD))
    numbers = open_jobs.aggregate(
        waiting=Count("pk", filter=Q(status=Status.READY)),
        due=Count("pk", filter=due),
        running=Count("pk", filter=Q(status=Status.RUNNING)),
        dead=Count("pk", filter=Q(status=Status.DEAD)),
        oldest_due_since=Min("run_after", filter=due),
    )
    return QueueNumbers(**numbers)


def schedules() -> list[ScheduleLine]:
    known = periodic_tasks()
    rows = list(Schedule.objects.filter(name__in=known).order_by("next_at", "name"))
    last_ids = [row.last_job_id for row in rows if row.last_job_id]
    statuses = dict(Job.objects.filter(pk__in=last_ids).values_list("pk", "status"))
    return [
        ScheduleLine(
            name=row.name,
            title=str(say("%(title)s", title=work(row.name))),
            rule=row.rule,
            enabled=row.enabled,
            next_at=row.next_at,
            last_slot=row.last_slot,
            last_job_id=row.last_job_id if row.last_job_id in statuses else None,
            last_status=statuses.get(row.last_job_id or 0, ""),
            last_status_label=_status_label(statuses.get(row.last_job_id or 0, "")),
        )
        for row in rows
    ]


def runs_of(name: str, limit: int) -> list[Run]:
    """Return the newest jobs of a task of the timetable first, planned ones and those asked for."""
    jobs = Job.objects.filter(task=name).order_by("-pk")[:limit]
    return [Run(_line(job), codec.load(job.result)) for job in jobs]


def run_now(name: str, actor_id: int | None) -> None:
    """Run a task of the timetable at once, unless a run of it waits or is at work."""
    entry = periodic_tasks().get(name)
    if entry is None:
        raise JobProblem(_("This line of the timetable does not exist (any more)."), "not_found")
    enqueue_unique(with_options(entry.task, actor_id=actor_id), "schedule")


def switch_schedule(name: str, *, enabled: bool) -> None:
    """Switch a timetable line on or off; switched on again, it starts with its next moment."""
    entry = periodic_tasks().get(name)
    changed = entry and Schedule.objects.filter(name=name).update(
        enabled=enabled, next_at=entry.rule.after(now())
    )
    if not changed:
        raise JobProblem(_("This line of the timetable does not exist (any more)."), "not_found")


def cancel(job_id: int) -> JobLine:
    """Cancel a waiting job at once; ask a running one to end at its next check."""
    moment = now()
    waiting = Job.objects.filter(pk=job_id, status=Status.READY)
    running = Job.objects.filter(pk=job_id, status=Status.RUNNING)
    # Twice: the job may be handed back to the queue between the two looks.
    for _try in range(2):
        if waiting.update(status=Status.CANCELLED, finished_at=moment, cancel_requested_at=moment):
            break
        if running.update(cancel_requested_at=moment):
            break
    else:
        _get(job_id)
        raise JobProblem(
            _("This job has ended already; there is nothing left to cancel."), "already_ended"
        )
    return job_line(job_id)


def retry(job_id: int) -> JobLine:
    """Put a failed or cancelled job back into the queue with new attempts and its saved state."""
    _get(job_id)
    ended = Job.objects.filter(pk=job_id, status__in=(Status.DEAD, Status.CANCELLED))
    try:
        with transaction.atomic():
            changed = ended.update(
                status=Status.READY,
                run_after=now(),
                attempts=0,
                finished_at=None,
                cancel_requested_at=None,
                reason="",
            )
    except IntegrityError as problem:
        message = _(
            "The same work is already waiting or running as another job. "
            "Look at that one first; this one stays as it is."
        )
        raise JobProblem(message, "duplicate") from problem
    if not changed:
        raise JobProblem(
            _("Only a failed or cancelled job can be tried again; this one is not."), "not_ended"
        )
    return job_line(job_id)


def _get(job_id: int) -> Job:
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        message = _("This job does not exist (any more). Finished jobs are removed after 30 days.")
        raise JobProblem(message, "not_found")
    return job


def _status_label(status: str) -> str:
    return str(Status(status).label) if status else ""


def _lines(jobs: Iterable[Job]) -> list[JobLine]:
    return [_line(job) for job in jobs]


def _line(job: Job) -> JobLine:
    total, called = job.progress_total, title_of(job)
    return JobLine(
        id=job.pk,
        title=str(say("%(title)s", title=called)),
        called=called,
        task=job.task,
        queue=job.queue,
        status=job.status,
        status_label=str(Status(job.status).label),
        actor_id=job.actor_id,
        enqueued_at=job.enqueued_at,
        run_after=job.run_after,
        started_at=job.started_at,
        finished_at=job.finished_at,
        attempts=job.attempts,
        max_attempts=job.max_attempts,
        progress_done=job.progress_done,
        progress_total=total,
        progress_percent=max(0, min(100, job.progress_done * 100 // total)) if total > 0 else None,
        progress_note=str(read_text(job.progress_note, job.progress_words)),
        reason=job.reason,
        cancel_requested=job.cancel_requested_at is not None,
        can_cancel=job.status == Status.READY
        or (job.status == Status.RUNNING and job.cancel_requested_at is None),
        can_retry=job.status in (Status.DEAD, Status.CANCELLED),
    )


def _run_line(run: JobRun) -> RunLine:
    return RunLine(
        attempt=run.attempt,
        worker=run.worker,
        started_at=run.started_at,
        finished_at=run.finished_at,
        seconds=(run.finished_at - run.started_at).total_seconds(),
        outcome=run.outcome,
        outcome_label=str(RunOutcome(run.outcome).label),
        exception=run.exception,
        error=run.error,
    )


def _arguments(job: Job) -> tuple[list[Any], dict[str, Any]]:
    try:
        args, kwargs = codec.load(job.arguments)
    except (ValueError, TypeError):
        return [job.arguments], {}
    return args, kwargs
