"""Adding, changing and taking away a company's own fields, with what depends on them shown first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from keqiao.base.clock import now
from keqiao.base.money import CURRENCIES
from keqiao.base.pinyin import full_pinyin
from keqiao.catalog import state
from keqiao.catalog.custom_index import build_index
from keqiao.catalog.field import Sensitivity
from keqiao.catalog.kinds import KINDS
from keqiao.catalog.models import CustomField
from keqiao.catalog.registry import object_type, object_types
from keqiao.catalog.snapshot import as_field

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.functional import Promise

    from keqiao.catalog.object_type import ObjectType

KEY = re.compile(r"^x_[a-z0-9_]{1,40}$")
MOST_FIELDS = 200
MOST_NAMES = 8  # of what uses a field, before the rest is only counted
KINDS_TO_ADD = tuple(KINDS)


class CustomFieldProblem(Exception):
    """A custom field cannot be made as asked; `field` names the input, `message` says why."""

    def __init__(self, field: str, message: str | Promise) -> None:
        super().__init__(str(message))
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Use:
    """One kind of thing that uses a field: what it is, how many, and the names of a few."""

    label: str | Promise
    count: int
    names: tuple[str, ...] = ()

    @property
    def shown_names(self) -> str:
        """Return the names for people; of many only the first, so that the rest is not hidden."""
        more = self.count - len(self.names[:MOST_NAMES])
        text = ", ".join(self.names[:MOST_NAMES])
        return f"{text} … +{more}" if self.names and more > 0 else text


# Higher packages say what of theirs uses a field: (object type, field key) -> uses.
_use_finders: list[Callable[[ObjectType, str], list[Use]]] = []


def find_uses_with(finder: Callable[[ObjectType, str], list[Use]]) -> None:
    """Register a function that counts what uses a field."""
    _use_finders.append(finder)


def suggested_key(label: str) -> str:
    """Return a key made of the label: 信用评级 -> x_xin_yong_ping_ji."""
    words = "_".join(full_pinyin(label))
    clean = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:32]
    return f"x_{clean or 'field'}"


def add_custom_field(declared: ObjectType, values: dict[str, Any]) -> CustomField:
    """Add a field to an object type; it is there for everybody from the next request on."""
    values = _checked(declared, dict(values))
    with transaction.atomic():
        if CustomField.objects.filter(object_key=declared.key).count() >= MOST_FIELDS:
            raise CustomFieldProblem(
                "label", _("An object can have at most 200 fields of its own.")
            )
        key = values.pop("key", "") or suggested_key(values["label"])
        values["key"] = _free_key(declared, key)
        row = CustomField.objects.create(object_key=declared.key, **values)
        state.bump(state.CATALOG)
        if row.filterable:
            build_index.enqueue(row.pk)
    return row


def change_custom_field(row: CustomField, values: dict[str, Any]) -> CustomField:
    """Change everything but key, kind, target and currency: they decide how values are read."""
    kept = {"kind": row.kind, "target": row.target, "key": row.key, "currency": row.currency}
    values = _checked(object_type(row.object_key), {**values, **kept})
    if values.get("unique") and not row.unique and _filled(row):
        raise CustomFieldProblem(
            "unique",
            _("Records have values in this field, so it cannot become unique. Add a new field."),
        )
    removed = {item["key"] for item in row.choices} - {item["key"] for item in values["choices"]}
    if removed and _choice_in_use(row, removed):
        raise CustomFieldProblem(
            "choices",
            _("A choice that records still have cannot be taken away. Rename it instead."),
        )
    with transaction.atomic():
        was_filterable = row.filterable
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        state.bump(state.CATALOG)
        if row.filterable and not was_filterable:
            build_index.enqueue(row.pk)
    return row


def delete_custom_field(row: CustomField) -> None:
    """Take the field off every page; its values stay, so that `restore_custom_field` undoes it."""
    with transaction.atomic():
        row.deleted_at = now()
        row.save(update_fields=["deleted_at"])
        state.bump(state.CATALOG)


def restore_custom_field(row: CustomField) -> None:
    with transaction.atomic():
        row.deleted_at = None
        row.save(update_fields=["deleted_at"])
        state.bump(state.CATALOG)


def uses_of(row: CustomField) -> list[Use]:
    """Return what would miss the field: filled values first, then what other parts report."""
    declared = object_type(row.object_key)
    uses = [Use(_("records with a value"), _filled(row))]
    for finder in _use_finders:
        uses.extend(finder(declared, row.key))
    return [use for use in uses if use.count]


def _filled(row: CustomField) -> int:
    declared = object_type(row.object_key)
    stored = declared.model._default_manager.alias(found=as_field(row).expression())
    return stored.filter(found__isnull=False).count()


def _checked(declared: ObjectType, values: dict[str, Any]) -> dict[str, Any]:
    label = str(values.get("label", "")).strip()
    if not label:
        raise CustomFieldProblem("label", _("Please give the field a name."))
    taken = {str(field.label).casefold() for name, field in declared.fields().items()
             if name != values.get("key")}  # fmt: skip
    if label.casefold() in taken:
        raise CustomFieldProblem("label", _("There is a field of this name already."))
    values["label"] = label[:80]
    if values.get("kind") == "serial":
        # Its rule never gives a number twice, and nobody types one.
        values["required"] = values["unique"] = False
    if values.get("kind") not in KINDS_TO_ADD:
        raise CustomFieldProblem("kind", _("Please choose what the field holds."))
    if values.get("sensitivity", "internal") not in set(Sensitivity):
        raise CustomFieldProblem("sensitivity", _("Please choose how sensitive the field is."))
    values["choices"] = _checked_choices(values)
    links = values["kind"] in {"reference", "references"}
    if links and values.get("target") not in {other.key for other in object_types()}:
        raise CustomFieldProblem("target", _("Please choose what the field links to."))
    if not links:
        values["target"] = ""
    values["currency"] = values.get("currency") or CURRENCIES[0]
    if values["currency"] not in CURRENCIES:
        raise CustomFieldProblem("currency", _("Please choose the currency of the amount."))
    return values


def _checked_choices(values: dict[str, Any]) -> list[dict[str, str]]:
    if values["kind"] not in {"choice", "multi_choice"}:
        return []
    found: dict[str, dict[str, str]] = {}
    for item in values.get("choices") or []:
        label = str(item.get("label", "")).strip()[:80]
        if not label:
            continue
        key = str(item.get("key") or suggested_key(label)[2:])[:40]
        while key in found:
            key = f"{key[:36]}_{len(found)}"
        found[key] = {**item, "key": key, "label": label}
    if not found:
        raise CustomFieldProblem("choices", _("Please list at least one choice."))
    return list(found.values())


def _free_key(declared: ObjectType, wanted: str) -> str:
    if not KEY.match(wanted):
        raise CustomFieldProblem(
            "key", _("The key starts with x_ and has small letters, digits and underscores only.")
        )
    taken = set(CustomField.objects.filter(object_key=declared.key).values_list("key", flat=True))
    key, number = wanted, 2
    while key in taken:
        key, number = f"{wanted[:38]}_{number}", number + 1
    return key


def _choice_in_use(row: CustomField, removed: set[str]) -> bool:
    declared = object_type(row.object_key)
    field = declared.fields().get(row.key)
    if field is None:
        return False
    if field.is_indexed_by_terms:
        from keqiao.catalog.models import ListValue

        return ListValue.objects.filter(
            object_key=declared.key, field=row.key, value__in=removed
        ).exists()
    rows = declared.model._default_manager.alias(found=field.expression())
    return rows.filter(found__in=removed).exists()
