"""The boxes in which a rule or a pool names people: colleagues, departments, everybody with a role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keqiao.access.matrix import matrix, role_names
from keqiao.access.models import Department, Role, User
from keqiao.catalog.field import Field, JsonKey
from keqiao.catalog.kinds import kind
from keqiao.ui.controls import Picked, control_html
from keqiao.ui.converters import whole_number
from keqiao.ui.picking import several_picked_or_typed

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet
    from django.http import QueryDict
    from django.utils.functional import Promise
    from django.utils.safestring import SafeString


def people_posted(given: QueryDict, *colleagues: str) -> dict[str, list[int]]:
    """Return whom a form names: by each box of `colleagues`, as "departments" and as "roles".

    What does not exist is left out.
    """
    rows: dict[str, QuerySet[Any]] = {
        **dict.fromkeys(colleagues, User.objects.all()),
        "departments": Department.objects.all(),
        "roles": Role.objects.all(),
    }
    found = {}
    for name, known in rows.items():
        sent = several_picked_or_typed(given, name) if name in colleagues else given.getlist(name)
        numbers = {number for text in sent if (number := whole_number(text)) is not None}
        found[name] = sorted(known.filter(pk__in=numbers).values_list("pk", flat=True))
    return found


def colleagues_box(name: str, label: str | Promise, chosen: Collection[int]) -> SafeString:
    field = Field(name=name, label=label, kind=kind("users"), storage=JsonKey(name), object_key="")
    people = matrix().people
    picked = [Picked(str(pk), people[pk].name) for pk in chosen if pk in people]
    return control_html(field, picked, id=f"f-{name}", required=False)


def department_boxes(chosen: Collection[int]) -> list[dict[str, Any]]:
    """Return the departments as a tree in order, with how deep each lies and whether it is ticked."""
    rows = sorted(matrix().departments.items(), key=lambda item: item[1][1])
    return [
        {"id": pk, "name": name, "depth": max(0, path.count("/") - 2), "on": pk in chosen}
        for pk, (name, path) in rows
    ]


def role_boxes(chosen: Collection[int]) -> list[dict[str, Any]]:
    return [
        {"id": pk, "name": name, "on": pk in chosen} for pk, name in sorted(role_names().items())
    ]
