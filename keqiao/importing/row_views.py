"""Corrects problem cells of a checked list where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_POST

from keqiao.importing import running
from keqiao.importing.models import ImportRow, ImportRun, RunState
from keqiao.importing.pages import own_run
from keqiao.importing.running import ImportForbidden, edit_cell, leave_out
from keqiao.importing.shown import checked_context
from keqiao.importing.tasks import enqueue_run
from keqiao.ui.gate import access_of, go, is_partial, signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LONGEST_VALUE = 10_000


def _open_row(request: HttpRequest, run_id: int, row_id: int) -> tuple[ImportRun, ImportRow]:
    run = own_run(request, run_id)
    row = ImportRow.objects.filter(run=run, pk=row_id).first()
    if row is None or run.state != RunState.CHECKED or not run.is_dry:
        raise Http404
    return run, row


def _answer(request: HttpRequest, run: ImportRun) -> HttpResponse:
    if not is_partial(request):
        return go(request, f"/import/{run.pk}/?show={request.POST.get('show', 'rejected')}")
    context = checked_context(access_of(request), run, request.POST)
    return render(request, "importing/checked.html#rows", context)


@signed_in
@require_POST
def correct_cell(request: HttpRequest, run_id: int, row_id: int) -> HttpResponse:
    """Put another value into a cell, or into all cells of the column with the same content."""
    run, row = _open_row(request, run_id, row_id)
    columns = {str(column["index"]): column["index"] for column in run.columns}
    column = columns.get(request.POST.get("column", ""))
    if column is None:
        raise Http404
    value = request.POST.get("value", "")[:LONGEST_VALUE]
    everywhere = request.POST.get("everywhere") == "1"
    try:
        corrected = edit_cell(run, row, column, value, everywhere=everywhere)
    except ImportForbidden:
        raise Http404 from None
    if corrected > running.RECHECKED_AT_ONCE:
        enqueue_run(run, RunState.CHECKING, access_of(request).user_id)
        return go(request, f"/import/{run.pk}/")
    return _answer(request, run)


@signed_in
@require_POST
def drop_row(request: HttpRequest, run_id: int, row_id: int) -> HttpResponse:
    run, row = _open_row(request, run_id, row_id)
    leave_out(run, [row])
    return _answer(request, run)
