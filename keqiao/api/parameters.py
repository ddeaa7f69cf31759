"""Reads what stands behind the question mark: a closed list of names, each at most once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.api.problems import ApiProblem
from keqiao.catalog.filter import AllOf, FilterTree, parse_filter, parse_where

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

MAX_LIMIT = 200
MAX_FIELDS = 60
REPEATABLE = frozenset({"where"})
LIST_PARAMETERS = frozenset({"filter", "where", "sort", "cursor", "limit", "fields", "count"})


def checked(request: HttpRequest, allowed: frozenset[str]) -> None:
    """Refuse names nobody reads: a mistyped `filtr=` must not return the whole table."""
    for name, values in request.GET.lists():
        if name not in allowed:
            offered = ", ".join(sorted(allowed)) or "–"
            raise ApiProblem(
                "unknown_parameter",
                _("“%(name)s” is not offered here; there are: %(offered)s.")
                % {"name": name[:60], "offered": offered},
                parameter=name[:60],
            )
        if len(values) > 1 and name not in REPEATABLE:
            raise ApiProblem(
                "bad_request",
                _("“%(name)s” may be given only once.") % {"name": name},
                parameter=name,
            )


def flag(request: HttpRequest, name: str, *, default: bool = False) -> bool:
    raw = request.GET.get(name)
    if raw is None:
        return default
    if raw in {"true", "1"}:
        return True
    if raw in {"false", "0"}:
        return False
    raise ApiProblem(
        "bad_request", _("“%(name)s” is true or false.") % {"name": name}, parameter=name
    )


def limit(request: HttpRequest) -> int:
    raw = request.GET.get("limit", "50")
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:9]) <= MAX_LIMIT:
        raise ApiProblem(
            "bad_request",
            _("“limit” is a whole number from 1 to %(most)s.") % {"most": MAX_LIMIT},
            parameter="limit",
        )
    return int(raw)


def filter_tree(request: HttpRequest) -> FilterTree | None:
    """Return `filter=` and all `where=` together; raises FilterProblem."""
    parts: list[FilterTree] = []
    if request.GET.get("filter"):
        parts.append(parse_filter(request.GET["filter"]))
    where = parse_where(request.GET.getlist("where"))
    if where is not None:
        parts.append(where)
    if len(parts) < 2:
        return parts[0] if parts else None
    return AllOf(tuple(parts))


def field_paths(
    request: HttpRequest, access: Access, object_type: ObjectType, default: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the fields asked for; one that is hidden or unknown is refused by name."""
    raw = request.GET.get("fields")
    mask = access.fields(object_type)
    if raw is None:
        return tuple(path for path in default if not mask.is_hidden(path.partition(".")[0]))
    if raw == "*":
        return readable_fields(access, object_type)
    paths = tuple(dict.fromkeys(part.strip(" ") for part in raw.split(",") if part.strip(" ")))
    if len(paths) > MAX_FIELDS:
        raise ApiProblem(
            "bad_request",
            _("At most %(most)s fields can be asked for at once.") % {"most": MAX_FIELDS},
            parameter="fields",
        )
    for path in paths:
        if not is_known(access, object_type, path):
            raise ApiProblem(
                "filter",
                _("There is no field “%(name)s” here.") % {"name": path[:60]},
                parameter="fields",
                field=path[:60],
            )
    return paths


def readable_fields(access: Access, object_type: ObjectType) -> tuple[str, ...]:
    mask = access.fields(object_type)
    return tuple(name for name in object_type.fields() if not mask.is_hidden(name))


def is_known(access: Access, object_type: ObjectType, path: str) -> bool:
    """True when the path leads to a field that is not hidden from the caller, at either end."""
    from keqiao.catalog.registry import object_type as object_type_named

    head, _dot, rest = path.partition(".")
    field = object_type.fields().get(head)
    if field is None or access.fields(object_type).is_hidden(head):
        return False
    if not rest:
        return True
    if not field.target or field.kind.many or "." in rest:
        return False
    target = object_type_named(field.target)
    return rest in target.fields() and not access.fields(target).is_hidden(rest)
