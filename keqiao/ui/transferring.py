"""Handing records to somebody else: what goes along, who stays, with the counts before the question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods
from django_tasks import task

from keqiao.access.rights import Action
from keqiao.base.problems import Problem as BaseProblem
from keqiao.base.words import say
from keqiao.catalog.registry import object_type
from keqiao.jobs.options import LONG, with_options
from keqiao.records.drafts import Source
from keqiao.records.handing_over import (
    EVERY,
    MINE,
    NONE,
    READ,
    WRITE,
    Handover,
    count_along,
    hand_over,
)
from keqiao.records.query import get_record, records
from keqiao.ui.bulk_jobs import Part, in_steps
from keqiao.ui.converters import whole_number
from keqiao.ui.dialogs import dialog, end_of_day, refusal_text, taker, taker_boxes
from keqiao.ui.gate import access_of, go, refused, signed_in, source_of
from keqiao.ui.record_page import record_rights

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse, QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

LONGEST_NOTE = 200  # as long as a line of the change log holds
AT_ONCE = 50  # records and what goes along; more are handed over in the background


@signed_in
@require_http_methods(["GET", "POST"])
def transfer_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    access = access_of(request)
    record = get_record(access, declared, record_id)
    if not record_rights(access, declared, record)["transfer"]:
        raise refused(access, Action.TRANSFER, declared, record_id)
    url, problem = f"/{declared.path}/{record_id}/", ""
    chosen = records(access, declared, Action.TRANSFER).filter(pk=record_id)
    if request.method == "POST":
        values, options, problem = asked_handover(request.POST)
        if not problem:
            counts = count_along(access, declared, chosen)
            if sum(counts.values()) > AT_ONCE:
                return _in_background(request, access, declared, record_id, values, options)
            source = replace(source_of(request), note=asked_note(request.POST))
            handover = _handover(values, options)
            became = hand_over(access, declared, [record_id], handover, source=source)
            if became.done:
                _tell(request, sum(became.along.values()), became.along_left)
                still_seen = records(access, declared).filter(pk=record_id).exists()
                return go(request, url if still_seen else f"/{declared.path}/")
            problem = refusal_text(became.refused[record_id])
    context = {
        "action_url": f"{url}transfer/",
        "cancel_url": url,
        **handover_boxes(request, access, declared, chosen),
        "problem": problem,
        "go_label": _("Transfer"),
    }
    return dialog(request, "transfer", _("Transfer"), context, 422 if problem else 200)


def _tell(request: HttpRequest, along: int, left: int) -> None:
    text = _("Handed over.")
    if along:
        text += " " + _("%(count)s other records went along.") % {"count": along}
    if left:
        text += " " + _("%(count)s stayed where they were.") % {"count": left}
    messages.success(request, text)


def _in_background(
    request: HttpRequest,
    access: Access,
    declared: ObjectType,
    record_id: int,
    values: dict[str, Any],
    options: dict[str, Any],
) -> HttpResponse:
    name = taker_name(access, values) or "—"
    title = say(gettext_noop("Transfer to %(name)s"), name=name)
    chosen: Any = with_options(transfer_many, actor_id=access.user_id, title=title)
    job = chosen.enqueue(
        user_id=access.user_id,
        request_id=getattr(request, "request_id", ""),
        object_key=declared.key,
        where=[],
        search="",
        ids=[record_id],
        values=values,
        options=options,
        reason=asked_note(request.POST),
    )
    text = _("It runs in the background; you can go on working.")
    context = {"title": str(title), "text": text, "job_url": f"/jobs/{job.id}/"}
    return dialog(request, "done", str(title), context)


def handover_boxes(
    request: HttpRequest, access: Access, declared: ObjectType, chosen: QuerySet[Model]
) -> dict[str, Any]:
    """Return the boxes of a transfer, with how much could go along."""
    counts = count_along(access, declared, chosen.order_by())
    given = request.POST
    return {
        **taker_boxes(access, declared, given),
        "along_counts": counts if counts[EVERY] else None,
        "work_count": counts["work"],
        "belongings": given.get("belongings", MINE),
        "open_work": given.get("open_work") == "true" or not given.get("go"),
        "may_let_stay": access.can(Action.CHANGE, declared),
        "stays": given.get("stays", ""),
        "stays_until": given.get("stays_until", ""),
        "reason": given.get("reason", ""),
    }


def asked_handover(given: QueryDict) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Return to whom, what goes along, and what is wrong with the answers."""
    values, problem = taker(given)
    options: dict[str, Any] = {
        "belongings": given["belongings"] if given.get("belongings") in {MINE, EVERY} else NONE,
        "open_work": given.get("open_work") == "true",
        "stays": given["stays"] if given.get("stays") in {READ, WRITE} else "",
        "stays_until": "",
    }
    try:
        until = end_of_day(given.get("stays_until", ""))
    except BaseProblem:
        return values, options, _("Please enter the last day like 2026-12-31, or leave it empty.")
    if until is not None and options["stays"]:
        options["stays_until"] = until.isoformat()
    return values, options, problem


def asked_note(given: QueryDict) -> str:
    """Return what is written to the new owner, as the change log has room for it."""
    return " ".join(given.get("reason", "").split())[:LONGEST_NOTE]


def _handover(values: dict[str, Any], options: dict[str, Any]) -> Handover:
    until = options.get("stays_until") or ""
    return Handover(
        values=values,
        belongings=options.get("belongings", NONE),
        open_work=bool(options.get("open_work")),
        stays=options.get("stays", ""),
        stays_until=parse_datetime(until) if until else None,
    )


def taker_name(access: Access, values: dict[str, Any]) -> str:
    """Return who or which department gets the records; empty when it was typed, not picked."""
    if "team" in values:
        return access.department_name(whole_number(values["team"]))
    return access.person_name(whole_number(values.get("owner", "")))


@task(title=gettext_lazy("Transfer many records"), queue_name=LONG)
def transfer_many(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    where: list[str],
    search: str,
    ids: list[int] | None,
    values: dict[str, Any],
    options: dict[str, Any],
    reason: str = "",
    nested: str = "",
) -> dict[str, Any]:
    """Hand every chosen record over with what goes along; refused ones stay with their owner."""
    declared = object_type(object_key)
    source = Source("bulk", request_id=request_id, note=reason)
    handover = _handover(values, options)

    def give(access: Access, part: list[int]) -> Part:
        became = hand_over(access, declared, part, handover, source=source)
        return Part(len(became.done), {pk: refusal_text(why) for pk, why in became.refused.items()})

    return in_steps(user_id, declared, Action.TRANSFER, where, search, ids, give, nested)
