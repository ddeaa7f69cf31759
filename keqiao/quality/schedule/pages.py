"""The cleaning schedule: which job runs when, what its last runs did in words, run now, switch off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqiao.jobs import board
from keqiao.jobs.problems import JobProblem
from keqiao.quality.schedule.registry import CleaningJob, cleaning_job, cleaning_jobs
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.job_pages import rule_text

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ADDRESS = "/settings/cleaning-schedule/"
RUNS = 7


@administrators_only
@require_GET
def schedule_page(request: HttpRequest) -> HttpResponse:
    planned = {line.name: line for line in board.schedules()}
    heading = _("Cleaning schedule")
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _("What the product does by itself for the quality of data, and what came of it."),
        "jobs": [_facts(job, planned.get(job.name)) for job in cleaning_jobs()],
    }
    return render(request, "quality/schedule/page.html", context)


def _facts(job: CleaningJob, line: board.ScheduleLine | None) -> dict[str, Any]:
    return {
        "name": job.name,
        "title": line.title if line is not None else job.name,
        "purpose": job.purpose,
        "settings_url": job.settings_url,
        "rule": rule_text(line.rule) if line is not None else "",
        "enabled": line.enabled if line is not None else True,
        "next_at": line.next_at if line is not None else None,
        "is_planned": line is not None,
        "runs": [_run_facts(job, run) for run in board.runs_of(job.name, RUNS)],
    }


def _run_facts(job: CleaningJob, run: board.Run) -> dict[str, Any]:
    line = run.job
    seconds = None
    if line.started_at is not None and line.finished_at is not None:
        seconds = (line.finished_at - line.started_at).total_seconds()
    return {
        "url": f"/jobs/{line.id}/",
        "at": line.started_at or line.enqueued_at,
        "seconds": seconds,
        "state": line.status_label,
        "is_done": line.status == "done",
        "failed": line.status == "dead",
        "effect": effect_of(job, run.result) if line.status == "done" else line.reason,
    }


def effect_of(job: CleaningJob, result: Any) -> str:
    """Return what a run did; a result of an older version that cannot be told stays untold."""
    try:
        return job.effect(result)
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""


@administrators_only
@require_POST
def run_now(request: HttpRequest) -> HttpResponse:
    """Run a job at once; one that waits or runs already is not joined by a second."""
    job = _asked(request)
    board.run_now(job.name, access_of(request).user_id)
    messages.success(request, _("It runs in the background now."))
    return go(request, ADDRESS)


@administrators_only
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    job = _asked(request)
    try:
        board.switch_schedule(job.name, enabled=request.POST.get("enabled") == "1")
    except JobProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The timetable has been changed."))
    return go(request, ADDRESS)


def _asked(request: HttpRequest) -> CleaningJob:
    job = cleaning_job(request.POST.get("name", "")[:255])
    if job is None:
        raise Http404
    return job
