"""The import wizard: upload, columns, check, import, report; every step is an address of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.importing.drafting import owners_offered
from keqiao.importing.export_views import send_file
from keqiao.importing.file_problem import FileProblem
from keqiao.importing.menu import importable_types
from keqiao.importing.models import ImportRun, Mode, RunState
from keqiao.importing.readers import ReadSettings, detect
from keqiao.importing.report import write_error_file
from keqiao.importing.running import ImportForbidden, check_plan
from keqiao.importing.shown import (
    checked_context,
    columns_context,
    frame,
    past_runs,
    progress_context,
    report_context,
)
from keqiao.importing.starting import (
    current_settings,
    importable_fields,
    look_again,
    start_import,
)
from keqiao.importing.store import import_path
from keqiao.importing.tasks import enqueue_run
from keqiao.importing.template import write_template
from keqiao.jobs import board
from keqiao.jobs.problems import JobProblem
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from keqiao.catalog.object_type import ObjectType

BUSY = frozenset({RunState.CHECKING, RunState.RUNNING, RunState.REVERTING})
OPEN_JOBS = frozenset({"ready", "running"})
LAST_HEADER_ROW = 200


def own_run(request: HttpRequest, run_id: int) -> ImportRun:
    """Return the person's own import (an administrator: anybody's); others do not exist."""
    access = access_of(request)
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None or not (access.is_administrator or run.user_id == access.user_id):
        raise Http404
    return run


@signed_in
def start_page(request: HttpRequest) -> HttpResponse:
    """Take a file in, or show the box for it with the imports so far."""
    access = access_of(request)
    types = importable_types(access)
    if not types:
        raise PermissionDenied
    wanted = request.POST.get("object") or request.GET.get("object") or types[0].key
    problem = ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            declared = object_type(wanted)
            if upload is None:
                problem = _("Choose a file first.")
            else:
                run, _found = start_import(access, declared, upload.name or "", upload.chunks())
                return go(request, f"/import/{run.pk}/columns/")
        except UnknownObject:
            raise Http404 from None
        except ImportForbidden:
            raise PermissionDenied from None
        except FileProblem as found:
            problem = found.message
    context = {
        **frame(None, "upload"),
        "types": types,
        "wanted": wanted,
        "problem": problem,
        "runs": past_runs(access),
    }
    return render(request, "importing/upload.html", context, status=422 if problem else 200)


@signed_in
def template_file(request: HttpRequest, declared: ObjectType) -> HttpResponseBase:
    """Send the empty list to fill in, with the columns this person may write."""
    access = access_of(request)
    if declared not in importable_types(access):
        raise PermissionDenied
    fields = [one for one in importable_fields(access, declared) if not one.read_only]
    with tempfile.TemporaryDirectory(prefix="keqiao-template-") as folder:
        path = Path(folder) / "template.xlsx"
        write_template(declared, fields, path)
        return send_file(path, f"{declared.label_plural}.xlsx", "xlsx")


@signed_in
def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show an import where it stands."""
    run = own_run(request, run_id)
    _notice_dead_job(run)
    if run.state in BUSY:
        return render(request, "importing/progress.html", progress_context(run))
    if run.state == RunState.UPLOADED:
        return go(request, f"/import/{run.pk}/columns/")
    if run.is_dry and run.state == RunState.CHECKED:
        context = checked_context(access_of(request), run, request.GET)
        name = "importing/checked.html"
        if request.headers.get("HX-Target") == "rows":
            name += "#rows"
        return render(request, name, context)
    return render(request, "importing/report.html", report_context(run))


def _notice_dead_job(run: ImportRun) -> None:
    """A job that ended without a word (it failed again and again) must not leave the run busy."""
    if run.state not in BUSY or run.job_id is None:
        return
    try:
        job = board.job_line(run.job_id)
    except JobProblem:
        return
    if job.status not in OPEN_JOBS:
        changed = ImportRun.objects.filter(pk=run.pk, state=run.state)
        changed.update(state=RunState.STOPPED, problem=job.reason)
        run.refresh_from_db()


@signed_in
def columns_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """Confirm how the file is read and what its columns mean."""
    run = own_run(request, run_id)
    if run.state in BUSY or not run.is_dry:
        return go(request, f"/import/{run.pk}/")
    access, declared = access_of(request), object_type(run.object_key)
    problem = ""
    try:
        if request.method == "POST":
            found = look_again(access, declared, run, _asked_settings(run, request.POST))
        else:
            path = import_path(run.stored_name)
            found = detect(path, run.file_name, asked=ReadSettings(**run.settings))
    except FileProblem as refused:
        found, problem = None, refused.message
    context = columns_context(access, declared, run, found, problem)
    return render(request, "importing/columns.html", context, status=422 if problem else 200)


def _asked_settings(run: ImportRun, given: Any) -> ReadSettings:
    changes: dict[str, Any] = {}
    for name in ("sheet", "encoding", "delimiter"):
        if given.get(name):
            changes[name] = given[name]
    row = given.get("header_row", "")
    number = whole_number(row)
    if number is not None and 0 < number <= LAST_HEADER_ROW:
        changes["header_row"] = number
    return current_settings(run, **changes)


@signed_in
@require_POST
def begin_check(request: HttpRequest, run_id: int) -> HttpResponse:
    """Keep the chosen columns and check every row in the background."""
    run = own_run(request, run_id)
    if run.state in BUSY or not run.is_dry:
        return go(request, f"/import/{run.pk}/")
    access, declared = access_of(request), object_type(run.object_key)
    offered = {field.name for field in importable_fields(access, declared)}
    run.mapping = {
        str(column["index"]): name
        for column in run.columns
        if (name := request.POST.get(f"column-{column['index']}", "")) in offered
    }
    mode = request.POST.get("mode", Mode.CREATE)
    run.mode = mode if mode in Mode.values else Mode.CREATE
    run.key_field = request.POST.get("key", "") if run.mode != Mode.CREATE else ""
    run.allow_duplicates = request.POST.get("allow_duplicates") == "1"
    run.owner = request.POST.get("owner", "")[:60]
    problem = check_plan(access, run, declared)
    if run.owner not in owners_offered(access, declared):
        run.owner = ""
    run.save()
    if problem:
        found = detect(
            import_path(run.stored_name), run.file_name, asked=ReadSettings(**run.settings)
        )
        context = columns_context(access, declared, run, found, problem)
        return render(request, "importing/columns.html", context, status=422)
    enqueue_run(run, RunState.CHECKING, access.user_id)
    return go(request, f"/import/{run.pk}/")


@signed_in
@require_POST
def begin_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Import what was checked, or go on with an import that was stopped."""
    run = own_run(request, run_id)
    if run.state in {RunState.CHECKED, RunState.STOPPED}:
        work = RunState.RUNNING
        if run.state == RunState.STOPPED and run.is_dry:
            work = RunState.CHECKING
        enqueue_run(run, work, access_of(request).user_id)
    return go(request, f"/import/{run.pk}/")


@signed_in
def undo_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask, then take the import back in the background."""
    run = own_run(request, run_id)
    if run.is_dry or run.state not in {RunState.DONE, RunState.STOPPED, RunState.REVERTED}:
        return go(request, f"/import/{run.pk}/")
    if request.method == "POST":
        enqueue_run(run, RunState.REVERTING, access_of(request).user_id)
        return go(request, f"/import/{run.pk}/")
    context = {**report_context(run), "asks_undo": True}
    return render(request, "importing/report.html", context)


@signed_in
def progress_part(request: HttpRequest, run_id: int) -> HttpResponse:
    run = own_run(request, run_id)
    _notice_dead_job(run)
    return render(request, "importing/progress.html#progress", progress_context(run))


@signed_in
def go_on(request: HttpRequest, run_id: int) -> HttpResponse:
    """Where the progress line sends the browser when the work is done."""
    return go(request, f"/import/{own_run(request, run_id).pk}/")


@signed_in
def error_file(request: HttpRequest, run_id: int) -> HttpResponseBase:
    run = own_run(request, run_id)
    with tempfile.TemporaryDirectory(prefix="keqiao-errors-") as folder:
        path = Path(folder) / "errors.xlsx"
        write_error_file(run, path)
        name = f"{Path(run.file_name).stem}-{_('errors')}.xlsx"
        return send_file(path, name, "xlsx")
