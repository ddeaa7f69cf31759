"""The addresses of the API: the same five for every object type of the catalog, none by hand."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from keqiao.api import reading, verbs, writing
from keqiao.api.callers import add_headers, caller, count_request
from keqiao.api.held import read_held
from keqiao.api.idempotency import once
from keqiao.api.problems import ApiProblem
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.object_type import Feature, ObjectType
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type_at, object_types

if TYPE_CHECKING:
    from collections.abc import Callable

    from keqiao.access.access import Access

log = structlog.get_logger("keqiao.api")
BUSY_SECONDS = "5"


def api_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view: who calls, how often, and a problem document for whatever goes wrong.

    Exempt from the middleware's CSRF check because programs with a token have no cookie;
    `caller` makes the same check for everybody who comes with one.
    """

    @functools.wraps(view)
    def wrapped(request: HttpRequest, **parts: Any) -> HttpResponse:
        headers: dict[str, str] = {}
        try:
            access = caller(request)
            headers = count_request(access)
            response = view(request, access, **parts)
        except ApiProblem as problem:
            response = problem.response()
        except FilterProblem as problem:
            response = _filter_problem(problem).response()
        except RequestDataTooBig:
            response = _too_large().response()
        except OperationalError:
            log.exception("api_database")
            response = ApiProblem("unavailable", headers={"Retry-After": BUSY_SECONDS}).response()
        except Exception:
            log.exception("api_fault")
            response = ApiProblem("fault").response()
        add_headers(response, headers)
        response["Cache-Control"] = "private, no-cache"
        response["Vary"] = "Authorization, Cookie, Accept-Language"
        return response

    return csrf_exempt(wrapped)


def _filter_problem(problem: FilterProblem) -> ApiProblem:
    members: dict[str, Any] = {"reason": problem.code}
    if problem.path:
        members["field"] = problem.path[:60]
    return ApiProblem("filter", problem.message, **members)


def _too_large() -> ApiProblem:
    megabytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // (1024 * 1024)
    detail = _("A request may have at most %(most)s megabytes. Please send several smaller ones.")
    return ApiProblem("too_large", detail % {"most": megabytes})


def _offered(path: str) -> ObjectType:
    try:
        found = object_type_at(path)
    except UnknownObject:
        raise ApiProblem("not_found") from None
    if Feature.API not in found.features:
        raise ApiProblem("not_found")
    return found


def _other_method(request: HttpRequest, allowed: str) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": allowed})
    raise ApiProblem("method", headers={"Allow": allowed})


@api_view
def collection(request: HttpRequest, access: Access, path: str) -> HttpResponse:
    found = _offered(path)
    match request.method:
        case "GET" | "HEAD":
            return reading.list_records(request, access, found)
        case "POST":
            return once(request, access, lambda: writing.create_record(request, access, found))
    return _other_method(request, "GET, HEAD, POST, OPTIONS")


@api_view
def held(request: HttpRequest, access: Access, pending_id: str) -> HttpResponse:
    if request.method in {"GET", "HEAD"}:
        return read_held(request, access, int(pending_id))
    return _other_method(request, "GET, HEAD, OPTIONS")


@api_view
def bulk(request: HttpRequest, access: Access, path: str) -> HttpResponse:
    found = _offered(path)
    if request.method == "POST":
        return once(request, access, lambda: writing.save_batch(request, access, found))
    return _other_method(request, "POST, OPTIONS")


@api_view
def record(request: HttpRequest, access: Access, path: str, record_id: str) -> HttpResponse:
    found, number = _offered(path), int(record_id)
    match request.method:
        case "GET" | "HEAD":
            return reading.read_record(request, access, found, number)
        case "PATCH":
            return writing.change_record(request, access, found, number)
        case "DELETE":
            return writing.delete_record(request, access, found, number)
    return _other_method(request, "GET, HEAD, PATCH, DELETE, OPTIONS")


@api_view
def record_verb(
    request: HttpRequest, access: Access, path: str, record_id: str, verb: str
) -> HttpResponse:
    found, number = _offered(path), int(record_id)
    if request.method == "POST":
        return once(request, access, lambda: verbs.run_verb(request, access, found, number, verb))
    return _other_method(request, "POST, OPTIONS")


@api_view
def index(request: HttpRequest, access: Access) -> HttpResponse:
    """List what there is, for whoever opens the API by hand."""
    if request.method not in {"GET", "HEAD"}:
        return _other_method(request, "GET, HEAD, OPTIONS")
    items = [
        {
            "key": declared.key,
            "label": str(declared.label_plural),
            "url": f"/api/v1/{declared.path}",
        }
        for declared in object_types()
        if Feature.API in declared.features
    ]
    return reading.json_response(
        {"objects": items, "description": "/api/openapi.json", "documentation": "/api/docs"}
    )


@api_view
def nothing_here(request: HttpRequest, access: Access) -> HttpResponse:
    raise ApiProblem("not_found")
