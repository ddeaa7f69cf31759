"""Taking back what was done to many records: the old values of all that nobody changed since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, override
from django.views.decorators.http import require_http_methods
from django_tasks import task

from keqiao.access.access import Access
from keqiao.access.rights import Action
from keqiao.base.words import say
from keqiao.catalog import state
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.jobs import board
from keqiao.jobs.options import LONG, with_options
from keqiao.jobs.problems import JobProblem
from keqiao.jobs.progress import resume_state, save_state
from keqiao.records.drafts import Source
from keqiao.records.handing_over import types_along
from keqiao.records.present import titles_of
from keqiao.records.undoing import Work, last_line, lines_of, take_back
from keqiao.ui.bulk_jobs import (
    ROWS_AT_ONCE,
    Part,
    acting,
    change_many,
    delete_many,
    note_part,
    outcome_of,
    tag_many,
    tell_progress,
)
from keqiao.ui.dialogs import dialog
from keqiao.ui.gate import access_of, signed_in
from keqiao.ui.transferring import transfer_many

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.jobs.board import JobDetail, JobLine
    from keqiao.records.models import ChangeEntry

UNDOABLE = {one.module_path for one in (change_many, tag_many, delete_many, transfer_many)}
ENDED = frozenset({"done", "cancelled", "dead"})


Undone = Callable[[Work, Sequence[int]], None]
_told: dict[str, Undone] = {}


def register_undoable(task: Any, undone: Undone | None = None) -> None:
    """Let work of a package above be taken back as well: made by `in_steps`, its source "bulk".

    `undone` is told, within the transaction, which records have their old values again.
    """
    UNDOABLE.add(task.module_path)
    if undone is not None:
        _told[task.module_path] = undone


def undo_address(access: Access, job: JobLine) -> str:
    """Return where a job can be taken back by whoever started it; empty when it cannot."""
    is_own = job.actor_id is not None and job.actor_id == access.user_id
    can_be = is_own and job.task in UNDOABLE and job.status in ENDED
    return f"/jobs/{job.id}/undo/" if can_be else ""


def work_of(detail: JobDetail) -> Work | None:
    """Return which lines of the change log a job wrote; None when it wrote none."""
    given = detail.arguments[1]
    known = _known(detail)
    if "lines" not in known or detail.job.actor_id is None:
        return None
    first, last = known["lines"]
    key = given["object_key"]
    went_along = detail.job.task == transfer_many.module_path
    along = types_along(object_type(key)) if went_along else ()
    return Work(key, detail.job.actor_id, "bulk", given["request_id"][:40], first, last, along)


def left_rows(access: Access, detail: JobDetail) -> list[dict[str, str]]:
    """Return the records a job left as they were, by name where this person sees them, and why."""
    refused = _known(detail).get("refused") or []
    try:
        declared = object_type(detail.arguments[1].get("object_key", ""))
    except UnknownObject:
        return []
    titles = titles_of(access, declared, [number for number, _why in refused])
    return [
        {
            "title": titles.get(number, f"#{number}"),
            "url": f"/{declared.path}/{number}/" if number in titles else "",
            "reason": why,
        }
        for number, why in refused
    ]


def _known(detail: JobDetail) -> dict[str, Any]:
    known = detail.result or detail.state
    return known if isinstance(known, dict) else {}


@signed_in
@require_http_methods(["GET", "POST"])
def undo_page(request: HttpRequest, job_id: int) -> HttpResponse:
    """Say how many records it is about; then take them back in the background."""
    access = access_of(request)
    try:
        detail = board.job_detail(job_id)
    except JobProblem:
        raise Http404 from None
    if not undo_address(access, detail.job):
        raise Http404
    work = work_of(detail)
    count = lines_of(work).count() if work else 0
    title = say(gettext_noop("Undo: %(title)s"), title=detail.job.called)
    context: dict[str, Any] = {"title": str(title), "cancel_url": "/jobs/"}
    if work and count and request.method == "POST":
        chosen: Any = with_options(undo_many, actor_id=access.user_id, title=title)
        job = chosen.enqueue(
            user_id=access.user_id,
            request_id=getattr(request, "request_id", ""),
            object_key=work.object_key,
            made_in=work.request_id,
            lines=[work.after, work.until],
            job_id=job_id,
            along=list(work.along),
        )
        context["text"] = _("It runs in the background; you can go on working.")
        context["job_url"] = f"/jobs/{job.id}/"
        return dialog(request, "done", str(title), context)
    context |= {
        "action_url": f"/jobs/{job_id}/undo/",
        "count": count,
        "count_text": _("%(count)s records") % {"count": f"{count:,}"},
    }
    return dialog(request, "bulk_undo", str(title), context)


@task(title=gettext_lazy("Undo a change of many records"), queue_name=LONG)
def undo_many(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    made_in: str,
    lines: list[int],
    job_id: int,
    along: list[str] | None = None,
) -> dict[str, Any]:
    """Give every record of one job its old values back, unless somebody changed them since."""
    source = Source("revert", f"#{job_id}", request_id)
    work = Work(object_key, user_id, "bulk", made_in, lines[0], lines[1], tuple(along or ()))
    written = lines_of(work).order_by("pk")
    undone = _told.get(_task_of(job_id))
    with override(acting(user_id).language):
        kept = resume_state()
        if not kept:
            kept = {"total": written.count(), "behind": 0, "at": 0, "done": 0, "about": object_key}
            kept["lines"] = [last_line()] * 2
        while part := list(written.filter(pk__gt=kept["behind"])[:ROWS_AT_ONCE]):
            state.forget_versions()
            access = Access.for_user(acting(user_id))
            if not access.can(_needed(part[0]), object_type(object_key)):
                break
            with transaction.atomic():
                for key in (object_key, *work.along):
                    _undo_part(access, key, part, source, kept, work, undone)
                kept["behind"] = part[-1].pk
                save_state(kept)
            tell_progress(kept)
    return outcome_of(kept)


def _task_of(job_id: int) -> str:
    try:
        return board.job_line(job_id).task
    except JobProblem:
        return ""


def _needed(line: ChangeEntry) -> Action:
    return Action.DELETE if line.action == "delete" else Action.CHANGE


def _undo_part(
    access: Access,
    key: str,
    part: list[ChangeEntry],
    source: Source,
    kept: dict[str, Any],
    work: Work,
    undone: Undone | None,
) -> None:
    own = [line for line in part if line.object_key == key]
    if not own:
        return
    if not access.can(_needed(own[0]), object_type(key)):
        note_part(kept, Part(), len(own))
        return
    taken = take_back(access, object_type(key), own, source=source)
    if undone is not None:
        undone(work, [line.record_id for line in own if line.record_id not in taken.left])
    # The rows named as left are those of the type the work was about; others only count.
    is_main = key == kept["about"]
    note_part(kept, Part(taken.done, taken.left if is_main else {}), len(own))
