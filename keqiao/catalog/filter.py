"""The one stored filter language: saved views, rights, scopes, reports and the API speak it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.field import JsonKey
from keqiao.catalog.operators import ABOUT_PEOPLE, BUILDERS, WITHOUT_VALUE, term_condition
from keqiao.catalog.problems import FieldProblem, UnknownField

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

MAX_DEPTH = 6
MAX_CONDITIONS = 60


class FilterProblem(Exception):
    """A filter cannot be understood or may not be used; `message` is for the person who wrote it."""

    def __init__(self, message: str | Promise, code: str = "filter", path: str = "") -> None:
        super().__init__(code)
        self.message = message
        self.code = code
        self.path = path


@dataclass(frozen=True)
class Condition:
    """One comparison: field, operator, value."""

    path: str
    operator: str
    value: Any = None


@dataclass(frozen=True)
class AllOf:
    """Every part must hold."""

    items: tuple[FilterTree, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part must hold."""

    items: tuple[FilterTree, ...]


@dataclass(frozen=True)
class Not:
    """The part must not hold."""

    item: FilterTree


FilterTree = Condition | AllOf | AnyOf | Not


def parse_filter(data: Any) -> FilterTree:
    """Read the JSON form. Raises `FilterProblem` for anything else than the documented shape."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError):
            raise FilterProblem(_("The filter is not valid JSON."), "json") from None
    tree = _parse(data, 1)
    if sum(1 for _condition in conditions(tree)) > MAX_CONDITIONS:
        raise FilterProblem(_("A filter may have at most 60 conditions."), "too_many")
    return tree


def _parse(data: Any, depth: int) -> FilterTree:
    if depth > MAX_DEPTH:
        raise FilterProblem(_("The filter is nested too deeply."), "too_deep")
    if not isinstance(data, dict):
        raise FilterProblem(_("A filter is an object with field, operator and value."), "shape")
    keys = set(data)
    if keys in ({"all"}, {"any"}):
        name = keys.pop()
        items = data[name]
        if not isinstance(items, list) or len(items) > MAX_CONDITIONS:
            raise FilterProblem(_("“all” and “any” take a list of conditions."), "shape")
        parsed = tuple(_parse(item, depth + 1) for item in items)
        return AllOf(parsed) if name == "all" else AnyOf(parsed)
    if keys == {"not"}:
        return Not(_parse(data["not"], depth + 1))
    if keys <= {"field", "operator", "value"} and {"field", "operator"} <= keys:
        field, operator = data["field"], data["operator"]
        if isinstance(field, str) and isinstance(operator, str):
            return Condition(field, operator, data.get("value"))
    raise FilterProblem(_("A filter is an object with field, operator and value."), "shape")


def parse_where(parts: list[str]) -> FilterTree | None:
    """Read the short form of addresses: `region:within:320500`, all of which must hold."""
    found: list[FilterTree] = []
    for part in parts[: MAX_CONDITIONS + 1]:
        path, _colon, rest = part.partition(":")
        operator, _colon, value = rest.partition(":")
        if not path or not operator:
            raise FilterProblem(_("A condition reads field:operator:value."), "shape")
        found.append(Condition(path, operator, value or None))
    if len(found) > MAX_CONDITIONS:
        raise FilterProblem(_("A filter may have at most 60 conditions."), "too_many")
    return AllOf(tuple(found)) if found else None


def conditions(tree: FilterTree) -> Iterator[Condition]:
    """Walk all comparisons of a filter."""
    match tree:
        case Condition():
            yield tree
        case AllOf(items) | AnyOf(items):
            for item in items:
                yield from conditions(item)
        case Not(item):
            yield from conditions(item)


def as_data(tree: FilterTree) -> dict[str, Any]:
    """Return the JSON form: `parse_filter(as_data(tree)) == tree`."""
    match tree:
        case Condition(path, operator, value):
            base = {"field": path, "operator": operator}
            return base if value is None else {**base, "value": value}
        case AllOf(items):
            return {"all": [as_data(item) for item in items]}
        case AnyOf(items):
            return {"any": [as_data(item) for item in items]}
        case Not(item):
            return {"not": as_data(item)}


@dataclass
class Compiled:
    """A condition for the database plus the SQL expressions it needs as annotations."""

    condition: Q
    annotations: dict[str, Any]


def compile_condition(field: Field, condition: Condition, annotations: dict[str, Any]) -> Q:
    """Compile one comparison on a field of the object itself."""
    operator = condition.operator
    if operator not in field.operators or operator in ABOUT_PEOPLE:
        raise FilterProblem(
            _("“%(field)s” cannot be filtered with “%(operator)s”.")
            % {"field": field.label, "operator": operator[:30]},
            "operator",
            condition.path,
        )
    if condition.value is None and operator not in WITHOUT_VALUE:
        raise FilterProblem(_("Please give a value to compare with."), "missing", condition.path)
    try:
        if field.is_indexed_by_terms:
            return term_condition(field, operator, condition.value)
        path = field.storage.name if not isinstance(field.storage, JsonKey) else f"_{field.name}"
        if isinstance(field.storage, JsonKey):
            annotations[path] = field.expression()
        return BUILDERS[operator](field, path, condition.value)
    except FieldProblem as problem:
        raise FilterProblem(problem.message, problem.code, condition.path) from None


def find_field(object_type: ObjectType, path: str) -> Field:
    """Return the field, or raise the error a person can act on."""
    try:
        return object_type.field(path)
    except UnknownField:
        raise FilterProblem(
            _("There is no field “%(name)s” here.") % {"name": path[:60]}, "unknown_field", path
        ) from None
