"""What the forms of all rules of data quality share: whom a rule names, which records, which fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keqiao.access.matrix import matrix, role_names
from keqiao.access.models import Department, Role, User
from keqiao.catalog.field import Field, JsonKey
from keqiao.catalog.filter import FilterProblem, as_data, parse_filter
from keqiao.catalog.judging import judge
from keqiao.catalog.kinds import kind
from keqiao.catalog.operators import WITHOUT_VALUE
from keqiao.quality.people import PARTS
from keqiao.ui.controls import Picked, control_html
from keqiao.ui.converters import whole_number
from keqiao.ui.filter_builder import act_on, fields_to_choose, shown_group
from keqiao.ui.filter_form import MOST_LINES, Group, from_tree, read_form, to_tree
from keqiao.ui.navigation import sentence
from keqiao.ui.picking import several_picked_or_typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet
    from django.http import QueryDict
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType


# --- people ---------------------------------------------------------------------------------------


def people_posted(given: QueryDict) -> dict[str, list[int]]:
    """Return whom the form names; what does not exist is left out."""
    rows: dict[str, QuerySet[Any]] = {
        "users": User.objects.filter(is_active=True),
        "departments": Department.objects.all(),
        "roles": Role.objects.all(),
    }
    found = {}
    for part in PARTS:
        sent = several_picked_or_typed(given, part) if part == "users" else given.getlist(part)
        numbers = {number for text in sent if (number := whole_number(text)) is not None}
        found[part] = sorted(rows[part].filter(pk__in=numbers).values_list("pk", flat=True))
    return {part: numbers for part, numbers in found.items() if numbers}


def people_shown(chosen: Mapping[str, Sequence[int]], label: str | Promise) -> dict[str, Any]:
    """Return the boxes for colleagues, departments and roles as the template needs them."""
    rights = matrix()
    field = Field(
        name="users", label=label, kind=kind("users"), storage=JsonKey("users"), object_key=""
    )
    picked = [
        Picked(str(pk), rights.people[pk].name)
        for pk in chosen.get("users", ())
        if pk in rights.people
    ]
    places = sorted(rights.departments.items(), key=lambda item: item[1][1])
    return {
        "users_html": control_html(field, picked, id="f-users", required=False),
        "departments": [
            {
                "id": pk,
                "name": name,
                "depth": max(0, path.count("/") - 2),
                "on": pk in chosen.get("departments", ()),
            }
            for pk, (name, path) in places
        ],
        "roles": [
            {"id": pk, "name": name, "on": pk in chosen.get("roles", ())}
            for pk, name in sorted(role_names().items())
        ],
    }


# --- which records --------------------------------------------------------------------------------


def criteria_posted(declared: ObjectType, given: QueryDict) -> tuple[Any, str]:
    """Return the filter of the form in its stored form (None: all records), and what is wrong."""
    tree = to_tree(read_form(given), WITHOUT_VALUE)
    if tree is None:
        return None, ""
    try:
        judge(declared, tree)
    except FilterProblem as problem:
        return as_data(tree), str(problem.message)
    return as_data(tree), ""


def criteria_shown(
    access: Access, declared: ObjectType, stored: Any, given: QueryDict | None = None
) -> dict[str, Any]:
    """Return the builder: as sent, with what its own buttons ask for, or as stored."""
    if given is not None and "node" in given:
        root = read_form(given)
        act_on(root, given.get("do", ""))
    elif given is not None and given.get("do"):
        root = Group(0)
        act_on(root, str(given["do"]))
    else:
        root = from_tree(parse_filter(stored) if stored else None)
    own = fields_to_choose(access, declared)[:1]
    return {
        "root": shown_group(access, declared, root, own),
        "is_full": len(root.lines) >= MOST_LINES,
    }


# --- which fields ---------------------------------------------------------------------------------


def fields_posted(declared: ObjectType, given: QueryDict) -> list[str]:
    known = enterable_fields(declared)
    return [name for name in dict.fromkeys(given.getlist("fields")) if name in known]


def fields_shown(declared: ObjectType, chosen: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "label": sentence(own.label), "on": name in chosen}
        for name, own in enterable_fields(declared).items()
    ]


def enterable_fields(declared: ObjectType) -> dict[str, Field]:
    """Return the fields people fill in, in the form's order."""
    placed = [own for _label, fields in declared.sections() for own in fields]
    return {own.name: own for own in placed if not own.read_only}
