"""The list of pairs: what waits, what was decided, and how the last comparison of everything went."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqiao.access.rights import Action, Level
from keqiao.base.words import say
from keqiao.jobs.options import with_options
from keqiao.quality.duplicates.bulk import may_merge_in_bulk
from keqiao.quality.duplicates.deciding import (
    PairProblem,
    open_pairs,
    take_back,
    visible_pairs,
    visible_types,
)
from keqiao.quality.duplicates.models import Band, ComparisonRun, DuplicatePair, PairStatus
from keqiao.quality.duplicates.nightly import find_duplicates, last_runs
from keqiao.quality.duplicates.running import problem_text
from keqiao.quality.duplicates.telling import line_of, names_of
from keqiao.quality.queue.sources import COUNT_STOPS_AT
from keqiao.quality.queue.waiting import count_text, forget_waiting
from keqiao.records.query import records
from keqiao.ui.cells import near_moment
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, administrators_only, go, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

ADDRESS = "/quality/duplicates/"
ROWS = 50
MOST_BLOCKS = 5
MINE = "mine"


@signed_in
@require_GET
def pairs_page(request: HttpRequest) -> HttpResponse:
    """List pairs of which this person sees both records, the likeliest first."""
    access = access_of(request)
    types = visible_types(access)
    if not types:
        raise PermissionDenied
    asked = _asked(request.GET, types)
    rows = _filtered(access, asked)
    page = _after(rows, request.GET.get("after", ""))
    found = list(page.order_by("-weight", "pk")[: ROWS + 1])
    shown = found[:ROWS]
    runs = last_runs()
    names = names_of(access, [side for pair in shown for side in (pair.left, pair.right)])
    more = f"{shown[-1].weight!r}:{shown[-1].pk}" if len(found) > ROWS else ""
    chosen = {name: value for name, value in asked.items() if value}
    context: dict[str, Any] = {
        "page_title": _("Duplicates"),
        "rows": [
            line_of(access, pair, names)
            for pair in shown
            if pair.left in names and pair.right in names
        ],
        "count": count_text(rows[: COUNT_STOPS_AT + 1].count()),
        "filters": _filters(types, asked),
        "more_url": f"{ADDRESS}?{urlencode({**chosen, 'after': more})}" if more else "",
        "may_decide": asked["status"] == PairStatus.NEW and open_pairs(access).exists(),
        "merge_url": f"{ADDRESS}merge/" if any(may_merge_in_bulk(access, t) for t in types) else "",
        "runs": [_run(access, one, runs[one.key]) for one in types if one.key in runs],
        "may_compare": access.is_administrator,
        "here": request.get_full_path(),
    }
    return render(request, "quality/duplicates/list.html", context)


def _asked(given: QueryDict, types: list[ObjectType]) -> dict[str, str]:
    """Return the filters that exist; whatever else stands in the address is not read."""
    offers = {
        "object": {one.key for one in types},
        "status": set(PairStatus.values),
        "band": set(Band.values),
        "owner": {MINE},
    }
    asked = {name: given.get(name, "") for name in offers}
    asked = {name: value if value in offers[name] else "" for name, value in asked.items()}
    if "status" not in given:
        asked["status"] = PairStatus.NEW.value
    return asked


def _filtered(access: Access, asked: dict[str, str]) -> QuerySet[DuplicatePair]:
    rows = visible_pairs(access)
    if asked["object"]:
        rows = rows.filter(Q(left_key=asked["object"]) | Q(right_key=asked["object"]))
    if asked["status"]:
        rows = rows.filter(status=asked["status"])
    if asked["band"]:
        rows = rows.filter(band=asked["band"])
    elif asked["status"] == PairStatus.NEW:
        rows = rows.exclude(band=Band.WEAK)
    if asked["owner"] == MINE:
        rows = rows.filter(_owned(access, "left") | _owned(access, "right"))
    return rows


def _owned(access: Access, side: str) -> Q:
    mine = Q(pk__in=())
    for declared in visible_types(access):
        own = records(access, declared).filter(pk=OuterRef(f"{side}_id"), owner_id=access.user_id)
        mine |= Q((f"{side}_key", declared.key)) & Q(Exists(own))
    return mine


def _after(rows: QuerySet[DuplicatePair], place: str) -> QuerySet[DuplicatePair]:
    """Return the rows behind the last one of the page before: "12.5:318"."""
    weight, _colon, number = place.partition(":")
    last = whole_number(number)
    try:
        at = float(weight)
    except ValueError:
        return rows
    if last is None or not isfinite(at):
        return rows
    return rows.filter(Q(weight__lt=at) | Q(weight=at, pk__gt=last))


def _filters(types: list[ObjectType], asked: dict[str, str]) -> list[dict[str, Any]]:
    offers: list[tuple[str, str, list[tuple[str, str]]]] = [
        ("object", _("Object"), [(one.key, sentence(one.label_plural)) for one in types]),
        ("status", _("State"), [(one.value, str(one.label)) for one in PairStatus]),
        ("band", _("How sure"), [(one.value, str(one.label)) for one in Band]),
        ("owner", _("Owner"), [(MINE, _("One of them is mine"))]),
    ]
    return [
        {
            "name": name,
            "label": label,
            "options": [
                {"value": value, "label": text, "on": asked[name] == value} for value, text in rows
            ],
        }
        for name, label, rows in offers
    ]


def _run(access: Access, declared: ObjectType, run: ComparisonRun) -> dict[str, Any]:
    """Return how the last comparison went; values and counts of all only for who sees all."""
    sees_all = access.level(Action.VIEW, declared) is Level.ALL
    mask, fields = access.fields(declared), declared.fields()
    blocks = [
        {"field": sentence(fields[name].label), "value": value, "count": f"{count:,}"}
        for name, value, count in run.refused_blocks
        if name in fields and mask.is_readable(name)
    ]
    groups = [{"count": f"{count:,}", "ids": ids} for count, ids in run.refused_groups]
    return {
        "object": sentence(declared.label_plural),
        "when": near_moment(run.began_at),
        "count": f"{run.records:,}" if sees_all else "",
        "pairs": f"{run.pairs:,}" if sees_all else "",
        "problem": problem_text(run),
        "blocks": blocks[:MOST_BLOCKS] if sees_all else [],
        "groups": groups[:MOST_BLOCKS] if sees_all else [],
    }


@signed_in
@require_POST
def take_back_page(request: HttpRequest, pair_id: int) -> HttpResponse:
    """Make a decided pair undecided again."""
    access = access_of(request)
    try:
        take_back(access, pair_id)
    except PairProblem as problem:
        messages.error(request, problem.message)
    else:
        forget_waiting(access)
        messages.success(request, _("The decision is taken back; the pair waits again."))
    return go(request, f"{ADDRESS}?status={request.POST.get('status', '')[:10]}")


@administrators_only
@require_http_methods(["POST"])
def compare_now(request: HttpRequest) -> HttpResponse:
    """Compare all records now instead of tonight."""
    title = say(gettext_noop("Compare all records and look for duplicates"))
    chosen: Any = with_options(find_duplicates, actor_id=access_of(request).user_id, title=title)
    job = chosen.enqueue()
    return go(request, f"/jobs/{job.id}/")
