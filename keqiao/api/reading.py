"""Answers programs that read: a list, one record, its versions; everything through the value door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext_lazy as _

from keqiao.api import parameters
from keqiao.api.problems import ApiProblem, etag
from keqiao.catalog.registry import object_type as object_type_named
from keqiao.records.merging_tombstones import survivor_of
from keqiao.records.present import Row, present
from keqiao.records.query import ListQuery, RecordNotFound, get_record, records, run_list

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

JSON = "application/json; charset=utf-8"
RECORD_PARAMETERS = frozenset({"fields"})
encoder = msgspec.json.Encoder()


def json_response(
    data: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    return HttpResponse(encoder.encode(data), status=status, content_type=JSON, headers=headers)


def wires(object_type: ObjectType, paths: tuple[str, ...]) -> list[tuple[str, Field]]:
    """Return each path with the field whose kind gives its value the form of the API."""
    found = []
    for path in paths:
        field = object_type.field(path.partition(".")[0])
        rest = path.partition(".")[2]
        if rest:
            field = object_type_named(field.target).field(rest)
        found.append((path, field))
    return found


def as_data(row: Row, plan: list[tuple[str, Field]]) -> dict[str, Any]:
    """Return one record as programs see it; masked values stand in `_masked`, as the mask shows."""
    data: dict[str, Any] = {"id": row.id, "version": row.version}
    masked: dict[str, str] = {}
    cells = row.cells
    for path, field in plan:
        cell = cells[path]
        if cell.hidden:
            continue
        if cell.masked:
            masked[path] = cell.text
            data[path] = None
        else:
            data[path] = field.kind.wire(cell.value, field)
    if masked:
        data["_masked"] = masked
    return data


def list_records(request: HttpRequest, access: Access, object_type: ObjectType) -> HttpResponse:
    """GET the list: filter, sort, cursor, fields. Counting costs time, so it must be asked for."""
    parameters.checked(request, parameters.LIST_PARAMETERS)
    require_view(access, object_type)
    paths = parameters.field_paths(request, access, object_type, object_type.list.columns)
    counted = parameters.flag(request, "count")
    page = run_list(
        access,
        ListQuery(
            object_type=object_type,
            columns=paths,
            filter=parameters.filter_tree(request),
            sort=request.GET.get("sort", ""),
            cursor=request.GET.get("cursor") or None,
            limit=parameters.limit(request),
            count=counted,
            texts=False,
        ),
    )
    plan = wires(object_type, paths)
    data: dict[str, Any] = {
        "items": [as_data(row, plan) for row in page.rows],
        "next_cursor": page.next_cursor,
        "previous_cursor": page.previous_cursor,
    }
    if counted:
        # Asked for, it is always there: null says that counting was given up, not that it is none.
        data["count"] = page.count
        data["count_capped"] = page.count_capped
    return json_response(data)


def read_record(
    request: HttpRequest, access: Access, object_type: ObjectType, record_id: int
) -> HttpResponse:
    """GET one record; with `If-None-Match` and an unchanged version the answer is 304."""
    parameters.checked(request, RECORD_PARAMETERS)
    require_view(access, object_type)
    default = parameters.readable_fields(access, object_type)
    paths = parameters.field_paths(request, access, object_type, default)
    data = record_data(access, object_type, record_id, paths)
    tag = etag(data["version"])
    # Other fields of a version are another representation, so only the whole record matches.
    if "fields" not in request.GET and request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    return json_response(data, headers={"ETag": tag})


def record_data(
    access: Access, object_type: ObjectType, record_id: int, paths: tuple[str, ...]
) -> dict[str, Any]:
    try:
        record = get_record(access, object_type, record_id)
    except RecordNotFound:
        raise gone(access, object_type, record_id) from None
    [row] = present(access, object_type, [record], paths, texts=False)
    return as_data(row, wires(object_type, paths))


def gone(access: Access, object_type: ObjectType, record_id: int) -> ApiProblem:
    """Return what to answer about a record that is not there; who may see where it went is told."""
    led = survivor_of(object_type.key, record_id)
    if led is None or not records(access, object_type).filter(pk=led).exists():
        return ApiProblem("not_found")
    address = f"/api/v1/{object_type.path}/{led}"
    detail = _("Use the record it was merged into from now on: its number is in merged_into.")
    return ApiProblem("merged", detail, headers={"Location": address}, merged_into=led)


def require_view(access: Access, object_type: ObjectType) -> None:
    from keqiao.access.rights import Action

    if not access.can(Action.VIEW, object_type):
        raise ApiProblem("forbidden")
