"""The page on which a colleague chooses what to ask a customer, gets the link, and closes links again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from keqiao.access.rights import Action
from keqiao.quality.customer_form.links import (
    LONGEST_DAYS,
    MOST_FIELDS,
    USUAL_DAYS,
    askable_fields,
    make_form,
    may_ask,
    revoke,
    state_words,
)
from keqiao.quality.customer_form.models import CustomerForm
from keqiao.quality.review.known import register_askers
from keqiao.records.merging_attached import AttachedRows, register_attached
from keqiao.records.present import titles_of
from keqiao.records.query import get_record
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, refused, require, signed_in, source_of
from keqiao.ui.navigation import sentence
from keqiao.ui.record_commands import OpenRecord, RecordCommand, register_record_command
from keqiao.ui.screens import register_guide

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

MOST_SHOWN = 20
PUBLIC = "/f/"


def register() -> None:
    register_record_command(
        RecordCommand(
            "ask-customer", gettext_lazy("Ask the customer by a form"), "send", "ask-customer/",
            Action.CHANGE, "form link mail 表单 链接 客户填写 补全", order=75, is_offered=_of_record,
        )
    )  # fmt: skip
    register_attached(AttachedRows(CustomerForm))
    register_askers(lambda: CustomerForm.objects.values_list("made_by_id", flat=True).distinct())
    register_guide("customer-form", "ask-customer/")


def _of_record(record: OpenRecord) -> bool:
    return may_ask(record.access, record.declared) and record.may(Action.CHANGE)


def _opened(access: Access, declared: ObjectType, record_id: int) -> Any:
    require(access, Action.VIEW, declared)
    record = get_record(access, declared, record_id)
    if not may_ask(access, declared) or not access.reaches(Action.CHANGE, declared, record):
        raise refused(access, Action.CHANGE, declared, record_id)
    return record


@signed_in
@require_http_methods(["GET", "POST"])
def ask_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    access = access_of(request)
    record = _opened(access, declared, record_id)
    fields = askable_fields(access, declared)
    given = request.POST
    chosen = [name for name in fields if name in given.getlist("fields")]
    days = min(max(whole_number(given.get("days", "")) or USUAL_DAYS, 1), LONGEST_DAYS)
    made: dict[str, Any] | None = None
    problem = ""
    if request.method == "POST":
        if 0 < len(chosen) <= MOST_FIELDS:
            form, token = make_form(
                access, declared, record, chosen, days=days,
                shows_values="shows_values" in given, source=source_of(request),
            )  # fmt: skip
            made = _made(request, access, declared, record, form, token)
        else:
            problem = _("Please choose between 1 and %(most)s fields.") % {"most": MOST_FIELDS}
    else:
        chosen = [name for name, own in fields.items() if own.kind.is_empty(own.value(record))]
    context = {
        "page_title": _("Ask the customer"),
        "declared": declared,
        "title": titles_of(access, declared, [record_id]).get(record_id, ""),
        "back_url": f"/{declared.path}/{record_id}/",
        "fields": [
            {
                "name": name,
                "label": sentence(own.label),
                "on": name in chosen,
                "is_empty": own.kind.is_empty(own.value(record)),
            }
            for name, own in fields.items()
        ],
        "days": days,
        "most_days": LONGEST_DAYS,
        "shows_values": "shows_values" in given,
        "problem": problem,
        "made": made,
        "earlier": _earlier(access, declared, record_id),
    }
    return render(
        request, "quality/customer_form/ask.html", context, status=422 if problem else 200
    )


def _made(
    request: HttpRequest, access: Access, declared: ObjectType, record: Any, form: CustomerForm,
    token: str,
) -> dict[str, Any]:  # fmt: skip
    link = request.build_absolute_uri(f"{PUBLIC}{token}/")
    until = timezone.localtime(form.expires_at).strftime("%Y-%m-%d")
    subject = _("Please check your details")
    text = _(
        "Dear customer,\n\nto keep your details right, please fill in this short form:\n%(link)s\n\n"
        "It can be used once, until %(until)s.\n\nKind regards\n%(who)s"
    ) % {"link": link, "until": until, "who": access.actor.name}
    to = _mail_of(access, declared, record)
    return {
        "link": link,
        "until": until,
        "text": text,
        "mail_url": f"mailto:{quote(to, safe='@')}?subject={quote(subject)}&body={quote(text)}",
    }


def _mail_of(access: Access, declared: ObjectType, record: Any) -> str:
    mask = access.fields(declared)
    for name, own in declared.builtin_fields.items():
        if own.kind.key == "email" and mask.is_readable(name):
            return str(own.value(record) or "")
    return ""


def _earlier(access: Access, declared: ObjectType, record_id: int) -> list[dict[str, Any]]:
    fields = askable_fields(access, declared)
    lines = []
    rows = CustomerForm.objects.filter(object_key=declared.key, record_id=record_id)
    for form in rows.order_by("-id")[:MOST_SHOWN]:
        state, tone = state_words(form)
        names = [sentence(fields[name].label) for name in form.fields if name in fields]
        lines.append(
            {
                "id": form.pk,
                "fields": _(", ").join(names),
                "who": form.made_by_name,
                "at": timezone.localtime(form.made_at).strftime("%Y-%m-%d %H:%M"),
                "until": timezone.localtime(form.expires_at).strftime("%Y-%m-%d"),
                "state": state,
                "tone": tone,
                "is_open": tone == "amber",
                "unheld": [
                    (sentence(fields[name].label), value)
                    for name, value in (form.unheld or {}).items()
                    if name in fields
                ],
            }
        )
    return lines


@signed_in
@require_POST
def revoke_page(
    request: HttpRequest, declared: ObjectType, record_id: int, form_id: int
) -> HttpResponse:
    """Close one link of a record: whoever still opens it reads that it is no longer valid."""
    access = access_of(request)
    _opened(access, declared, record_id)
    form = CustomerForm.objects.filter(
        pk=form_id, object_key=declared.key, record_id=record_id
    ).first()
    if form is None:
        raise Http404
    if revoke(access, declared, form, source_of(request)):
        messages.success(request, _("The link is closed."))
    else:
        messages.error(request, _("The link was answered or closed already."))
    return go(request, f"/{declared.path}/{record_id}/ask-customer/")
