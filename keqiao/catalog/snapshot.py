"""The custom fields as this process knows them, replaced whole when the catalog's version moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.functional import lazy
from django.utils.translation import get_language

from keqiao.catalog import state
from keqiao.catalog.field import Choice, Field, JsonKey, Sensitivity
from keqiao.catalog.kinds import kind
from keqiao.catalog.models import CustomField

if TYPE_CHECKING:
    from django.utils.functional import Promise

_Snapshot = tuple[int, dict[str, dict[str, Field]]]
_EMPTY: dict[str, Field] = {}

_current: _Snapshot = (-1, {})


def custom_fields(object_key: str) -> dict[str, Field]:
    """Return the custom fields of an object type; reads the database only after a change."""
    global _current
    number = state.version(state.CATALOG)
    snapshot = _current
    if snapshot[0] != number:
        snapshot = _current = (number, _load())
    return snapshot[1].get(object_key, _EMPTY)


def forget() -> None:
    """Drop the snapshot (tests that roll the database back behind its version)."""
    global _current
    _current = (-1, {})


def _load() -> dict[str, dict[str, Field]]:
    found: dict[str, dict[str, Field]] = {}
    for row in CustomField.objects.filter(deleted_at=None):
        found.setdefault(row.object_key, {})[row.key] = as_field(row)
    return found


def as_field(row: CustomField) -> Field:
    its_kind = kind(row.kind)
    by_terms = its_kind.many or its_kind.indexes_terms
    return Field(
        name=row.key,
        label=_in_language(row.label, row.label_en),
        kind=its_kind,
        storage=JsonKey(row.key, numeric=its_kind.numeric),
        object_key=row.object_key,
        required=row.required,
        unique=row.unique,
        choices=tuple(
            Choice(
                item["key"],
                _in_language(item["label"], item.get("label_en", "")),
                item.get("color", ""),
            )
            for item in row.choices
        ),
        sensitivity=Sensitivity(row.sensitivity),
        standard=row.standard,
        target=row.target,
        read_only=its_kind.key == "serial",
        filterable=row.filterable,
        sortable=not by_terms,
        sort_ready=row.filterable and row.index_ready,
        currency=row.currency,
        custom=True,
        id=row.pk,
        expected=max(row.expected, int(row.required)),
    )


def _pick(chinese: str, english: str) -> str:
    return english if english and (get_language() or "").startswith("en") else chinese


_in_language_lazy = lazy(_pick, str)


def _in_language(chinese: str, english: str) -> str | Promise:
    return _in_language_lazy(chinese, english) if english else chinese
