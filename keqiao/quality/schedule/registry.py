"""The cleaning jobs there are: what each is for, and what a run of it did, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keqiao.jobs.schedule import periodic_tasks

if TYPE_CHECKING:
    from django.utils.functional import Promise
    from django_tasks.base import Task

Effect = Callable[[Any], str]


@dataclass(frozen=True)
class CleaningJob:
    """A task of the timetable that looks after the quality of data.

    `effect` makes words of what a run returned; `settings_url` leads to what can be set about it.
    """

    task: Task[Any, Any]
    purpose: str | Promise
    effect: Effect
    settings_url: str = ""
    order: int = 100

    @property
    def name(self) -> str:
        return self.task.module_path


_jobs: dict[str, CleaningJob] = {}


def register_cleaning_job(
    task: Task[Any, Any],
    *,
    purpose: str | Promise,
    effect: Effect,
    settings_url: str = "",
    order: int = 100,
) -> CleaningJob:
    """Show a task of the timetable (`@every(…)`) on the page of the cleaning schedule.

    Packages call this once at start-up, with the task they put on the timetable.
    """
    job = CleaningJob(task, purpose, effect, settings_url, order)
    _jobs[job.name] = job
    return job


def cleaning_jobs() -> list[CleaningJob]:
    """Return the jobs that are on the timetable, in order."""
    planned = periodic_tasks()
    found = [job for job in _jobs.values() if job.name in planned]
    return sorted(found, key=lambda job: (job.order, job.name))


def cleaning_job(name: str) -> CleaningJob | None:
    return next((job for job in cleaning_jobs() if job.name == name), None)
