"""Changing one value where it stands, in a list or on a record's page, without opening the form."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.rights import Action, Right
from keqiao.records.drafts import Conflict, Draft, DuplicateFound, Held, Rejected, Saved
from keqiao.records.ownership import may_choose_department
from keqiao.records.query import RecordNotFound, get_record
from keqiao.records.save import save_records
from keqiao.ui import cells
from keqiao.ui.cells import near_moment
from keqiao.ui.controls import Picked, control_html
from keqiao.ui.converters import whole_number
from keqiao.ui.form_values import changed_values, remember, shown_again, stored_raw
from keqiao.ui.gate import access_of, is_partial, refused, require, signed_in, source_of
from keqiao.ui.markup import markup
from keqiao.ui.navigation import sentence
from keqiao.ui.record_page import whole_row

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Outcome


@signed_in
@require_http_methods(["GET", "POST"])
def cell_page(
    request: HttpRequest, declared: ObjectType, record_id: int, name: str
) -> HttpResponse:
    """Answer the control for one value, or save it; without the script the form does both."""
    access = access_of(request)
    require(access, Action.VIEW, declared)
    record = get_record(access, declared, record_id)
    field = declared.fields().get(name.partition(".")[0])
    if field is None or access.fields(declared).is_hidden(field.name):
        raise Http404
    if not is_partial(request):
        address = f"/{declared.path}/{record_id}/edit/?field={field.name}#f-{field.name}"
        return HttpResponseRedirect(address)
    why = _of_other_record(field) if "." in name else why_not(access, declared, record, field)
    if why and request.method == "POST":
        raise refused(access, Action.CHANGE, declared, record_id)
    if why:
        return HttpResponse(markup('<span class="whynot">{}</span>', why))
    cell = CellEdit(request, access, declared, record, field)
    return cell.save() if request.method == "POST" else cell.show()


def why_not(access: Access, declared: ObjectType, record: Model, field: Field) -> str:
    """Return why this person cannot change the value here; empty when he can."""
    label = {"field": sentence(field.label)}
    mask = access.fields(declared)
    if field.read_only:
        return _("“%(field)s” is filled by the system.") % label
    if mask[field.name] is Right.MASKED:
        return _("You see “%(field)s” only in part, so you cannot change it.") % label
    if not mask.is_writable(field.name):
        return _("You may not change “%(field)s”.") % label
    if not access.reaches(Action.CHANGE, declared, record):
        return _("You may read this record but not change it.")
    if field.name == "team" and not may_choose_department(access, declared):
        return _("The department follows the owner.")
    return ""


def _of_other_record(field: Field) -> str:
    return _("This value belongs to the linked record (%(field)s). Open that one to change it.") % {
        "field": sentence(field.label)
    }


class CellEdit:
    """One value on its way: its control, and what becomes of what was typed."""

    def __init__(
        self,
        request: HttpRequest,
        access: Access,
        declared: ObjectType,
        record: Model,
        field: Field,
    ) -> None:
        self.request = request
        self.access = access
        self.declared = declared
        self.record = record
        self.field = field
        self.record_url = f"/{declared.path}/{record.pk}/"
        self.url = f"{self.record_url}cell/{field.name}/"
        self.is_answer = "conflict" in request.POST

    def show(self) -> HttpResponse:
        cell = whole_row(self.access, self.declared, self.record).cells[self.field.name]
        raw = stored_raw(self.field, self.record, cell)
        version = str(self.record.version)  # type: ignore[attr-defined]
        was = remember([self.field], {self.field.name: raw})
        return HttpResponse(self._form(raw, version, was))

    def _form(self, raw: Any, version: str, was: str, problem: str = "") -> SafeString:
        return format_html(
            '<form class="celledit" method="post" action="{}" data-kind="{}" autocomplete="off">'
            '<input type="hidden" name="version" value="{}">'
            '<input type="hidden" name="was" value="{}">'
            '<span class="sr" id="cell-value-label">{}</span>{}'
            '<span class="cellerr" id="cell-value-err" role="alert">{}</span></form>',
            self.url,
            self.field.kind.key,
            version,
            was,
            sentence(self.field.label),
            self._control(raw, problem),
            problem,
        )

    def _control(self, raw: Any, problem: str) -> SafeString:
        label = {"aria-label": sentence(self.field.label)}
        if self.field.kind.key == "choice":
            return self._select("" if raw is None else str(raw))
        # The standard is not on the page here, so nothing may point at it.
        plain = replace(self.field, standard="")
        errors = [problem] if problem else []
        return control_html(plain, raw, id="cell-value", attrs=label, errors=errors, required=False)

    def _select(self, chosen: str) -> SafeString:
        options = [(one.key, one.label) for one in self.field.choices]
        if not self.field.required:
            options.insert(0, ("", "—"))
        made = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, markup(" selected") if key == chosen else "", label) for key, label in options),
        )
        return format_html(
            '<select class="in" id="cell-value" name="{}" aria-label="{}">{}</select>',
            self.field.name,
            sentence(self.field.label),
            made,
        )

    # --- saving ----------------------------------------------------------------------------------

    def save(self) -> HttpResponse:
        given = self.request.POST
        values = changed_values([self.field], given)
        if not values or given.get(f"keep__{self.field.name}") == "theirs":
            return self._written(self.record)
        draft = Draft(
            values, record_id=self.record.pk, version=whole_number(given.get("version", ""))
        )
        source = source_of(self.request)
        [outcome] = save_records(self.access, self.declared, [draft], source=source)
        return self._answer(outcome)

    def _answer(self, outcome: Outcome) -> HttpResponse:
        match outcome:
            case Saved():
                try:
                    record = get_record(self.access, self.declared, self.record.pk)
                except RecordNotFound:
                    return self._written(None)
                return self._written(record)
            case Rejected(missing=True):
                raise Http404
            case Rejected(forbidden=True):
                raise PermissionDenied
            case Rejected():
                texts = [self._text(problem.field, str(problem.message), problem.suggestion)
                         for problem in outcome.problems]  # fmt: skip
                return self._refused(" ".join(texts))
            case DuplicateFound():
                return self._refused(self._duplicate(outcome))
            case Held():
                return self._held()
            case Conflict():
                return self._conflict(outcome)

    def _held(self) -> HttpResponse:
        """Show the value as it still is, and say that the change waits."""
        response = self._written(self.record)
        events = json.loads(response.headers.get("HX-Trigger", "{}"))
        events["toast"] = {"text": _("Saved for review by a second person.")}
        response["HX-Trigger"] = json.dumps(events)
        return response

    def _text(self, name: str, message: str, suggestion: str | None) -> str:
        if suggestion:
            message = _("%(message)s Did you mean %(suggestion)s?") % {
                "message": message,
                "suggestion": suggestion,
            }
        fields = self.declared.fields()
        if name == self.field.name or name not in fields:
            return message
        return f"{sentence(fields[name].label)}: {message}"

    def _duplicate(self, outcome: DuplicateFound) -> str:
        names = [one.title for one in outcome.candidates if one.title]
        if names and not outcome.candidates[0].field:
            return _("This may be the same as %(names)s. Press Esc, or change it on the form.") % {
                "names": _(", ").join(names[:3])
            }
        if names:
            return _("%(names)s already has this value. Press Esc, or change it on the form.") % {
                "names": _(", ").join(names[:3])
            }
        return _("A record you may not see already has this value.")

    def _written(self, record: Model | None) -> HttpResponse:
        """Answer how the value looks now; to the conflict dialog as an event for the page."""
        html = cells.EMPTY
        if record is not None:
            shown = whole_row(self.access, self.declared, record)
            is_title = self.field.name == self.declared.title
            is_wide = self.request.GET.get("wide") == "1"
            html = (
                markup("{}", shown.title)
                if is_title and not is_wide
                else cells.cell_html(shown.cells[self.field.name], self.field, wide=is_wide)
            )
        if not self.is_answer:
            return HttpResponse(html)
        told = {"closeDialog": "", "cellSaved": {"html": str(html)}}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(told)})

    def _refused(self, problem: str) -> HttpResponse:
        if self.is_answer:
            told = {"closeDialog": "", "toast": {"text": problem, "bad": True}}
            return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(told)})
        given = self.request.POST
        raw = shown_again(self.field, given)
        form = self._form(raw, given.get("version", ""), given.get("was", "{}"), problem)
        return HttpResponse(form, status=422)

    def _conflict(self, outcome: Conflict) -> HttpResponse:
        """Ask which value stays; the dialog sends what was typed back to this very address."""
        given = self.request.POST
        kept = [
            (name, value)
            for name in given
            if name not in {"version", "csrfmiddlewaretoken", "conflict"}
            and not name.startswith("keep__")
            for value in given.getlist(name)
        ]
        raw = shown_again(self.field, given)
        wide = "?wide=1" if self.request.GET.get("wide") == "1" else ""
        context = {
            "action_url": self.url + wide,
            "record_url": self.record_url,
            "version": outcome.current_version,
            "kept": kept,
            "fields": [
                {
                    "name": one.name,
                    "label": sentence(self.declared.fields()[one.name].label),
                    "mine": raw.text if isinstance(raw, Picked) else one.mine,
                    "theirs": one.theirs,
                    "by": one.by,
                    "at": near_moment(one.at) if one.at else "",
                }
                for one in outcome.fields
            ],
        }
        return render(self.request, "ui/dialogs/conflict.html", context, status=409)
