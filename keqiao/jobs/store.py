"""Every change of a job's row: who may take it, who still owns it, and how it ended."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from keqiao.base.clock import now
from keqiao.base.words import Words
from keqiao.jobs import codec
from keqiao.jobs.endings import tell_ended
from keqiao.jobs.models import DEAD_LETTER_REASON, Job, JobRun, RunOutcome, Status
from keqiao.jobs.words import kept_text

Progress = tuple[int, int, Words | str]  # done, total, note


@dataclass(frozen=True)
class Claim:
    """The right to run one job, valid while `token` is the job's token."""

    job_id: int
    token: int
    attempt: int
    max_attempts: int
    task: str
    arguments: str
    state: str
    actor_id: int | None
    worker: str
    lease_seconds: float
    claimed_at: datetime


@dataclass(frozen=True)
class Lane:
    """Which queues a worker serves: `only` some, all `but` some, or all when neither is given.

    Jobs of a lane that `gives_way` pause between their steps to let others write.
    """

    name: str = "all"
    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    gives_way: bool = False

    @property
    def condition(self) -> str:
        marks = ", ".join(["%s"] * len(self.names))
        return f" AND queue {'IN' if self.only else 'NOT IN'} ({marks})" if self.names else ""

    @property
    def names(self) -> tuple[str, ...]:
        return self.only or self.but


@dataclass(frozen=True)
class Ending:
    """How one attempt ended, as far as its worker knows."""

    outcome: RunOutcome
    result: str = ""
    reason: str = ""
    exception: str = ""
    error: str = ""
    delay: timedelta = timedelta(0)


# The states are literals on purpose: a partial index serves only a condition the planner can prove.
# Moments are passed as parameters: strftime('%s') inside raw SQL turns into 0 on its way through
# Django, and every lease would look expired.
_DUE = "FROM jobs_job{index} WHERE status = 'ready' AND run_after <= %s"
_CLAIM = """
UPDATE jobs_job
   SET status = 'running', token = token + 1, beat = beat + 1, attempts = attempts + 1,
       worker = %s, lease_seconds = %s, beat_at = %s, attempted_at = %s,
       started_at = COALESCE(started_at, %s),
       unique_key = CASE WHEN unique_until_start THEN '' ELSE unique_key END
 WHERE id = (SELECT id {due} ORDER BY priority DESC, run_after, id LIMIT 1{lock})
RETURNING id, token, attempts, max_attempts, task, arguments, state, actor_id
"""


def _due(lane: Lane, index: str) -> str:
    # Without statistics SQLite prefers any index on status and then sorts every waiting job.
    due = _DUE.format(index=f" INDEXED BY {index}" if connection.vendor == "sqlite" else "")
    return due + lane.condition


def anything_due(lane: Lane = Lane()) -> bool:
    """Look without taking the write lock; an idle worker asks this once a second."""
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(now())
        cursor.execute(f"SELECT 1 {_due(lane, 'job_due')} LIMIT 1", [moment, *lane.names])
        return cursor.fetchone() is not None


def claim(worker: str, lease_seconds: float, lane: Lane = Lane()) -> Claim | None:
    """Take the most urgent due job, or none; two workers never get the same."""
    lock = " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    moment = now()
    at = connection.ops.adapt_datetimefield_value(moment)
    sql = _CLAIM.format(due=_due(lane, "job_claim"), lock=lock)
    with connection.cursor() as cursor:
        cursor.execute(sql, [worker, lease_seconds, at, at, at, at, *lane.names])
        rows = cursor.fetchall()
    if not rows:
        return None
    job_id, token, attempt, max_attempts, task, arguments, state, actor_id = rows[0]
    return Claim(
        job_id=job_id,
        token=token,
        attempt=attempt,
        max_attempts=max_attempts,
        task=task,
        arguments=arguments,
        state=state,
        actor_id=actor_id,
        worker=worker,
        lease_seconds=lease_seconds,
        claimed_at=moment,
    )


def _owned(claimed: Claim) -> Any:
    return Job.objects.filter(pk=claimed.job_id, token=claimed.token, status=Status.RUNNING)


def renew(claimed: Claim, progress: Progress | None = None) -> bool:
    """Show a sign of life (and the progress); False when the job has another owner."""
    values: dict[str, Any] = {"beat": F("beat") + 1, "beat_at": now()}
    if progress:
        values.update(_progress_columns(progress))
    return bool(_owned(claimed).update(**values))


def cancel_requested(claimed: Claim) -> bool | None:
    """Return whether a person asked to cancel; None when the job has another owner."""
    wishes = list(_owned(claimed).values_list("cancel_requested_at", flat=True))
    return wishes[0] is not None if wishes else None


def write_state(claimed: Claim, state: str) -> bool:
    """Keep the resume state; inside the task's transaction a False must roll that back."""
    # The beat moves too: a long transaction that ends here cannot be taken for a dead worker.
    return bool(_owned(claimed).update(state=state, beat=F("beat") + 1, beat_at=now()))


def settle(claimed: Claim, ending: Ending, progress: Progress | None = None) -> bool:
    """Write how the attempt ended, with its line in the run log; False for a late writer."""
    with transaction.atomic():
        moment = now()
        values = _settled(claimed, ending, moment)
        if progress:
            values.update(_progress_columns(progress))
        if not _owned(claimed).update(**values):
            return False
        outcome = ending.outcome
        if outcome == RunOutcome.FAILED and values["status"] != Status.READY:
            outcome = RunOutcome(values["status"])
        JobRun.objects.create(
            job_id=claimed.job_id,
            attempt=claimed.attempt,
            worker=claimed.worker,
            started_at=claimed.claimed_at,
            finished_at=moment,
            outcome=outcome,
            exception=codec.storable(ending.exception, 255),
            error=codec.storable(ending.error, codec.ERROR_LIMIT),
        )
        tell_ended(claimed.job_id, claimed.actor_id, values["status"], moment)
    return True


def _settled(claimed: Claim, ending: Ending, moment: datetime) -> dict[str, Any]:
    reason = codec.storable(ending.reason, DEAD_LETTER_REASON)
    match ending.outcome:
        case RunOutcome.DONE:
            return _ended(Status.DONE, moment, reason="", result=ending.result)
        case RunOutcome.CANCELLED:
            return _ended(Status.CANCELLED, moment, reason=reason)
        case RunOutcome.GIVEN_BACK:
            # Not the job's fault: the attempt does not count.
            return {"status": Status.READY, "run_after": moment, "attempts": F("attempts") - 1}
    if cancel_requested(claimed):
        return _ended(Status.CANCELLED, moment, reason=reason)
    if ending.outcome == RunOutcome.DEAD or claimed.attempt >= claimed.max_attempts:
        return _ended(Status.DEAD, moment, reason=reason)
    # A little chance keeps jobs that failed together from coming back together.
    delay = ending.delay * random.uniform(1.0, 1.1)  # noqa: S311
    return {"status": Status.READY, "run_after": moment + delay, "reason": reason}


def _ended(status: Status, moment: datetime, **values: Any) -> dict[str, Any]:
    return {"status": status, "finished_at": moment, **values}


def _progress_columns(progress: Progress) -> dict[str, Any]:
    done, total, note = progress
    text, words = kept_text(note)
    return {
        "progress_done": done,
        "progress_total": total,
        "progress_note": text,
        "progress_words": words,
    }


@dataclass(frozen=True)
class Sighting:
    """What a watcher saw of a running job; equal sightings far apart mean a dead worker."""

    job_id: int
    token: int
    beat: int
    lease_seconds: float


def running() -> list[Sighting]:
    rows = Job.objects.filter(status=Status.RUNNING)
    return [Sighting(*row) for row in rows.values_list("pk", "token", "beat", "lease_seconds")]


def take_back(seen: Sighting, reason: str) -> Status | None:
    """End the lease of a worker that gave no sign of life; None when it did after all."""
    with transaction.atomic():
        # Skip a locked row: its owner is alive enough to be in the middle of a write.
        same = Job.objects.filter(
            pk=seen.job_id, token=seen.token, beat=seen.beat, status=Status.RUNNING
        )
        job = same.select_for_update(skip_locked=True).first()
        if job is None:
            return None
        moment = now()
        if job.cancel_requested_at:
            values = _ended(Status.CANCELLED, moment, reason=reason)
        elif job.attempts >= job.max_attempts:
            values = _ended(Status.DEAD, moment, reason=reason)
        else:
            values = {"status": Status.READY, "run_after": moment, "reason": reason}
        same.update(**values)
        JobRun.objects.create(
            job_id=job.pk,
            attempt=job.attempts,
            worker=job.worker,
            started_at=job.attempted_at or moment,
            finished_at=moment,
            outcome=RunOutcome.LOST,
        )
        tell_ended(job.pk, job.actor_id, values["status"], moment)
    return Status(values["status"])


def insert_unique(job: Job) -> Job:
    """Insert, or return the unfinished job that already holds the key."""
    for _ in range(20):
        Job.objects.bulk_create([job], ignore_conflicts=True)
        holder = Job.objects.filter(
            unique_key=job.unique_key, status__in=(Status.READY, Status.RUNNING)
        ).first()
        if holder is not None:
            return holder
        # The holder ended between the two statements: the key is free again.
    message = f"The job key {job.unique_key} could not be taken."
    raise RuntimeError(message)
