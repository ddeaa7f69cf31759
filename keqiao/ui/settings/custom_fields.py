"""A company's own fields: adding, changing, taking away with a look at what uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods

from keqiao.base.money import CURRENCIES
from keqiao.base.words import say
from keqiao.catalog.custom_fields import (
    KINDS_TO_ADD,
    CustomFieldProblem,
    add_custom_field,
    change_custom_field,
    delete_custom_field,
    restore_custom_field,
    uses_of,
)
from keqiao.catalog.field import Sensitivity
from keqiao.catalog.kinds import KINDS
from keqiao.catalog.models import CustomField, NumberingRule
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type, object_types
from keqiao.catalog.words import field_named
from keqiao.jobs.options import enqueue_unique, with_options
from keqiao.records.number_existing import number_existing, without_number
from keqiao.records.numbering import change_rule
from keqiao.ui.cells import TAG_COLORS
from keqiao.ui.dialogs import dialog
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.navigation import sentence
from keqiao.ui.record_page import SYSTEM_FIELDS
from keqiao.ui.settings.data import DATE_FORMATS, asked_looks
from keqiao.ui.settings.menu import settings_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

SENSITIVITY_LABELS = {
    Sensitivity.PUBLIC: gettext_lazy("public: may stand on a web page"),
    Sensitivity.INTERNAL: gettext_lazy("internal: for everybody who sees the record"),
    Sensitivity.PERSONAL: gettext_lazy("personal: about a person, told in privacy reports"),
    Sensitivity.SECRET: gettext_lazy("secret: masked unless a role may read it"),
}


BOXES = ("required", "expected", "unique", "filterable", "number_existing")


def chosen_type(request: HttpRequest) -> ObjectType:
    """Return the object type a settings page is about (the first one when none is named)."""
    wanted = request.POST.get("object") or request.GET.get("object") or ""
    try:
        return object_type(wanted)
    except UnknownObject:
        return object_types()[0]


def type_tabs(declared: ObjectType, base: str) -> list[dict[str, Any]]:
    return [
        {
            "label": sentence(one.label_plural),
            "url": f"{base}?object={one.key}",
            "current": one == declared,
        }
        for one in object_types()
    ]


def own_first(fields: Mapping[str, Field]) -> dict[str, Field]:
    """Put what people fill in before what every record carries (owner, made when, made by)."""
    rest = [name for name in fields if name in SYSTEM_FIELDS]
    names = [name for name in fields if name not in SYSTEM_FIELDS] + rest
    return {name: fields[name] for name in names}


@administrators_only
def fields(request: HttpRequest) -> HttpResponse:
    """Show every field of an object type, the company's own first."""
    declared = chosen_type(request)
    rows = list(CustomField.objects.filter(object_key=declared.key))
    own = [row for row in rows if row.deleted_at is None]
    context = {
        "lead": _(
            "Own fields appear at once in forms, lists, filters, import, export and the API."
        ),
        "tabs": type_tabs(declared, "/settings/fields/"),
        "object_type": declared,
        "own": [_line(row) for row in own],
        "deleted": [row for row in rows if row.deleted_at is not None],
        "builtin": [
            {
                "label": sentence(field.label),
                "name": name,
                "kind": field.kind.label,
                "standard": field.standard,
                "required": field.required,
            }
            for name, field in own_first(declared.builtin_fields).items()
        ],
    }
    return settings_page(request, "fields", _("Custom fields"), context)


def _line(row: CustomField) -> dict[str, Any]:
    return {
        "id": row.pk,
        "label": row.label,
        "key": row.key,
        "kind": KINDS[row.kind].label,
        "standard": row.standard,
        "required": row.required,
        "filterable": row.filterable,
        "index_ready": row.index_ready,
    }


@administrators_only
@require_http_methods(["GET", "POST"])
def new_field(request: HttpRequest) -> HttpResponse:
    return _form(request, chosen_type(request), None)


@administrators_only
@require_http_methods(["GET", "POST"])
def edit_field(request: HttpRequest, field_id: int) -> HttpResponse:
    row = get_object_or_404(CustomField, pk=field_id, deleted_at=None)
    return _form(request, object_type(row.object_key), row)


def _form(request: HttpRequest, declared: ObjectType, row: CustomField | None) -> HttpResponse:
    back, error = f"/settings/fields/?object={declared.key}", {}
    if request.method == "POST":
        try:
            _save(request, declared, row)
        except CustomFieldProblem as problem:
            error = {problem.field: str(problem.message)}
        else:
            messages.success(request, _("Saved. The field is there for everybody from now on."))
            return go(request, back)
    context = {
        "object_type": declared,
        "row": row,
        "given": _given(request, row),
        "kinds": [{"key": key, "label": KINDS[key].label} for key in KINDS_TO_ADD],
        "sensitivities": [
            {"key": one.value, "label": SENSITIVITY_LABELS[one]} for one in Sensitivity
        ],
        "currencies": CURRENCIES,
        "targets": [{"key": one.key, "label": sentence(one.label)} for one in object_types()],
        "colors": sorted(set(TAG_COLORS.values())),
        "date_formats": DATE_FORMATS,
        "restarts": NumberingRule.Restart.choices,
        "not_numbered": _not_numbered(declared, row),
        "error": error,
        "back": back,
    }
    heading = _("Change the field “%(label)s”") % {"label": row.label} if row else _("New field")
    return settings_page(request, "field_form", heading, context, 422 if error else 200)


def _save(request: HttpRequest, declared: ObjectType, row: CustomField | None) -> None:
    """Add or change the field; a new serial number comes with its rule, or not at all."""
    values = _values(request, row)
    if row is not None:
        change_custom_field(row, values)
        return
    looks: dict[str, Any] = {}
    if values["kind"] == "serial":
        looks, problem = asked_looks(request.POST)
        if problem:
            raise CustomFieldProblem("digits", problem)
    with transaction.atomic():
        row = add_custom_field(declared, values)
        if looks:
            change_rule(declared.key, row.key, **looks)
    if looks and "number_existing" in request.POST:
        _start_numbering(request, row)


def _start_numbering(request: HttpRequest, row: CustomField) -> None:
    label = field_named(row.object_key, row.key)
    title = say(gettext_noop("Number existing records: %(label)s"), label=label)
    chosen: Any = with_options(number_existing, actor_id=access_of(request).user_id, title=title)
    enqueue_unique(chosen, f"number-{row.pk}", row.pk)


def _not_numbered(declared: ObjectType, row: CustomField | None) -> int:
    """Return how many records a serial field leaves without a number so far."""
    field = declared.fields().get(row.key) if row is not None else None
    if field is None or field.kind.key != "serial":
        return 0
    return without_number(declared, field).count()


@administrators_only
@require_http_methods(["POST"])
def number_field(request: HttpRequest, field_id: int) -> HttpResponse:
    """Number the records that were there before the field, in the background."""
    row = get_object_or_404(CustomField, pk=field_id, deleted_at=None, kind="serial")
    _start_numbering(request, row)
    messages.success(request, _("The records are being numbered in the background."))
    return go(request, f"/settings/fields/?object={row.object_key}")


def _values(request: HttpRequest, row: CustomField | None) -> dict[str, Any]:
    given = request.POST
    return {
        "label": given.get("label", ""),
        "label_en": given.get("label_en", "").strip()[:80],
        "kind": row.kind if row else given.get("kind", ""),
        "standard": given.get("standard", "").strip()[:500],
        "required": "required" in given,
        "expected": int("expected" in given),
        "unique": "unique" in given,
        "filterable": "filterable" in given,
        "sensitivity": given.get("sensitivity", "internal"),
        "target": given.get("target", ""),
        "currency": given.get("currency", ""),
        "choices": _choices(given.get("choices", ""), row),
    }


def _choices(text: str, row: CustomField | None) -> list[dict[str, str]]:
    """Read one choice per line, `name` or `name | colour`; a kept name keeps its stored key."""
    known = {item["label"]: item["key"] for item in (row.choices if row else [])}
    found = []
    for line in text.splitlines():
        label, _bar, color = (part.strip() for part in line.partition("|"))
        if label:
            item = {"label": label, "color": color if color in TAG_COLORS else ""}
            if label in known:
                item["key"] = known[label]
            found.append(item)
    return found


def _given(request: HttpRequest, row: CustomField | None) -> dict[str, Any]:
    """Return what stands in the form: typed now, stored, or the start of a new field."""
    if request.method == "POST":
        boxes = {name: name in request.POST for name in BOXES}
        return {**request.POST.dict(), **boxes}
    if row is None:
        return {"kind": "text", "sensitivity": "internal", "digits": 5, "restart": "never"}
    lines = [
        f"{item['label']} | {item['color']}" if item.get("color") else item["label"]
        for item in row.choices
    ]
    return {
        "label": row.label, "label_en": row.label_en, "kind": row.kind, "standard": row.standard,
        "required": row.required, "expected": row.expected, "unique": row.unique,
        "filterable": row.filterable,
        "sensitivity": row.sensitivity, "target": row.target, "currency": row.currency,
        "choices": "\n".join(lines),
    }  # fmt: skip


@administrators_only
@require_http_methods(["GET", "POST"])
def delete_field(request: HttpRequest, field_id: int) -> HttpResponse:
    """Show what uses the field, then take it off every page; its values stay for the undo."""
    row = get_object_or_404(CustomField, pk=field_id, deleted_at=None)
    back = f"/settings/fields/?object={row.object_key}"
    if request.method == "POST":
        delete_custom_field(row)
        messages.success(request, _("The field is gone from every page. Its values are kept."))
        return go(request, back)
    title = _("Delete the field “%(label)s”?") % {"label": row.label}
    context = {
        "title": title,
        "row": row,
        "uses": uses_of(row),
        "action_url": f"/settings/fields/{row.pk}/delete/",
        "cancel_url": back,
    }
    return dialog(request, "delete_field", title, context)


@administrators_only
@require_http_methods(["POST"])
def restore_field(request: HttpRequest, field_id: int) -> HttpResponse:
    row = get_object_or_404(CustomField, pk=field_id, deleted_at__isnull=False)
    restore_custom_field(row)
    messages.success(request, _("The field is back, with its values."))
    return go(request, f"/settings/fields/?object={row.object_key}")
