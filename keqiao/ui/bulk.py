"""Changing many records at once: the count first, then the question, then work in the background."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from keqiao.access.refusals import note_refusal
from keqiao.access.rights import Action
from keqiao.base.words import Words, say
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.words import field_named
from keqiao.jobs.options import with_options
from keqiao.records.ownership import may_choose_department
from keqiao.records.query import count_records, matching_records, records
from keqiao.ui import exporting
from keqiao.ui.bulk_actions import bulk_action
from keqiao.ui.bulk_jobs import change_many, delete_many
from keqiao.ui.controls import control_html
from keqiao.ui.converters import whole_number
from keqiao.ui.dialogs import dialog
from keqiao.ui.form_values import posted_raw
from keqiao.ui.gate import access_of, is_partial, require, signed_in
from keqiao.ui.list_state import ListState, given_state
from keqiao.ui.navigation import sentence
from keqiao.ui.transferring import (
    asked_handover,
    asked_note,
    handover_boxes,
    taker_name,
    transfer_many,
)

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.query import ListQuery

MOST_TICKED = 500
NEEDED = {
    "edit": Action.CHANGE,
    "transfer": Action.TRANSFER,
    "delete": Action.DELETE,
    "export": Action.EXPORT,
}


class Choice:
    """The records a person has chosen: those ticked, or all that the list's filters match."""

    def __init__(self, request: HttpRequest, declared: ObjectType, action: str) -> None:
        given = request.POST if request.method == "POST" else request.GET
        self.access: Access = access_of(request)
        self.declared = declared
        offered = bulk_action(action)
        self.action = offered.action if offered else NEEDED[action]
        self.state_text = given.get("state", "") if request.method == "POST" else given.urlencode()
        self.all = given.get("all") == "1" or request.method == "GET"
        # The script gathers the ticks into one field; without it the browser sends each of them.
        ticked = given["ids"].split(",") if given.get("ids") else given.getlist("tick")
        numbers = map(whole_number, ticked[:MOST_TICKED])
        self.ids = tuple(number for number in numbers if number is not None)
        self.state = ListState.read(declared, given_state(self.state_text))

    def query(self) -> ListQuery:
        """Return the question to the row door, with the reach of the action itself."""
        if self.all:
            return self.state.query(self.access, action=self.action)
        base = ListState(self.declared, columns=self.state.columns, sort=self.state.sort)
        return replace(base.query(self.access, action=self.action), ids=self.ids)

    def count(self) -> int:
        try:
            found = count_records(self.access, self.query())
        except FilterProblem:
            return 0
        if not self.all and found < len(set(self.ids)):
            self._note_guesses()
        return found

    def _note_guesses(self) -> None:
        """Ticked can be only what is seen: other numbers were put in by hand."""
        query = replace(self.query(), action=Action.VIEW)
        seen = matching_records(self.access, query).values_list("pk", flat=True)
        note_refusal(self.access, self.declared, self.action, set(self.ids) - set(seen))

    def rows(self) -> QuerySet[Model]:
        try:
            return matching_records(self.access, self.query())
        except FilterProblem:
            return records(self.access, self.declared).none()

    def hidden_fields(self) -> list[tuple[str, str]]:
        return [
            ("ids", ",".join(map(str, self.ids))),
            ("all", "1" if self.all else ""),
            ("state", self.state_text),
        ]

    def arguments(self) -> dict[str, Any]:
        """Return the choice as a job carries it."""
        return {
            "object_key": self.declared.key,
            "where": list(self.state.where) if self.all else [],
            "search": self.state.search if self.all else "",
            "nested": self.state.filter if self.all else "",
            "ids": None if self.all else list(self.ids),
        }


@signed_in
@require_POST
def bulk_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    action = request.POST.get("action", "")
    if offered := bulk_action(action):
        access = access_of(request)
        require(access, offered.action, declared)
        if not offered.is_offered(access, declared):
            raise Http404
        return offered.step(request, Choice(request, declared, action))
    if action not in NEEDED:
        raise Http404
    require(access_of(request), NEEDED[action], declared)
    choice = Choice(request, declared, action)
    step = {"edit": _edit, "transfer": _transfer, "delete": _delete, "export": _export}[action]
    return step(request, choice)


@signed_in
@require_http_methods(["GET", "POST"])
def export_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    require(access_of(request), Action.EXPORT, declared)
    return _export(request, Choice(request, declared, "export"))


def facts(choice: Choice) -> dict[str, Any]:
    """Return what every question about many records says and carries on."""
    base = f"/{choice.declared.path}/"
    return {
        "count_text": _("%(count)s records") % {"count": f"{choice.count():,}"},
        "hidden_fields": choice.hidden_fields(),
        "action_url": f"{base}bulk/",
        "cancel_url": base,
        "list_url": base,
    }


def _edit(request: HttpRequest, choice: Choice) -> HttpResponse:
    fields = {one.name: one for one in _bulk_fields(choice)}
    field = fields.get(request.POST.get("field", ""))
    problem = ""
    if request.POST.get("go") and field is not None:
        raw = _posted_value(request, field)
        try:
            field.kind.clean(raw, field)
            if field.required and not raw:
                problem = _("Please fill in “%(field)s”.") % {"field": field.label}
        except FieldProblem as found:
            problem = str(found.message)
        if not problem:
            label = field_named(choice.declared.key, field.name)
            title = say(gettext_noop("Set “%(field)s” on many records"), field=label)
            return start(request, choice, title, change_many, values={field.name: raw})
    context = {
        **facts(choice),
        "fields": [{"name": one.name, "label": sentence(one.label)} for one in fields.values()],
        "chosen": field.name if field else "",
        "control_html": control_html(
            field,
            None,
            id="bulk-value",
            name="value",
            required=False,
            attrs={"aria-label": str(field.label)},
        )
        if field
        else "",
        "problem": problem,
        "go_label": _("Change"),
    }
    return dialog(request, "bulk_edit", _("Change a field"), context, 422 if problem else 200)


def _bulk_fields(choice: Choice) -> list[Field]:
    """Return the fields that make sense to be the same on many records."""
    mask = choice.access.fields(choice.declared)
    left_out = {choice.declared.title, "owner"}
    if not may_choose_department(choice.access, choice.declared):
        left_out.add("team")
    return [
        field
        for name, field in choice.declared.fields().items()
        if mask.is_writable(name)
        and not field.read_only
        and not field.unique
        and name not in left_out
        and field.kind.key != "resident_id"
    ]


def _posted_value(request: HttpRequest, field: Field) -> Any:
    given = request.POST.copy()
    given.setlist(field.name, given.getlist("value"))
    given[f"{field.name}__pick"] = given.get("value__pick", "")
    if "value" not in given:
        given.pop(field.name, None)
    return posted_raw(field, given)


def _transfer(request: HttpRequest, choice: Choice) -> HttpResponse:
    problem = ""
    if request.POST.get("go"):
        values, options, problem = asked_handover(request.POST)
        name = taker_name(choice.access, values)
        if not problem and name:
            title = say(gettext_noop("Transfer to %(name)s"), name=name)
            reason = asked_note(request.POST)
            return start(
                request, choice, title, transfer_many, values=values, options=options, reason=reason
            )
        problem = problem or _("Please choose a colleague or a department from the suggestions.")
    context = {
        **facts(choice),
        **handover_boxes(request, choice.access, choice.declared, choice.rows()),
        "problem": problem,
        "go_label": _("Transfer"),
    }
    return dialog(request, "transfer", _("Transfer"), context, 422 if problem else 200)


def _delete(request: HttpRequest, choice: Choice) -> HttpResponse:
    if request.POST.get("go"):
        reason = request.POST.get("reason", "")[:200]
        title = say(gettext_noop("Delete many records"))
        return start(request, choice, title, delete_many, reason=reason)
    known = facts(choice)
    context = {
        **known,
        "title": _("Delete %(count)s?") % {"count": known["count_text"]},
        "hidden_fields": [*known["hidden_fields"], ("action", "delete"), ("go", "1")],
    }
    return dialog(request, "delete", _("Delete"), context)


def start(
    request: HttpRequest, choice: Choice, title: Words, task: Any, **more: Any
) -> HttpResponse:
    """Hand the work to the background and show how far it is."""
    chosen: Any = with_options(task, actor_id=choice.access.user_id, title=title)
    job = chosen.enqueue(
        user_id=choice.access.user_id,
        request_id=getattr(request, "request_id", ""),
        **choice.arguments(),
        **more,
    )
    context = {
        "title": str(title),
        "text": _("It runs in the background; you can go on working."),
        "job_url": f"/jobs/{job.id}/",
    }
    return dialog(request, "done", str(title), context)


def _export(request: HttpRequest, choice: Choice) -> HttpResponse:
    exporter = exporting.exporter()
    if exporter is None:
        raise PermissionDenied
    if request.method == "POST" and request.POST.get("go"):
        asked = tuple(request.POST.getlist("columns"))
        offered = ListState(choice.declared, columns=asked).shown_columns(choice.access)
        columns = [name for name in asked if name in offered]
        file_format = "csv" if request.POST.get("format") == "csv" else "xlsx"
        return exporter(request, choice.query(), columns, file_format)
    mask = choice.access.fields(choice.declared)
    shown = choice.state.shown_columns(choice.access)
    names = [one.name for one in choice.declared.in_layout_order() if not mask.is_hidden(one.name)]
    masked = [
        sentence(choice.declared.field(name).label) for name in names if not mask.is_readable(name)
    ]
    context = {
        **facts(choice),
        "action_url": f"/{choice.declared.path}/export/",
        "columns": [
            {
                "name": name,
                "label": sentence(choice.declared.field(name).label),
                "on": name in shown,
            }
            for name in dict.fromkeys((*shown, *names))
        ],
        "masked": masked,
    }
    template = "ui/dialogs/export.html" if is_partial(request) else "ui/dialog.html"
    context |= {"page_title": _("Export"), "dialog_template": "ui/dialogs/export.html"}
    return render(request, template, context)
