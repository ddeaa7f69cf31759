"""Background work as people see it: how far it is, stopping it, trying again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.jobs import board
from keqiao.jobs.problems import JobProblem
from keqiao.ui.bulk_undo import left_rows, undo_address
from keqiao.ui.cells import near_moment
from keqiao.ui.gate import access_of, administrators_only, back_to, go, is_partial, signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keqiao.access.access import Access
    from keqiao.jobs.board import JobLine, ScheduleLine

LINES = 60
OPEN_STATES = frozenset({"ready", "running"})
SHOWN_STATES = frozenset({*OPEN_STATES, "done", "dead", "cancelled"})
VIEWS = frozenset({"all", "timetable"})  # of administrators


@signed_in
def jobs_page(request: HttpRequest) -> HttpResponse:
    """Show one's own background work; an administrator sees everybody's and the timetable.

    What the timetable runs every minute stays out of the first view unless it failed.
    """
    access = access_of(request)
    wanted = request.GET.get("status", "")
    status = wanted if wanted in (SHOWN_STATES | VIEWS) else ""
    if status in VIEWS and not access.is_administrator:
        status = ""
    is_timetable = status == "timetable"
    jobs = [] if is_timetable else _jobs_shown(access, status)
    context = {
        "page_title": _("Background work"),
        "tabs": _tabs(access, status),
        "jobs": [_own_facts(request, job) for job in jobs],
        "schedules": [_schedule_facts(line) for line in board.schedules()] if is_timetable else [],
    }
    return render(request, "ui/jobs.html", context)


def _jobs_shown(access: Access, status: str) -> list[JobLine]:
    return board.recent_jobs(
        LINES,
        status if status in SHOWN_STATES else None,
        actor_id=None if access.is_administrator else access.user_id,
        with_housekeeping=bool(status),
    )


def _schedule_facts(line: ScheduleLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "title": line.title,
        "rule": rule_text(line.rule),
        "enabled": line.enabled,
        "next_at": line.next_at,
        "last_at": line.last_slot,
        "last_url": f"/jobs/{line.last_job_id}/" if line.last_job_id else "",
        "last_text": line.last_status_label,
        "last_failed": line.last_status == "dead",
    }


def rule_text(rule: str) -> str:
    """Return a rule of the timetable ("every 5 min", "daily at 03:40") in words."""
    if found := re.fullmatch(r"every (\d+) min", rule):
        return _("every %(count)s minutes") % {"count": found[1]}
    if found := re.fullmatch(r"daily at (\d\d:\d\d)", rule):
        return _("every day at %(time)s") % {"time": found[1]}
    return rule


def _tabs(access: Access, status: str) -> list[dict[str, Any]]:
    offered = [("", _("All")), ("running", _("Running")), ("dead", _("Failed"))]
    if access.is_administrator:
        offered[:1] = [("", _("Started by people")), ("all", _("All"))]
        offered.append(("timetable", _("Timetable")))
    return [
        {
            "label": label,
            "url": f"/jobs/?status={key}" if key else "/jobs/",
            "current": key == status,
        }
        for key, label in offered
    ]


@signed_in
def job_part(request: HttpRequest, job_id: int) -> HttpResponse:
    """Answer one job's line for the pages that watch it, or all about it on a page."""
    job = _own_job(request, job_id)
    if is_partial(request):
        return render(request, "ui/parts/job.html", {"job": _own_facts(request, job)})
    access = access_of(request)
    context: dict[str, Any] = {"job": _own_facts(request, job), "page_title": job.title}
    detail = board.job_detail(job_id)
    if job.actor_id == access.user_id:
        context["left"] = left_rows(access, detail)
    if access.is_administrator:
        context["detail"] = detail
    return render(request, "ui/job.html", context)


@administrators_only
@require_POST
def switch_schedule(request: HttpRequest) -> HttpResponse:
    """Switch one line of the timetable on or off."""
    name, is_on = request.POST.get("name", "")[:255], request.POST.get("enabled") == "1"
    text = _("The timetable has been changed.")
    return _told(
        request,
        lambda: board.switch_schedule(name, enabled=is_on),
        text,
        "/jobs/?status=timetable",
    )


@signed_in
@require_POST
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    _own_job(request, job_id)
    return _told(request, lambda: board.cancel(job_id), _("It will stop at the next safe point."))


@signed_in
@require_POST
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    _own_job(request, job_id)
    return _told(request, lambda: board.retry(job_id), _("It will be tried again."))


def _told(request: HttpRequest, act: Any, success: str, default: str = "/jobs/") -> HttpResponse:
    try:
        act()
    except JobProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, success)
    return go(request, back_to(request, default))


def _own_job(request: HttpRequest, job_id: int) -> JobLine:
    access = access_of(request)
    try:
        job = board.job_line(job_id)
    except JobProblem:
        raise Http404 from None
    if job.actor_id != access.user_id and not access.is_administrator:
        raise Http404  # as for a number that was never given: nobody learns what others run
    return job


def _own_facts(request: HttpRequest, job: JobLine) -> dict[str, Any]:
    """Return what a job's line shows to this person, with the way to take it back."""
    return {**job_facts(job), "undo_url": undo_address(access_of(request), job)}


def job_facts(job: JobLine) -> dict[str, Any]:
    """Return what a job's line shows."""
    is_open = job.status in OPEN_STATES
    count = f"{job.progress_done:,} / {job.progress_total:,}" if job.progress_total else ""
    return {
        "id": job.id,
        "title": job.title,
        "status": job.status,
        "status_text": job.status_label,
        "note": job.progress_note,
        "reason": job.reason if job.status == "dead" else "",
        "done": job.progress_done,
        "total": job.progress_total,
        "count_text": count,
        "when": near_moment(job.finished_at or job.started_at or job.enqueued_at),
        "can_cancel": job.can_cancel,
        "can_retry": job.can_retry,
        "is_running": is_open,
        "poll_url": f"/jobs/{job.id}/" if is_open else "",
    }
