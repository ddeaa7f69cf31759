"""The page on which sales people have a list checked and cleaned before they use it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqiao.base.clock import now
from keqiao.base.text import clean_text
from keqiao.catalog.registry import object_type
from keqiao.config.file_check.menu import checkable_types
from keqiao.config.file_check.tasks import KEPT, enqueue_check, result_path
from keqiao.importing.export_views import send_file
from keqiao.importing.file_problem import FileProblem
from keqiao.importing.readers import check_file
from keqiao.importing.store import import_path, keep_upload
from keqiao.jobs import board
from keqiao.jobs.problems import JobProblem
from keqiao.quality.cleaning.models import FileCheck
from keqiao.quality.cleaning.rules import BY_ID
from keqiao.ui.gate import access_of, go, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from keqiao.catalog.object_type import ObjectType

SHOWN = 20
_OPEN_JOBS = frozenset({"ready", "running"})


def _own(request: HttpRequest, check_id: int) -> FileCheck:
    """Return the person's own check; those of others do not exist, not even for administrators."""
    check = FileCheck.objects.filter(pk=check_id, user_id=access_of(request).user_id or 0).first()
    if check is None:
        raise Http404
    if check.state == FileCheck.State.WAITING and check.job_id is not None:
        _notice_dead_job(check)
    return check


def _notice_dead_job(check: FileCheck) -> None:
    """A job that ended without a word must not leave the page waiting."""
    try:
        job = board.job_line(check.job_id or 0)
    except JobProblem:
        return
    if job.status not in _OPEN_JOBS:
        waiting = FileCheck.objects.filter(pk=check.pk, state=FileCheck.State.WAITING)
        waiting.update(state=FileCheck.State.FAILED, problem=str(job.reason)[:500])
        check.refresh_from_db()


@signed_in
def start_page(request: HttpRequest) -> HttpResponse:
    """Take a file in, or show the box for it with the person's checks of the last days."""
    access = access_of(request)
    types = checkable_types(access)
    if not types:
        raise PermissionDenied
    wanted = request.POST.get("object") or request.GET.get("object") or types[0].key
    problem = ""
    if request.method == "POST":
        declared = next((one for one in types if one.key == wanted), None)
        if declared is None:
            raise Http404
        try:
            return go(request, f"/check-file/{_begin(request, access.user_id or 0, declared).pk}/")
        except FileProblem as found:
            problem = found.message
    checks = FileCheck.objects.filter(user_id=access.user_id or 0).order_by("-created_at")
    context = {
        "page_title": _("Check a file"),
        "types": types,
        "wanted": wanted,
        "problem": problem,
        "days": KEPT.days,
        "checks": [_line(check) for check in checks[:SHOWN]],
    }
    return render(request, "config/check_file.html", context, status=422 if problem else 200)


def _begin(request: HttpRequest, user_id: int, declared: ObjectType) -> FileCheck:
    upload = request.FILES.get("file")
    if upload is None:
        raise FileProblem("missing")
    name = clean_text(Path(upload.name or "").name)[:255]
    stored, _size = keep_upload(name, upload.chunks())
    try:
        check_file(import_path(stored), name)
    except FileProblem:
        import_path(stored).unlink(missing_ok=True)
        raise
    check = FileCheck(
        user_id=user_id,
        object_key=declared.key,
        file_name=name,
        stored_name=stored,
        created_at=now(),
    )
    enqueue_check(check)
    return check


def _line(check: FileCheck) -> dict[str, Any]:
    tones = {FileCheck.State.DONE: "jade", FileCheck.State.FAILED: "red"}
    return {
        "url": f"/check-file/{check.pk}/",
        "name": check.file_name,
        "object": sentence(object_type(check.object_key).label_plural),
        "state": check.get_state_display(),
        "tone": tones.get(FileCheck.State(check.state), "amber"),
        "counts": check.counts,
        "at": check.created_at,
    }


@signed_in
def check_page(request: HttpRequest, check_id: int) -> HttpResponse:
    return render(request, "config/checked_file.html", _context(request, check_id))


@signed_in
def progress_part(request: HttpRequest, check_id: int) -> HttpResponse:
    return render(request, "config/checked_file.html#progress", _context(request, check_id))


@signed_in
def go_on(request: HttpRequest, check_id: int) -> HttpResponse:
    """Where the progress line sends the browser when the work is done."""
    return go(request, f"/check-file/{_own(request, check_id).pk}/")


def _context(request: HttpRequest, check_id: int) -> dict[str, Any]:
    check = _own(request, check_id)
    counts = check.counts
    done = 0
    if check.state == FileCheck.State.WAITING and check.job_id is not None:
        try:
            done = board.job_line(check.job_id).progress_done
        except JobProblem:
            done = 0
    fields = object_type(check.object_key).builtin_fields
    columns = counts.get("columns", {})
    return {
        "page_title": check.file_name,
        "check": check,
        "is_busy": check.state == FileCheck.State.WAITING,
        "done_text": _("%(count)s rows") % {"count": f"{done:,}"} if done else "",
        "counts": counts,
        "changes": _by_rule(counts.get("changes_by_rule", {})),
        "proposals": _by_rule(counts.get("proposals_by_rule", {})),
        "columns": [
            {"column": column, "field": fields[name].label if name in fields else ""}
            for column, name in columns.items()
        ],
    }


def _by_rule(counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"label": BY_ID[rule].label, "count": count}
        for rule, count in counts.items()
        if rule in BY_ID
    ]


@signed_in
@require_GET
def cleaned_list(request: HttpRequest, check_id: int) -> HttpResponseBase:
    return _send(request, check_id, "clean", _("cleaned"))


@signed_in
@require_GET
def report_file(request: HttpRequest, check_id: int) -> HttpResponseBase:
    return _send(request, check_id, "report", _("report"))


def _send(request: HttpRequest, check_id: int, what: str, word: str) -> HttpResponseBase:
    check = _own(request, check_id)
    path = result_path(check, what)
    if check.state != FileCheck.State.DONE or not path.is_file():
        raise Http404
    return send_file(path, f"{Path(check.file_name).stem}-{word}.xlsx", "xlsx")
