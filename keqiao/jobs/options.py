"""What a task declares once (title, retries, limits) and what one job adds (who, key, title)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django_tasks import TaskResult
from django_tasks.base import Task

from keqiao.base.words import Words

P = ParamSpec("P")
T = TypeVar("T")

# The queue of what may take minutes (`@task(queue_name=LONG)`); every other queue is for what is
# done at once. Each has its own lane of the worker, so that an import never delays a notification.
LONG = "long"

# Quick for a hiccup, then patient: 10 s, 1 min, 5 min, 30 min, then the job is a dead letter.
DEFAULT_RETRY_DELAYS = (10, 60, 300, 1800)
DEFAULT_TIME_LIMIT = 3600

_actor: ContextVar[int | None] = ContextVar("keqiao_job_actor", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedTask(Task[P, T]):
    """A task of the leased queue: `@task(title=…, retry_delays=(…), time_limit=…)`."""

    title: Any = ""
    """What people read; may be a lazy translation."""

    retry_delays: tuple[int, ...] = DEFAULT_RETRY_DELAYS
    """Seconds before attempt 2, 3, …; an empty tuple means one attempt only."""

    time_limit: int = DEFAULT_TIME_LIMIT
    """Seconds after which the lease is no longer renewed: a hung task cannot stay for ever."""

    job_title: Words | str = ""
    actor_id: int | None = None
    unique_key: str = ""
    unique_until_start: bool = False


def with_options(
    task: Task[P, T],
    *,
    actor_id: int | None = None,
    title: Words | str = "",
    run_after: datetime | None = None,
    priority: int | None = None,
) -> Task[P, T]:
    """Return the task with what belongs to one job; call `.enqueue(…)` on the result.

    A `title` of `say(…)` is read by everybody in the own language.
    """
    chosen = task.using(run_after=run_after, priority=priority)
    return _replaced(chosen, actor_id=actor_id, job_title=title)


def enqueue_unique(task: Task[P, T], key: str, *args: P.args, **kwargs: P.kwargs) -> TaskResult[T]:
    """Enqueue unless a job of this task and key waits or runs; then return that one."""
    return _replaced(task, unique_key=key, unique_until_start=False).enqueue(*args, **kwargs)


def enqueue_coalesced(
    task: Task[P, T], key: str, *args: P.args, **kwargs: P.kwargs
) -> TaskResult[T]:
    """Enqueue unless one *waits*: a running one may have read the data before the latest change."""
    return _replaced(task, unique_key=key, unique_until_start=True).enqueue(*args, **kwargs)


@contextmanager
def acting_as(actor_id: int | None) -> Iterator[None]:
    """Jobs enqueued inside carry this user, unless `with_options` names another."""
    previous = _actor.set(actor_id)
    try:
        yield
    finally:
        _actor.reset(previous)


def current_actor() -> int | None:
    return _actor.get()


def _replaced(task: Task[P, T], **changes: Any) -> Task[P, T]:
    # Under a substitute backend (Django's immediate one in a test) tasks have no such options.
    return dataclasses.replace(task, **changes) if isinstance(task, LeasedTask) else task
