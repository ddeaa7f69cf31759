"""Hands exports to the people who asked: small lists at once, large ones when they are written."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.words import things
from keqiao.importing.export import (
    DIRECT_ROWS,
    Export,
    ExportRefused,
    Format,
    order_export,
    order_path,
    plan_export,
    write_export,
)
from keqiao.importing.models import ExportFile
from keqiao.importing.tasks import enqueue_export
from keqiao.jobs import board
from keqiao.jobs.problems import JobProblem
from keqiao.records.query import matching_records
from keqiao.ui.gate import access_of, go, signed_in
from keqiao.ui.job_pages import job_facts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from keqiao.records.query import ListQuery

LISTED = 50
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def answer_export(
    request: HttpRequest, query: ListQuery, columns: list[str], file_format: str
) -> HttpResponse:
    """Answer the export of a list with the file, or with the page where it will appear."""
    access = access_of(request)
    try:
        export = plan_export(access, _with_columns(query, columns), Format(file_format))
        found = matching_records(access, export.query).order_by().values("pk")
        if found[: DIRECT_ROWS + 1].count() <= DIRECT_ROWS:
            return send_now(export)  # type: ignore[return-value]
        order = order_export(export)
    except ExportRefused:
        raise PermissionDenied from None
    except FilterProblem as problem:
        return render(request, "ui/error.html", {"text": str(problem.message)}, status=422)
    title = say(gettext_noop("Export %(objects)s"), objects=things(query.object_type.key))
    enqueue_export(order, title)
    return go(request, "/exports/")


def _with_columns(query: ListQuery, columns: list[str]) -> ListQuery:
    from dataclasses import replace

    return replace(query, columns=tuple(dict.fromkeys(columns)) or query.columns)


def send_now(export: Export) -> HttpResponseBase:
    """Write a small list and send it; nothing of it stays on the server."""
    with tempfile.TemporaryDirectory(prefix="keqiao-export-") as folder:
        path = Path(folder) / f"list.{export.format}"
        write_export(export, path)
        # The open file outlives its name, so the answer may stream after the folder is gone.
        return send_file(path, export.file_name, str(export.format))


def send_file(path: Path, name: str, kind: str) -> HttpResponseBase:
    response = FileResponse(
        path.open("rb"), as_attachment=True, filename=name, content_type=TYPES[kind]
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@signed_in
def exports_page(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    orders = ExportFile.objects.filter(user_id=access.user_id or 0, expires_at__gt=now())
    lines = [_line(order) for order in orders.order_by("-created_at")[:LISTED]]
    return render(request, "importing/exports.html", {"lines": lines, "page_title": _("Exports")})


def _line(order: ExportFile) -> dict[str, Any]:
    job = None
    if not order.ready and not order.problem and order.job_id:
        try:
            job = job_facts(board.job_line(order.job_id))
        except JobProblem:
            job = None
    return {
        "name": order.file_name,
        "url": f"/exports/{order.pk}/" if order.ready else "",
        "rows_text": _("%(count)s rows") % {"count": f"{order.rows:,}"},
        "problem": order.problem,
        "job": job,
        "created_at": order.created_at,
        "expires_at": order.expires_at,
    }


@signed_in
def export_file(request: HttpRequest, order_id: int) -> HttpResponseBase:
    """Send a written export to the person who ordered it, and to nobody else."""
    access = access_of(request)
    order = ExportFile.objects.filter(
        pk=order_id, user_id=access.user_id or 0, ready=True, expires_at__gt=now()
    ).first()
    if order is None or not order_path(order).is_file():
        raise Http404
    return send_file(order_path(order), order.file_name, order.kind)
