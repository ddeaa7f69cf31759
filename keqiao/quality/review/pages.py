"""The list of held entries, and one of them with what became of each field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqiao.access.rights import Action
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.review.correcting import CorrectingForm
from keqiao.quality.review.deciding import entries_to_review, may_decide, may_look
from keqiao.quality.review.known import SOURCES, known, rules_reviewed_by
from keqiao.quality.review.models import PendingChange, PendingState
from keqiao.quality.review.source import record_url, title_for
from keqiao.records.audit import logged_texts
from keqiao.records.query import RecordNotFound, get_record
from keqiao.ui.cells import near_moment
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, signed_in
from keqiao.ui.navigation import sentence
from keqiao.ui.record_page import record_rights

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access

ROWS = 50
TO_REVIEW, MINE, DECIDED = "waiting", "mine", "decided"
LABELS = {
    TO_REVIEW: gettext_lazy("Waiting for me"),
    MINE: gettext_lazy("Entered by me"),
    DECIDED: gettext_lazy("Decided"),
}
TONES = {
    PendingState.WAITING: "amber",
    PendingState.ACCEPTED: "green",
    PendingState.PARTLY: "blue",
    PendingState.REJECTED: "red",
}
CORRECTABLE = (PendingState.REJECTED, PendingState.PARTLY)


@signed_in
@require_GET
def reviews_page(request: HttpRequest) -> HttpResponse:
    """List held entries: those to decide, those decided, one's own; the newest first."""
    access = access_of(request)
    tabs = [TO_REVIEW, DECIDED, MINE] if rules_reviewed_by(access) else [MINE]
    if tabs == [MINE] and not known().rules:
        raise Http404
    tab = request.GET.get("show", tabs[0])
    if tab not in tabs:
        raise Http404
    before = whole_number(request.GET.get("before", ""))
    rows = _rows(access, tab).order_by("-pk").select_related("rule")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: ROWS + 1])
    more = found[ROWS - 1].pk if len(found) > ROWS else None
    context = {
        "page_title": _("Review of entered data"),
        "tabs": [
            {"label": LABELS[one], "url": f"/quality/review/?show={one}", "current": one == tab}
            for one in tabs
        ],
        "rows": [line for one in found[:ROWS] if (line := _line(access, one, tab))],
        "more_url": f"/quality/review/?show={tab}&before={more}" if more else "",
        "may_review": tab == TO_REVIEW and bool(found),
        "tab": tab,
    }
    return render(request, "quality/review/list.html", context)


def _rows(access: Access, tab: str) -> QuerySet[PendingChange]:
    if tab == TO_REVIEW:
        return entries_to_review(access)
    if tab == MINE:
        return PendingChange.objects.filter(maker_id=access.user_id or -1)
    rules = [rule.pk for rule in rules_reviewed_by(access)]
    return PendingChange.objects.filter(rule_id__in=rules).exclude(
        state__in=(PendingState.WAITING, PendingState.WITHDRAWN)
    )


def _line(access: Access, pending: PendingChange, tab: str) -> dict[str, Any] | None:
    try:
        declared = object_type(pending.object_key)
    except UnknownObject:
        return None
    return {
        "title": title_for(access, declared, pending),
        "url": f"/quality/queue/review/?at={pending.pk}"
        if tab == TO_REVIEW
        else f"/quality/review/{pending.pk}/",
        "object": sentence(declared.label),
        "is_new": pending.version is None,
        "maker": pending.maker_name if pending.maker_id else _("the command line"),
        "when": near_moment(pending.made_at),
        "source": SOURCES.get(pending.source, pending.source),
        "fields": len(pending.checked),
        "rule": pending.rule.name,
        "state": PendingState(pending.state).label,
        "tone": TONES.get(PendingState(pending.state), ""),
    }


def _entry(access: Access, pending_id: int) -> PendingChange:
    """Return an entry this person may look at; to anybody else it does not exist."""
    pending = PendingChange.objects.select_related("rule").filter(pk=pending_id).first()
    if pending is None or not may_look(access, pending):
        raise Http404
    return pending


@signed_in
@require_GET
def entry_page(request: HttpRequest, pending_id: int) -> HttpResponse:
    """Show one entry: what was entered, what was said to each field, and what can be done now."""
    access = access_of(request)
    pending = _entry(access, pending_id)
    try:
        declared = object_type(pending.object_key)
    except UnknownObject:
        raise Http404 from None
    before, entered = logged_texts(access, declared, [pending.before, pending.values])
    fields, is_own = declared.fields(), pending.maker_id == access.user_id
    title = title_for(access, declared, pending)
    context = {
        "page_title": title,
        "title": title,
        "object": sentence(declared.label),
        "is_new": pending.version is None,
        "maker": pending.maker_name if pending.maker_id else _("the command line"),
        "when": near_moment(pending.made_at),
        "state": PendingState(pending.state).label,
        "tone": TONES.get(PendingState(pending.state), ""),
        "lines": [
            {
                "label": sentence(fields[name].label),
                "before": before.get(name, ""),
                "after": text,
                "is_checked": name in pending.checked,
                "verdict": pending.verdicts.get(name),
            }
            for name, text in entered.items()
            # Of a form most fields are left empty; only what was written or emptied says anything.
            if text or before.get(name) or name in pending.checked
        ],
        "record_url": record_url(access, declared, pending),
        "review_url": f"/quality/queue/review/?at={pending.pk}"
        if pending.state == PendingState.WAITING and may_decide(access, pending)
        else "",
        "correct_url": f"/quality/review/{pending.pk}/correct/"
        if is_own and pending.state in CORRECTABLE
        else "",
        "withdraw_url": f"/quality/review/{pending.pk}/withdraw/"
        if is_own and pending.state == PendingState.WAITING
        else "",
    }
    return render(request, "quality/review/entry.html", context)


@signed_in
@require_http_methods(["GET", "POST"])
def correct_page(request: HttpRequest, pending_id: int) -> HttpResponse:
    """Let whoever entered it correct what was sent back; it goes the same road again."""
    access = access_of(request)
    pending = _entry(access, pending_id)
    if pending.maker_id != access.user_id or pending.state not in CORRECTABLE:
        raise Http404
    declared, record = object_type(pending.object_key), None
    if pending.record_id is not None:
        try:
            record = get_record(access, declared, pending.record_id)
        except RecordNotFound:
            raise Http404 from None
        if not record_rights(access, declared, record)["change"]:
            raise Http404
    elif not access.can(Action.CREATE, declared):
        raise Http404
    form = CorrectingForm(request, access, declared, record, pending)
    if request.method == "POST":
        return form.save()
    return form.show(form.first_raws(), form.reasons())


@signed_in
@require_POST
def withdraw_page(request: HttpRequest, pending_id: int) -> HttpResponse:
    """Take an entry back before anybody has decided it; of two at once, the decision counts."""
    access = access_of(request)
    rows = PendingChange.objects.filter(
        pk=pending_id, maker_id=access.user_id or -1, state=PendingState.WAITING
    )
    if rows.update(state=PendingState.WITHDRAWN):
        messages.success(request, _("Withdrawn. Nothing of it was saved."))
    else:
        messages.error(request, _("It has been decided already."))
    return go(request, "/quality/review/?show=mine")
