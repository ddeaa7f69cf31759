"""Runs one claimed job and turns whatever happens into an ending; nothing a task does escapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from traceback import format_exception
from typing import Any

import structlog
from django.db import connection, transaction
from django_tasks.base import Task, TaskContext
from django_tasks.utils import get_module_path

from keqiao.jobs import codec
from keqiao.jobs.backend import load_task
from keqiao.jobs.lease import Lease, enter
from keqiao.jobs.models import RunOutcome
from keqiao.jobs.options import DEFAULT_RETRY_DELAYS, LeasedTask, acting_as
from keqiao.jobs.problems import (
    GiveUp,
    JobCancelled,
    LeaseLost,
    RetryLater,
    TimeLimitExceeded,
    WorkerStopping,
)
from keqiao.jobs.store import Claim, Ending


class UnstorableResult(Exception):
    """The task returned something JSON cannot carry; running it again would not change that."""


def execute(lease: Lease) -> Ending | None:
    """Return how the attempt ended, or None when the job has another owner."""
    claimed = lease.claim
    enter(lease)
    try:
        with (
            acting_as(claimed.actor_id),
            structlog.contextvars.bound_contextvars(job_id=claimed.job_id, task=claimed.task),
        ):
            return _attempt(claimed, lease)
    finally:
        lease.ended = True
        enter(None)


def _attempt(claimed: Claim, lease: Lease) -> Ending | None:
    delays: tuple[int, ...] = DEFAULT_RETRY_DELAYS
    try:
        task = load_task(claimed.task)
        if isinstance(task, LeasedTask):
            delays = task.retry_delays
            lease.time_limit = task.time_limit
        value = _call(task, claimed)
        try:
            return Ending(RunOutcome.DONE, result=codec.dump(value))
        except (TypeError, ValueError, RecursionError) as problem:
            raise UnstorableResult(str(problem)) from problem
    except LeaseLost:
        return None
    except JobCancelled:
        return Ending(RunOutcome.CANCELLED)
    except (WorkerStopping, KeyboardInterrupt):
        return Ending(RunOutcome.GIVEN_BACK)
    except (GiveUp, UnstorableResult) as problem:
        return _failure(RunOutcome.DEAD, problem)
    except TimeLimitExceeded:
        reason = f"Took longer than its limit of {lease.time_limit:g} seconds."
        return Ending(RunOutcome.FAILED, reason=reason, delay=_delay(delays, claimed.attempt))
    except RetryLater as problem:
        return _failure(RunOutcome.FAILED, problem, problem.after)
    except (Exception, SystemExit) as problem:
        # SystemExit too: a task that calls sys.exit() must not take the worker with it.
        return _failure(RunOutcome.FAILED, problem, _delay(delays, claimed.attempt))


def _call(task: Task[Any, Any], claimed: Claim) -> Any:
    args, kwargs = codec.load(claimed.arguments)
    if task.takes_context:
        result = task.get_backend().get_result(str(claimed.job_id))
        args = [TaskContext(task_result=result), *args]
    with _guarded() if connection.in_atomic_block else nullcontext():
        return task.call(*args, **kwargs)


@contextmanager
def _guarded() -> Iterator[None]:
    """In an outer transaction: mend that if a failing task broke it, else keep what it wrote."""
    savepoint = transaction.savepoint()
    try:
        yield
    except BaseException:
        if connection.is_usable():
            transaction.savepoint_commit(savepoint)
        else:
            transaction.savepoint_rollback(savepoint)
        raise
    transaction.savepoint_commit(savepoint)


def _delay(delays: tuple[int, ...], attempt: int) -> timedelta:
    if not delays:
        return timedelta(0)
    return timedelta(seconds=delays[min(attempt, len(delays)) - 1])


def _failure(
    outcome: RunOutcome, problem: BaseException, delay: timedelta = timedelta(0)
) -> Ending:
    text = str(problem).strip()
    kind = type(problem).__name__
    return Ending(
        outcome,
        reason=f"{kind}: {text}" if text else kind,
        exception=get_module_path(type(problem)),
        error="".join(format_exception(problem)),
        delay=delay,
    )
