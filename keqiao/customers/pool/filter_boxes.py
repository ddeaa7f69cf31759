"""The simple filter of rules, exemptions and capacity: ticked choices, such as level A and B."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from keqiao.catalog.filter import (
    AllOf,
    Condition,
    FilterProblem,
    FilterTree,
    as_data,
    conditions,
    parse_filter,
)
from keqiao.ui.filtering import condition_text
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

FIRST = ("level", "state")  # what rules are most often about
MOST_CHOICES = 24


def boxes(declared: ObjectType, data: Any, prefix: str) -> list[dict[str, Any]]:
    """Return each field with choices, and which of them are ticked."""
    ticked = _ticked(data) or {}
    fields = [
        field
        for field in declared.fields().values()
        if field.kind.key == "choice"
        and 0 < len(field.choices) <= MOST_CHOICES
        and field.filterable
    ]
    fields.sort(key=lambda field: FIRST.index(field.name) if field.name in FIRST else len(FIRST))
    return [
        {
            "name": f"{prefix}.{field.name}",
            "label": sentence(field.label),
            "open": bool(ticked.get(field.name)) or field.name in FIRST,
            "options": [
                {
                    "key": choice.key,
                    "label": choice.label,
                    "on": choice.key in ticked.get(field.name, ()),
                }
                for choice in field.choices
            ],
        }
        for field in fields
    ]


def posted(declared: ObjectType, given: QueryDict, prefix: str, stored: Any) -> Any:
    """Return the filter that was ticked; None: everything. A filter of another make is kept."""
    parts: list[FilterTree] = []
    for name, field in declared.fields().items():
        keys = {choice.key for choice in field.choices}
        chosen = [key for key in given.getlist(f"{prefix}.{name}") if key in keys]
        if chosen:
            parts.append(Condition(name, "any_of", chosen))
    if not parts and stored and _ticked(stored) is None and given.get(f"{prefix}__keep"):
        return stored
    return as_data(AllOf(tuple(parts))) if parts else None


def is_foreign(data: Any) -> bool:
    """Tell whether a stored filter says more than boxes can show."""
    return bool(data) and _ticked(data) is None


def _ticked(data: Any) -> dict[str, list[str]] | None:
    """Return the ticked keys by field; None when the filter is of another form."""
    if not data:
        return {}
    try:
        tree = parse_filter(data)
    except FilterProblem:
        return None
    parts = tree.items if isinstance(tree, AllOf) else (tree,)
    found: dict[str, list[str]] = {}
    for part in parts:
        if not isinstance(part, Condition) or part.path in found:
            return None
        if part.operator == "any_of" and isinstance(part.value, list):
            found[part.path] = [str(one) for one in part.value]
        elif part.operator == "equals":
            found[part.path] = [str(part.value)]
        else:
            return None
    return found


def words(access: Access, declared: ObjectType, data: Any) -> str:
    """Return a stored filter as people say it ("Level: A, B")."""
    if not data:
        return ""
    try:
        tree = parse_filter(data)
    except FilterProblem:
        return _("a filter that no longer works")
    shown = [
        Condition(one.path, one.operator, ",".join(map(str, one.value)))
        if isinstance(one.value, list)
        else one
        for one in conditions(tree)
    ]
    return " · ".join(condition_text(access, declared, one) for one in shown)
