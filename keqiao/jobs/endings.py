"""Tells other packages that a person's job has ended for good, in the transaction that ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from keqiao.base.words import Words
from keqiao.jobs.log import logger
from keqiao.jobs.models import Job, Status
from keqiao.jobs.words import title_of


@dataclass(frozen=True)
class Ended:
    """A job that will not run again by itself; `title` is what a sentence about it takes."""

    job_id: int
    task: str
    title: Words | dict[str, str] | str
    actor_id: int
    is_done: bool  # otherwise it failed for good
    reason: str
    enqueued_at: datetime
    finished_at: datetime


Listener = Callable[[Ended], None]
_listeners: list[Listener] = []


def on_ended(listener: Listener) -> Listener:
    """Have `listener` called once for every job of a person that is done or failed for good."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def tell_ended(job_id: int, actor_id: int | None, status: Status, moment: datetime) -> None:
    """Call the listeners; one that fails never keeps the job from ending."""
    if actor_id is None or status not in (Status.DONE, Status.DEAD) or not _listeners:
        return
    job = Job.objects.only("task", "title", "title_words", "reason", "enqueued_at").get(pk=job_id)
    is_done = status == Status.DONE
    ended = Ended(
        job_id, job.task, title_of(job), actor_id, is_done, job.reason, job.enqueued_at, moment
    )
    for listener in _listeners:
        try:
            with transaction.atomic():
                listener(ended)
        except Exception:
            logger.exception("job_ending_not_told", job_id=job_id)
