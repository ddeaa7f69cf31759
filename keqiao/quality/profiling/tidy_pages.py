"""The page that tidies one field of all records under its conditions: previewed, confirmed, undone."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from keqiao.access.rights import Action
from keqiao.base.words import say
from keqiao.catalog.filter import AllOf, Condition, FilterProblem
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.words import field_named
from keqiao.jobs.options import with_options
from keqiao.quality.profiling.addresses import profile_url, state_of
from keqiao.quality.profiling.counting import Question
from keqiao.quality.profiling.pages import chips, opened_field, visible
from keqiao.quality.profiling.repairable import can_transform, may_change
from keqiao.quality.profiling.replacing import transform_many
from keqiao.quality.profiling.transforms import LABELS, MOST_TEXT, Transform, transformed
from keqiao.records.query import count_records, matching_records
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.query import ListQuery
    from keqiao.ui.list_state import ListState

STEP = "tidy/"
LOOKED_AT = 2_000
EXAMPLES = 20


@signed_in
@require_http_methods(["GET", "POST"])
def tidy_page(request: HttpRequest, declared: ObjectType, name: str) -> HttpResponse:
    access = access_of(request)
    own = opened_field(access, declared, name)
    if not can_transform(own):
        raise Http404
    if not may_change(access, declared, own):
        raise PermissionDenied
    state = state_of(declared, request.GET)
    asked, problem = Transform("spaces"), ""
    context: dict[str, Any] = {}
    query = _query(state, own)
    try:
        count = count_records(access, query)
    except FilterProblem as refused:
        count, problem = 0, str(refused.message)
    asks_count = not state.where and not state.filter
    if request.method == "POST" and not problem:
        asked = _asked(request.POST)
        problem = str(asked.problem)
        if not problem:
            context = _preview(access, own, query, asked)
        if not problem and request.POST.get("step") == "apply":
            if asks_count and request.POST.get("sure", "").replace(",", "").strip() != str(count):
                problem = _("Please type the number of records to confirm.")
            else:
                return _begin(request, access, own, state, asked)
    context |= {
        "page_title": _("Tidy: %(name)s") % {"name": sentence(own.label)},
        "heading": sentence(own.label),
        "up_url": profile_url(state, own.name),
        "action_url": profile_url(state, own.name, STEP),
        "list_url": state.url(),
        "chips": chips(access, state, own.name, STEP),
        "labels": LABELS.items(),
        "asked": asked,
        "problem": problem,
        "count": f"{count:,}",
        "asks_count": asks_count,
    }
    status = 422 if problem else 200
    return render(request, "quality/profiling/tidy.html", context, status=status)


def _query(state: ListState, own: Field) -> ListQuery:
    """Return the records with a value that this person may change."""
    query = Question(state.declared, "", own.name, state.where, state.filter).query(Action.CHANGE)
    filled = Condition(own.name, "is_filled")
    return replace(query, filter=AllOf((query.filter, filled)) if query.filter else filled)


def _asked(given: QueryDict) -> Transform:
    return Transform(
        given.get("key", ""),
        whole_number(given.get("length", "").strip()) or 0,
        given.get("find", "")[:MOST_TEXT],
        given.get("put", "")[:MOST_TEXT],
    )


def _preview(access: Access, own: Field, query: ListQuery, asked: Transform) -> dict[str, Any]:
    """Show what becomes of the first records, through the same cleaning that saving does."""
    rows = matching_records(access, query).order_by("pk")[: LOOKED_AT + 1]
    values = [own.value(row) for row in rows]
    is_whole, values = len(values) <= LOOKED_AT, values[:LOOKED_AT]
    lines: dict[str, dict[str, Any]] = {}
    changing = 0
    for value, number in Counter(values).most_common():
        after, why = transformed(asked, value), ""
        try:
            after = own.kind.clean(after, own)
        except FieldProblem as problem:
            why = str(problem.message)
        if after == value:
            continue
        changing += number
        if len(lines) < EXAMPLES:
            lines[value] = {
                "before": visible(value),
                "after": visible(after) or _("(empty)"),
                "count": f"{number:,}",
                "why": why,
            }
    return {
        "sample": list(lines.values()),
        "changing": f"{changing:,}",
        "looked_at": f"{len(values):,}",
        "is_whole": is_whole,
    }


def _begin(
    request: HttpRequest, access: Access, own: Field, state: ListState, asked: Transform
) -> HttpResponse:
    """Start the work; its page shows how far it is and takes it back."""
    title = say(gettext_noop("Tidy: %(name)s"), name=field_named(state.declared.key, own.name))
    chosen: Any = with_options(transform_many, actor_id=access.user_id, title=title)
    job = chosen.enqueue(
        user_id=access.user_id,
        request_id=getattr(request, "request_id", ""),
        object_key=state.declared.key,
        where=list(state.where),
        search="",
        ids=None,
        nested=state.filter,
        name=own.name,
        transform=asdict(asked),
    )
    return go(request, f"/jobs/{job.id}/")
