"""Creating and changing one record by hand, with every message beside its field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.rights import Action
from keqiao.catalog.kinds.base import REPAIRS
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Conflict, Draft, DuplicateFound, Held, Rejected, Saved
from keqiao.records.places import places_of
from keqiao.records.query import get_record, records
from keqiao.records.save import save_records
from keqiao.records.takers import offered_takers
from keqiao.ui.cells import near_moment
from keqiao.ui.controls import control_html
from keqiao.ui.converters import whole_number
from keqiao.ui.form_parts import form_parts
from keqiao.ui.form_values import (
    changed_values,
    form_fields,
    prefilled,
    remember,
    shown_again,
    stored_raw,
    writable,
)
from keqiao.ui.gate import access_of, go, is_partial, refused, require, signed_in, source_of
from keqiao.ui.navigation import new_label, sentence
from keqiao.ui.record_page import record_facts, record_rights, whole_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import DuplicateCandidate, Outcome
    from keqiao.records.present import Row

WIDE_KINDS = frozenset({"long_text", "address", "tags", "multi_choice"})
MOST_SEEN = 20
GROUP_KINDS = frozenset({"multi_choice", "phones", "emails"})


@signed_in
@require_http_methods(["GET", "POST"])
def create_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    access = access_of(request)
    require(access, Action.CREATE, declared)
    form = RecordForm(request, access, declared, None)
    return form.save() if request.method == "POST" else form.show(form.first_raws())


@signed_in
@require_http_methods(["GET", "POST"])
def edit_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    record = get_record(access, declared, record_id)
    if not record_rights(access, declared, record)["change"]:
        raise refused(access, Action.CHANGE, declared, record_id)
    form = RecordForm(request, access, declared, record)
    return form.save() if request.method == "POST" else form.show(form.first_raws())


class RecordForm:
    """One form on its way: what it shows, and what becomes of what was typed."""

    def __init__(
        self, request: HttpRequest, access: Access, declared: ObjectType, record: Model | None
    ) -> None:
        self.request = request
        self.access = access
        self.declared = declared
        self.record = record
        self.row: Row | None = whole_row(access, declared, record) if record is not None else None
        self.fields = form_fields(access, declared, creating=record is None)
        self.open_fields = [one for one in self.fields if writable(access, declared, one)]
        self.base = f"/{declared.path}/"
        self.url = f"{self.base}{record.pk}/" if record is not None else self.base
        self.action_url = f"{self.base}new/" if record is None else f"{self.url}edit/"
        self.offers: Mapping[str, str] = {}  # by field: a value that would do

    # --- showing ---------------------------------------------------------------------------------

    def first_raws(self) -> dict[str, Any]:
        if self.record is None or self.row is None:
            given = self.request.GET
            return prefilled(self.access, self.declared, self.open_fields, given)
        cells = self.row.cells
        return {
            field.name: stored_raw(field, self.record, cells[field.name])
            for field in self.open_fields
        }

    def show(
        self,
        raws: dict[str, Any],
        errors: dict[str, list[str]] | None = None,
        duplicates: list[dict[str, Any]] | None = None,
        *,
        may_save_anyway: bool = False,
        status: int = 200,
        offers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        errors, self.offers = errors or {}, offers or {}
        context = {
            "object_type": self.declared,
            "list_url": self.base,
            "title": new_label(self.declared) if self.record is None else _("Edit"),
            "page_title": sentence(self.declared.label),
            "action_url": self.action_url,
            "cancel_url": self.url,
            "version": self._version(),
            "hidden_fields": [("was", self._was(raws))],
            "sections": self._sections(raws, errors),
            "problems": self._problems(errors),
            "duplicates": duplicates or [],
            "may_save_anyway": may_save_anyway,
            "can_add_next": self.record is None,
            "parts": form_parts(self.access, self.declared, self.record),
            "record": record_facts(self.request, self.declared, self.row, self.url)
            if self.row
            else None,
        }
        template = "ui/form.html#form" if is_partial(self.request) else "ui/form.html"
        response = render(self.request, template, context, status=status)
        if "conflict" in self.request.POST:
            # The answer to the conflict dialog's save belongs back into the form behind it.
            response["HX-Retarget"] = "#record-form"
            response["HX-Reswap"] = "outerHTML"
            response["HX-Trigger"] = "closeDialog"
        return response

    def _version(self) -> str:
        posted = self.request.POST.get("version", "")
        if posted:
            return posted
        return str(self.row.version) if self.row else ""

    def _was(self, raws: dict[str, Any]) -> str:
        return self.request.POST.get("was") or (
            remember(self.open_fields, raws) if self.record is not None else "{}"
        )

    def _sections(self, raws: dict[str, Any], errors: dict[str, list[str]]) -> list[dict[str, Any]]:
        allowed = {field.name for field in self.fields}
        found = []
        for label, fields in self.declared.sections():
            shown = [
                self._field(field, raws, errors.get(field.name, []))
                for field in fields
                if field.name in allowed
            ]
            if shown:
                found.append({"label": label, "fields": shown})
        return found

    def _field(self, field: Field, raws: dict[str, Any], errors: list[str]) -> dict[str, Any]:
        field_id = f"id-{field.name}"
        if field in self.open_fields:
            # A new record may begin in the care of another taker than a colleague.
            suggests = f"{self.base}owner/pick/" if self._may_be_taken(field) else ""
            html = control_html(
                field, raws.get(field.name), id=field_id, errors=errors, suggests=suggests
            )
        else:
            text = self.row.cells[field.name].text if self.row else ""
            html = format_html('<input class="in" id="{}" value="{}" disabled>', field_id, text)
        radios = field.kind.key == "choice" and html.startswith("<div")
        return {
            "name": field.name,
            "id": field_id,
            "label": sentence(field.label),
            "required": field.required,
            "standard": field.standard,
            "control_html": html,
            "errors": errors,
            "offer": self.offers.get(field.name, "") if field in self.open_fields else "",
            "wide": field.kind.key in WIDE_KINDS,
            "is_group": radios or field.kind.key in GROUP_KINDS,
        }

    def _may_be_taken(self, field: Field) -> bool:
        if self.record is not None or field.name != "owner":
            return False
        return bool(offered_takers(self.access, self.declared))

    def _problems(self, errors: dict[str, list[str]]) -> list[dict[str, str]]:
        fields = self.declared.fields()
        found = []
        for name, texts in errors.items():
            label = sentence(fields[name].label) if name in fields else ""
            for text in texts:
                found.append({"id": f"id-{name}" if label else "", "label": label, "message": text})
        return found

    # --- saving ----------------------------------------------------------------------------------

    def save(self) -> HttpResponse:
        given = self.request.POST
        values = changed_values(self.open_fields, given)
        kept = {
            key.removeprefix("keep__"): side
            for key, side in given.items()
            if key.startswith("keep__")
        }
        values = {name: raw for name, raw in values.items() if kept.get(name) != "theirs"}
        if self.record is not None and not values:
            return go(self.request, self.url)
        version = given.get("version", "")
        draft = Draft(
            values,
            record_id=self.record.pk if self.record is not None else None,
            version=whole_number(version),
            seen=frozenset(given.getlist("likely")[:MOST_SEEN]),
        )
        allow = given.get("allow_duplicates") == "1"
        [outcome] = save_records(
            self.access,
            self.declared,
            [draft],
            source=source_of(self.request),
            allow_duplicates=allow,
        )
        return self.answer(outcome)

    def answer(self, outcome: Outcome) -> HttpResponse:
        match outcome:
            case Saved():
                return self._saved(outcome)
            case Rejected(missing=True):
                raise Http404
            case Rejected(forbidden=True):
                raise PermissionDenied
            case Rejected():
                return self._refused(outcome)
            case DuplicateFound():
                return self._duplicate(outcome)
            case Conflict():
                return self._conflict(outcome)
            case Held():
                messages.success(self.request, _("Saved for review by a second person."))
                return go(self.request, self.url)

    def _typed(self) -> dict[str, Any]:
        return {field.name: shown_again(field, self.request.POST) for field in self.open_fields}

    def _saved(self, outcome: Saved) -> HttpResponse:
        text = _("Saved.")
        if outcome.repairs:
            fields = self.declared.fields()
            parts = [
                f"{fields[name].label}: {REPAIRS.get(code, code)}"
                for name, code in outcome.repairs.items()
                if name in fields
            ]
            text = _("Saved and tidied up: %(repairs)s") % {"repairs": "; ".join(parts)}
        messages.success(self.request, text)
        for hint in outcome.hints:
            messages.warning(self.request, str(hint.message))
        if self.request.POST.get("then") == "new":
            return go(self.request, f"{self.base}new/")
        if self.record is None and not self._is_seen(outcome.record_id):
            # Made for somebody else, or straight into the care of another taker.
            place = places_of(self.access, self.declared, {outcome.record_id})
            found = place.get(outcome.record_id)
            if found is not None:
                messages.success(self.request, str(found.text))
            return go(self.request, found.url if found and found.url else self.base)
        return go(self.request, f"{self.base}{outcome.record_id}/")

    def _is_seen(self, record_id: int) -> bool:
        return records(self.access, self.declared).filter(pk=record_id).exists()

    def _refused(self, outcome: Rejected) -> HttpResponse:
        errors: dict[str, list[str]] = {}
        offers: dict[str, str] = {}
        for problem in outcome.problems:
            text = str(problem.message)
            if problem.suggestion:
                offers.setdefault(problem.field, problem.suggestion)
                text = _("%(message)s Did you mean %(suggestion)s?") % {
                    "message": text,
                    "suggestion": problem.suggestion,
                }
            errors.setdefault(problem.field, []).append(text)
        return self.show(self._typed(), errors, status=422, offers=offers)

    def _duplicate(self, outcome: DuplicateFound) -> HttpResponse:
        found = [self._candidate(one) for one in outcome.candidates]
        return self.show(
            self._typed(), duplicates=found, may_save_anyway=not outcome.blocking, status=422
        )

    def _candidate(self, one: DuplicateCandidate) -> dict[str, Any]:
        path = object_type(one.object_key).path
        fields = self.declared.fields()
        label = sentence(fields[one.field].label) if one.field in fields else one.field
        text = _("the same value in “%(field)s”") % {"field": label}
        if not one.field:
            text = " · ".join(one.reasons) or _("A record you may not see looks the same.")
        elif one.record_id is None:
            text = _("A record you may not see has the same value in “%(field)s”.") % {
                "field": label
            }
        return {
            "title": one.title,
            "url": f"/{path}/{one.record_id}/" if one.record_id else "",
            "owner": one.owner,
            "message": text,
            "place": one.place,
            "place_url": one.place_url,
        }

    def _conflict(self, outcome: Conflict) -> HttpResponse:
        """Ask which value stays; everything typed travels along, so nothing is lost."""
        fields = self.declared.fields()
        kept = [
            (name, value)
            for name in self.request.POST
            if name not in {"version", "csrfmiddlewaretoken", "conflict"}
            and not name.startswith("keep__")
            for value in self.request.POST.getlist(name)
        ]
        context = {
            "page_title": _("Somebody else saved this record meanwhile"),
            "dialog_template": "ui/dialogs/conflict.html",
            "action_url": self.action_url,
            "record_url": self.url,
            "version": outcome.current_version,
            "kept": kept,
            "fields": [
                {
                    "name": one.name,
                    "label": sentence(fields[one.name].label),
                    "mine": one.mine,
                    "theirs": one.theirs,
                    "by": one.by,
                    "at": near_moment(one.at) if one.at else "",
                }
                for one in outcome.fields
            ],
        }
        template = "ui/dialogs/conflict.html" if is_partial(self.request) else "ui/dialog.html"
        response = render(self.request, template, context, status=409)
        response["HX-Retarget"] = "#dialog"
        response["HX-Reswap"] = "innerHTML"
        return response
