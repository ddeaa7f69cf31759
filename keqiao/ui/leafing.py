"""Leafing from record to record over the list one came from: which is next, and how far one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action
from keqiao.catalog.filter import FilterProblem
from keqiao.records.counting import capped_count
from keqiao.records.neighbours import neighbours
from keqiao.records.query import get_record
from keqiao.ui.gate import access_of, require, signed_in
from keqiao.ui.saved_views import open_list

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keqiao.catalog.object_type import ObjectType

MOST_COUNTED = 500  # records before this one; further behind only the neighbours are told


@signed_in
@require_GET
def neighbours_part(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    """Answer the neighbours of a record in the list whose address is the query string."""
    access = access_of(request)
    require(access, Action.VIEW, declared)
    get_record(access, declared, record_id)  # out of reach it does not exist, as on every page
    try:
        query = open_list(access, declared, request.GET).state.query(access)
        found = neighbours(access, query, record_id, most=MOST_COUNTED)
        if found is None:
            return HttpResponse(status=204)
        count, capped = capped_count(access, query)
    except FilterProblem:
        return HttpResponse(status=204)
    total = f"{count:,}{'+' if capped else ''}" if count is not None else ""
    text = " / ".join(filter(None, (f"{found.place:,}" if found.place else "", total)))
    return JsonResponse({"previous": found.previous, "next": found.next, "text": text})
