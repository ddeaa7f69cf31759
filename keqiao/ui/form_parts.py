"""Parts that packages above the kit add to the form of a record, between its fields and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType


# Makes the template's context for (access, type, stored record or None); None leaves the part out.
Load = Callable[["Access", "ObjectType", "Model | None"], dict[str, Any] | None]


@dataclass(frozen=True)
class FormPart:
    """A part of every record form; its template gets what `load` makes as `part`."""

    template: str
    load: Load


_parts: list[FormPart] = []


def register_form_part(part: FormPart) -> None:
    if part not in _parts:
        _parts.append(part)


def form_parts(
    access: Access, declared: ObjectType, record: Model | None
) -> list[tuple[str, dict[str, Any]]]:
    """Return template and context of each part this form has."""
    found = ((part.template, part.load(access, declared, record)) for part in _parts)
    return [(template, context) for template, context in found if context is not None]
