"""Tasks that the queue's tests run; each leaves a line in a file, so that real runs are counted."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from django.db import transaction
from django_tasks import TaskContext, task

from keqiao.jobs.models import Schedule
from keqiao.jobs.problems import GiveUp, RetryLater, TimeLimitExceeded
from keqiao.jobs.progress import (
    check_cancelled,
    current_job_id,
    progress,
    resume_state,
    save_state,
)


def note(path: str, text: object) -> None:
    """Append one line in one write: lines of several processes do not mix."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(handle, f"{text}\n".encode())
    finally:
        os.close(handle)


def noted(path: str | Path) -> list[str]:
    file = Path(path)
    return file.read_text().split() if file.exists() else []


@task(title="Add two numbers")
def add(left: int, right: int) -> int:
    return left + right


@task()
def write(path: str, text: str) -> None:
    note(path, text)


@task()
def write_slowly(path: str, text: str) -> None:
    note(path, text)
    time.sleep(0.01)


@task(retry_delays=(0, 0))
def fail(message: str = "no luck") -> None:
    raise ValueError(message)


@task(retry_delays=(600, 1200))
def fail_slowly() -> None:
    raise ValueError("later")


@task()
def give_up() -> None:
    raise GiveUp("the file is not a table")


@task()
def busy_partner(seconds: int) -> None:
    from datetime import timedelta

    raise RetryLater("429", after=timedelta(seconds=seconds))


@task()
def leave() -> None:
    raise SystemExit(3)


@task()
def return_a_thing() -> object:
    return object()


@task(takes_context=True)
def who_am_i(context: TaskContext) -> list[int | str | None]:
    return [context.attempt, context.task_result.id, current_job_id()]


@task()
async def add_async(left: int, right: int) -> int:
    return left + right


@task(retry_delays=(0, 0, 0))
def sleepy(path: str, seconds: float) -> str:
    """Start, sleep only in the first attempt, end."""
    first = not noted(path)
    note(path, "start")
    if first:
        time.sleep(seconds)
    note(path, "end")
    return "first" if first else "second"


@task()
def patient(path: str, seconds: float) -> None:
    """Work until told to stop, checking often."""
    note(path, "start")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        check_cancelled()
        time.sleep(0.02)
    note(path, "end")


@task()
def count_to(total: int) -> None:
    for done in range(total):
        progress(done + 1, total, f"row {done + 1}")


@task(retry_delays=(0, 0))
def resumable(path: str) -> list[int]:
    """Do three steps, each with its place in one transaction; break down after the first two."""
    state = resume_state()
    for step in range(state.get("step", 0), 3):
        with transaction.atomic():
            note(path, step)
            save_state({"step": step + 1})
        if step < 2 and not state:
            raise ConnectionError("cable pulled")
        state = state or {"step": step + 1}
    return [resume_state()["step"]]


@task(retry_delays=(0,) * 50)
def import_rows(path: str, rows: int, batch: int) -> int:
    """Write rows in batches, each with its place in one transaction, as an import does."""
    note(path, "start")
    begin = int(resume_state().get("row", 0))
    for start in range(begin, rows, batch):
        with transaction.atomic():
            Schedule.objects.bulk_create(
                Schedule(name=f"row {number}", rule="", next_at="2026-01-01T00:00Z")
                for number in range(start, min(start + batch, rows))
            )
            save_state({"row": start + batch})
        progress(start + batch, rows)
        time.sleep(0.01)
    return Schedule.objects.filter(name__startswith="row ").count()


@task()
def stoppable(path: str) -> None:
    """Endless work in steps, resumable at any of them."""
    step = int(resume_state().get("step", 0))
    while step < 10_000:
        step += 1
        save_state({"step": step})
        note(path, step)
        check_cancelled()
        time.sleep(0.02)


@task()
def late_writer(path: str, seconds: float) -> None:
    """A zombie's transaction: its business row and its place must both be refused."""
    note(path, "start")
    first = len(noted(path)) == 1
    if first:
        time.sleep(seconds)
    with transaction.atomic():
        name = "first" if first else "second"
        Schedule.objects.create(name=f"written by {name}", rule="", next_at="2026-01-01T00:00Z")
        save_state({"by": name})
    note(path, "end")


@task()
def enqueue_more() -> None:
    add.enqueue(1, 1)


@task()
def tick() -> None:
    """Used as a periodic task."""


GATES: dict[int, threading.Event] = {}


@task()
def count_and_wait(total: int) -> None:
    """Go half the way, wait for the test, go the rest."""
    for done in range(total):
        progress(done + 1, total)
        if done + 1 == total // 2:
            GATES[total].wait(30)


@task(time_limit=0, retry_delays=())
def endless(path: str) -> None:
    note(path, "start")
    try:
        while True:
            check_cancelled()
            time.sleep(0.02)
    except TimeLimitExceeded:
        note(path, "stopped")
        raise
