"""What became of a record that was held for review: whoever sent it asks here, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keqiao.api import parameters
from keqiao.api.problems import ApiProblem
from keqiao.api.reading import json_response

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access

# Returns what the caller may know of a held change by its number; None: nothing, as if it were not.
ReadHeld = Callable[["Access", int], "dict[str, Any] | None"]
_readers: list[ReadHeld] = []


def register_held(read: ReadHeld) -> ReadHeld:
    """Tell the state of held changes; the package that holds them calls this once at start-up."""
    if read not in _readers:
        _readers.append(read)
    return read


def address_of(pending_id: int) -> str:
    return f"/api/v1/pending-changes/{pending_id}"


def held_response(pending_id: int) -> HttpResponse:
    """Answer 202: nothing is saved yet, and where to ask what becomes of it."""
    address = address_of(pending_id)
    body = {"pending_id": pending_id, "state_url": address}
    return json_response(body, status=202, headers={"Location": address})


def read_held(request: HttpRequest, access: Access, pending_id: int) -> HttpResponse:
    parameters.checked(request, frozenset())
    for read in _readers:
        found = read(access, pending_id)
        if found is not None:
            return json_response(found)
    raise ApiProblem("not_found")
