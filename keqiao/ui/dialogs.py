"""Questions about one record: delete it, hand it over, who may see it. A dialog or a page."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqiao.access.rights import Action
from keqiao.base.dates import parse_date
from keqiao.catalog.filter import Condition
from keqiao.catalog.problems import UnknownField
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Held, Rejected
from keqiao.records.ownership import may_choose_department
from keqiao.records.query import ListQuery, get_record, run_list
from keqiao.records.removal import delete_records
from keqiao.records.reveal import reveal
from keqiao.ui.cells import EMPTY, copy_button
from keqiao.ui.controls import Picked
from keqiao.ui.gate import access_of, go, is_partial, refused, require, signed_in, source_of
from keqiao.ui.history_page import field_lines
from keqiao.ui.icons import icon
from keqiao.ui.markup import markup
from keqiao.ui.navigation import sentence
from keqiao.ui.picking import picked_id, picked_or_typed, several_pairs
from keqiao.ui.record_page import record_rights, whole_row

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict
    from django.utils.safestring import SafeString

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

NOBODY = Picked("", "")


def dialog(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Show a question: alone for the page that asked, framed for a browser without JavaScript."""
    context = {**context, "page_title": title, "dialog_template": f"ui/dialogs/{template}.html"}
    name = context["dialog_template"] if is_partial(request) else "ui/dialog.html"
    return render(request, name, context, status=status)


def person_box(
    element_id: str, name: str, given: QueryDict, *, required: bool = True
) -> SafeString:
    """Return the box that suggests colleagues, outside of any record's field.

    `given` is what was sent before: whom it names is still there when something else was wrong.
    """
    shown = Picked(picked_id(given, name), given.get(name, ""))
    return _suggesting_box("/people/pick/", element_id, name, shown, required=required)


def people_boxes(element_id: str, name: str, label: str, given: QueryDict) -> SafeString:
    """Return boxes that suggest colleagues: one for each in `given`, and an empty one."""
    chosen = [Picked(number, text) for number, text in several_pairs(given, name)]
    ids = [element_id, *(f"{element_id}-{place}" for place in range(1, len(chosen) + 1))]
    lines = format_html_join(
        "",
        '<div class="one">{}</div>',
        (
            [_suggesting_box("/people/pick/", one_id, name, one, required=False)]
            for one_id, one in zip(ids, [*chosen, NOBODY], strict=True)
        ),
    )
    return format_html(
        '<div class="several" data-several role="group" aria-label="{}">{}</div>', label, lines
    )


def department_box(element_id: str, name: str, given: QueryDict) -> SafeString:
    """Return the box that suggests departments, outside of any record's field."""
    shown = Picked(picked_id(given, name), given.get(name, ""))
    return _suggesting_box("/departments/pick/", element_id, name, shown, required=False)


def record_box(declared: ObjectType, element_id: str, name: str, given: QueryDict) -> SafeString:
    """Return the box that suggests records of one type, outside of any record's field."""
    shown = Picked(picked_id(given, name), given.get(name, ""))
    return _suggesting_box(f"/{declared.path}/pick/", element_id, name, shown, required=True)


def _suggesting_box(
    address: str, element_id: str, name: str, shown: Picked, *, required: bool
) -> SafeString:
    return format_html(
        '<div class="combo" data-combo="{}"><input type="text" class="in" id="{}"'
        ' name="{}" value="{}" autocomplete="off"{}><input type="hidden" name="{}__pick"'
        ' value="{}">{}</div>',
        address,
        element_id,
        name,
        shown.text,
        " required" if required else "",
        name,
        f"{shown.id}|{shown.text}" if shown.id else "",
        icon("chevron-down", "s"),
    )


# --- delete -----------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def delete_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    access = access_of(request)
    record = get_record(access, declared, record_id)
    if not record_rights(access, declared, record)["delete"]:
        raise refused(access, Action.DELETE, declared, record_id)
    problem = ""
    if request.method == "POST":
        source = source_of(request, detail=request.POST.get("reason", "")[:200])
        removal = delete_records(access, declared, [record_id], source=source)
        if removal.done:
            messages.success(request, _("Deleted. It lies in the recycle bin."))
            return go(request, f"/{declared.path}/")
        problem = in_use_text(sum(removal.in_use.values()))
    row = whole_row(access, declared, record)
    context = {
        "title": _("Delete “%(title)s”?") % {"title": row.title},
        "action_url": f"/{declared.path}/{record_id}/delete/",
        "cancel_url": f"/{declared.path}/{record_id}/",
        "uses": uses_of_record(access, declared, record_id),
        "problem": problem,
        "reason": request.POST.get("reason", ""),
    }
    return dialog(request, "delete", _("Delete"), context, 422 if problem else 200)


def in_use_text(count: int) -> str:
    return _(
        "It was not deleted: %(count)s other records cannot do without it. Change or delete those first."
    ) % {"count": count}


def uses_of_record(access: Access, declared: ObjectType, record_id: int) -> list[dict[str, Any]]:
    """Return what is linked to the record, so that nobody deletes it unaware."""
    found = []
    for related in declared.related:
        target = object_type(related.object_key)
        if not access.can(Action.VIEW, target) or not access.fields(target).is_readable(related.by):
            continue
        condition = Condition(related.by, "equals", record_id)
        page = run_list(access, ListQuery(object_type=target, filter=condition, limit=1))
        if page.rows:
            found.append({"label": target.label_plural, "count": page.count_text or "–"})
    return found


# --- transfer -----------------------------------------------------------------------------------------


def taker_boxes(access: Access, declared: ObjectType, given: QueryDict) -> dict[str, Any]:
    """Return the boxes of a transfer: to a colleague, or by some to a department as well."""
    to_department = may_choose_department(access, declared)
    return {
        "control_html": person_box("new-owner", "owner", given, required=not to_department),
        "department_html": department_box("new-team", "team", given) if to_department else "",
    }


def taker(given: QueryDict) -> tuple[dict[str, Any], str]:
    """Return the values that hand records to whom the dialog names, or what is wrong with it."""
    owner, team = picked_or_typed(given, "owner"), picked_or_typed(given, "team")
    if bool(owner) == bool(team):
        return {}, _("Please choose a colleague or a department from the suggestions.")
    return ({"owner": owner} if owner else {"owner": "", "team": team}), ""


def refusal_text(outcome: object) -> str:
    """Return why a save was refused, in one text."""
    if isinstance(outcome, Rejected):
        return " ".join(str(problem.message) for problem in outcome.problems)
    if isinstance(outcome, Held):
        return _("It waits for a review by a second person.")
    return _("It could not be saved. Please open the record and try it there.")


# --- days -----------------------------------------------------------------------------------------


def end_of_day(text: str) -> datetime | None:
    if not text.strip():
        return None
    return timezone.make_aware(datetime.combine(parse_date(text).value, time.max))


# --- a masked value in full --------------------------------------------------------------------------


@signed_in
@require_POST
def reveal_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    """Show one masked value to somebody with the right to; the change log keeps it."""
    name = request.POST.get("field", "")[:60]
    text = reveal(access_of(request), declared, record_id, name, source=source_of(request))
    html = markup("{} {}", text, copy_button(text)) if text else EMPTY
    if is_partial(request):
        return HttpResponse(html)
    label = sentence(declared.field(name).label)
    context = {"label": label, "html": html, "cancel_url": f"/{declared.path}/{record_id}/"}
    return dialog(request, "revealed", label, context)


# --- where a value comes from ------------------------------------------------------------------------


@signed_in
@require_GET
def provenance_page(
    request: HttpRequest, declared: ObjectType, record_id: int, name: str
) -> HttpResponse:
    """Tell who set one field, when and from where, and what it held before."""
    access = access_of(request)
    require(access, Action.VIEW, declared)
    try:
        lines = field_lines(access, declared, record_id, name)
    except UnknownField:
        raise Http404 from None
    title = _("Where “%(field)s” comes from") % {"field": sentence(declared.field(name).label)}
    context = {
        "title": title,
        "history": lines,
        "cancel_url": f"/{declared.path}/{record_id}/",
    }
    return dialog(request, "provenance", title, context)
