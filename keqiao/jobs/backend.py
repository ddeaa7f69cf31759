"""Lets the product enqueue work through the standard tasks API, inside the business transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from django.utils.module_loading import import_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskError, TaskResult, TaskResultStatus
from django_tasks.exceptions import InvalidTaskError, TaskResultDoesNotExist
from django_tasks.signals import task_enqueued
from django_tasks.utils import normalize_json

from keqiao.base.clock import now
from keqiao.jobs import codec
from keqiao.jobs.options import LeasedTask, current_actor

if TYPE_CHECKING:
    from keqiao.jobs.models import Job

P = ParamSpec("P")
T = TypeVar("T")

_STATUS = {
    "ready": TaskResultStatus.READY,
    "running": TaskResultStatus.RUNNING,
    "done": TaskResultStatus.SUCCESSFUL,
    "dead": TaskResultStatus.FAILED,
    "cancelled": TaskResultStatus.FAILED,
}


class LeasedBackend(BaseTaskBackend):
    """Keeps jobs as rows of the business database: a rolled-back save takes its jobs with it."""

    task_class = LeasedTask
    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    # Tables are imported late: tasks may be declared while Django still loads its models.

    def enqueue(self, task: Task[P, T], args: Any, kwargs: Any) -> TaskResult[T]:
        from keqiao.jobs import store

        self.validate_task(task)
        job = new_job(task, args, kwargs)
        if job.unique_key:
            job = store.insert_unique(job)
        else:
            job.save(force_insert=True)
        result: TaskResult[T] = _result(job, task, runs=[])
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> TaskResult[Any]:
        from keqiao.jobs.models import Job

        try:
            job = Job.objects.prefetch_related("runs").get(pk=int(result_id))
        except (Job.DoesNotExist, ValueError, OverflowError) as problem:
            raise TaskResultDoesNotExist(result_id) from problem
        runs = sorted(job.runs.all(), key=lambda run: run.pk)
        return _result(job, load_task(job.task), runs=runs)


def new_job(task: Task[P, T], args: Any, kwargs: Any) -> Job:
    """Return an unsaved job; arguments that JSON cannot carry are refused before any write."""
    from keqiao.jobs.models import Job
    from keqiao.jobs.words import kept_text

    moment = now()
    job = Job(
        task=task.module_path,
        queue=task.queue_name,
        priority=task.priority,
        arguments=codec.dump([list(args), kwargs]),
        enqueued_at=moment,
        run_after=task.run_after or moment,
        actor_id=current_actor(),
    )
    if isinstance(task, LeasedTask):
        job.title, job.title_words = kept_text(task.job_title)
        job.max_attempts = len(task.retry_delays) + 1
        if task.actor_id is not None:
            job.actor_id = task.actor_id
        if task.unique_key:
            job.unique_key = codec.unique_key(task.module_path, task.unique_key)
            job.unique_until_start = task.unique_until_start
    return job


def load_task(path: str) -> Task[Any, Any]:
    """Return the declared task; only tasks can be named by a job, never any other callable."""
    try:
        found = import_string(path)
    except ImportError as problem:
        message = f"This version of the program has no task {path}."
        raise InvalidTaskError(message) from problem
    if not isinstance(found, Task):
        message = f"{path} is not a task."
        raise InvalidTaskError(message)
    return found


def _result(job: Job, task: Task[Any, Any], runs: list[Any]) -> TaskResult[Any]:
    args, kwargs = codec.load(job.arguments)
    workers = [run.worker for run in runs]
    if job.status == "running":
        workers.append(job.worker)
    result: TaskResult[Any] = TaskResult(
        task=task,
        id=str(job.pk),
        status=_STATUS[job.status],
        enqueued_at=job.enqueued_at,
        started_at=job.started_at,
        last_attempted_at=job.attempted_at,
        finished_at=job.finished_at,
        args=args,
        kwargs=kwargs,
        backend=task.backend,
        errors=[
            TaskError(exception_class_path=r.exception, traceback=r.error)
            for r in runs
            if r.exception
        ],
        worker_ids=workers,
    )
    object.__setattr__(result, "_return_value", normalize_json(codec.load(job.result)))
    return result
