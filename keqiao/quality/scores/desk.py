"""The quality desk: how true the data are, how that moves, what to fix first, and whose records need it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from keqiao.access.rights import Action, Level
from keqiao.catalog.filter import AnyOf, Condition, as_data
from keqiao.jobs.options import enqueue_unique, with_options
from keqiao.quality.scores.arithmetic import GOAL, LABELS, Dimension
from keqiao.quality.scores.chart import chart
from keqiao.quality.scores.expectations import expectations
from keqiao.quality.scores.figures import (
    TREND_DAYS,
    Figures,
    day_before,
    figures_of,
    groups,
    latest_day,
    seen_types,
    sight,
    trend,
    worth_fixing,
)
from keqiao.quality.scores.models import Grouping
from keqiao.quality.scores.nightly import count_quality
from keqiao.quality.scores.preferences import score_settings
from keqiao.quality.scores.steps import steps_of
from keqiao.ui.cells import score_tone
from keqiao.ui.gate import access_of, go, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

WORST = 5
FEWEST_RECORDS = 10  # of a smaller group the mean says little
FIRST_FIXES = 6
HEADINGS: dict[Grouping, str | Promise] = {
    Grouping.OWNER: gettext_lazy("By owner"),
    Grouping.TEAM: gettext_lazy("By department"),
    Grouping.ORIGIN: gettext_lazy("By source"),
}


@signed_in
@require_GET
def desk_page(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    types = seen_types(access)
    if not types:
        raise PermissionDenied
    asked = request.GET.get("object", "")
    declared = next((one for one in types if one.key == asked), types[0])
    day = latest_day(declared)
    context: dict[str, Any] = {
        "page_title": _("Data quality"),
        "goal": GOAL,
        "tabs": [
            {
                "label": sentence(one.label_plural),
                "url": f"/quality/desk/?object={one.key}",
                "current": one == declared,
            }
            for one in types
        ],
        "declared": declared,
        "day": day,
        "may_count": _may_count(access, declared),
    }
    if day is not None:
        context |= _figures(access, declared, day)
    return render(request, "quality/scores/desk.html", context)


def _may_count(access: Access, declared: ObjectType) -> bool:
    """Whoever answers for the records of others may have them counted by day."""
    return access.level(Action.CHANGE, declared) in {Level.ALL, Level.SUBTREE}


@signed_in
@require_POST
def count_page(request: HttpRequest) -> HttpResponse:
    """Count now instead of tonight, to see what the work of the day came to; one count at a time."""
    access = access_of(request)
    types = [one for one in seen_types(access) if _may_count(access, one)]
    if not types:
        raise PermissionDenied
    asked = request.POST.get("object", "")
    declared = next((one for one in types if one.key == asked), types[0])
    enqueue_unique(with_options(count_quality, actor_id=access.user_id), "by day")
    messages.success(request, _("Everything is being counted; the figures follow in a moment."))
    return go(request, f"/quality/desk/?object={declared.key}")


def _figures(access: Access, declared: ObjectType, day: date) -> dict[str, Any]:
    seen = sight(access, declared)
    if seen is None:
        raise PermissionDenied
    figures = figures_of(declared, seen, day)
    before_day = day_before(declared, day)
    before = figures_of(declared, seen, before_day) if before_day else Figures()
    score = figures.score
    return {
        "score": None if score is None else f"{score:.1f}",
        "tone": "" if score is None else score_tone(int(score)),
        "records": f"{figures.records:,}",
        "records_url": list_url(declared),
        "below_url": below_goal(declared),
        "change": _change(score, before.score),
        "cards": [_card(declared, figures, before, one) for one in Dimension],
        "chart": chart(trend(declared, seen, day), GOAL, TREND_DAYS),
        "fixes": [
            {
                "label": sentence(one.field.label),
                "count": f"{count:,}",
                "gain": f"+{gain:.1f}" if gain >= 0.05 else "",
                "url": list_url(declared, f"{one.name}:is_empty"),
            }
            for one, count, gain in worth_fixing(access, declared, figures)[:FIRST_FIXES]
        ],
        "steps": steps_of(access, declared, figures),
        "breakdowns": [
            found for grouping in HEADINGS if (found := _breakdown(access, declared, grouping, day))
        ],
        "leaders": _leaders(access, declared, day) if score_settings().has_leaderboard else [],
    }


def _card(
    declared: ObjectType, figures: Figures, before: Figures, dimension: Dimension
) -> dict[str, Any]:
    share = figures.share(dimension)
    return {
        "label": LABELS[dimension],
        "value": None if share is None else f"{share:.1f}",
        "change": _change(share, before.share(dimension)),
        "sample": f"{figures.sample(dimension):,}",
        "url": _rows_behind(declared, dimension),
    }


def _change(now: float | None, before: float | None) -> dict[str, Any] | None:
    if now is None or before is None or abs(now - before) < 0.05:
        return None
    return {"is_up": now > before, "text": f"{abs(now - before):.1f}"}


def _breakdown(
    access: Access, declared: ObjectType, grouping: Grouping, day: date
) -> dict[str, Any] | None:
    """Return the worst groups; None when there is but one to tell of."""
    name = _field_of(declared, grouping)
    if not name or not access.fields(declared).is_readable(name):
        return None
    found = [
        line
        for line in groups(access, declared, grouping, day)
        if line[1].records >= FEWEST_RECORDS
    ]
    if len(found) < 2:
        return None
    return {
        "label": HEADINGS[grouping],
        "lines": [_line(access, declared, grouping, name, *line) for line in found[:WORST]],
    }


def _leaders(access: Access, declared: ObjectType, day: date) -> list[dict[str, Any]]:
    found = [
        line
        for line in groups(access, declared, Grouping.OWNER, day)
        if line[1].records >= FEWEST_RECORDS
    ]
    if len(found) < 2:
        return []
    return [
        _line(access, declared, Grouping.OWNER, "owner", *line) for line in reversed(found[-WORST:])
    ]


def _line(
    access: Access,
    declared: ObjectType,
    grouping: Grouping,
    name: str,
    value: str,
    figures: Figures,
) -> dict[str, Any]:
    score = figures.score or 0.0
    return {
        "label": _group_name(access, declared, grouping, value),
        "records": f"{figures.records:,}",
        "score": f"{score:.1f}",
        "tone": score_tone(int(score)),
        "url": list_url(declared, f"{name}:equals:{value}", sort="quality_score"),
    }


def _field_of(declared: ObjectType, grouping: Grouping) -> str:
    return {Grouping.OWNER: "owner", Grouping.TEAM: "team", Grouping.ORIGIN: declared.origin}[
        grouping
    ]


def _group_name(access: Access, declared: ObjectType, grouping: Grouping, value: str) -> str:
    if grouping is Grouping.ORIGIN:
        choice = declared.builtin_fields[declared.origin].choice(value)
        return str(choice.label) if choice else value
    number = int(value)
    name = access.person_name if grouping is Grouping.OWNER else access.department_name
    return name(number) or _("somebody who left")


# --- the rows behind a figure -------------------------------------------------------------------


def list_url(declared: ObjectType, *where: str, sort: str = "", filter: str = "") -> str:
    pairs = [("where", one) for one in where]
    pairs += [("filter", filter)] if filter else []
    pairs += [("sort", sort)] if sort else []
    return f"/{declared.path}/?{urlencode(pairs)}" if pairs else f"/{declared.path}/"


def below_goal(declared: ObjectType) -> str:
    return list_url(declared, f"quality_score:less_than:{GOAL}", sort="quality_score")


def _rows_behind(declared: ObjectType, dimension: Dimension) -> str:
    """Return the list of the records that keep a dimension from being whole, worst first."""
    if dimension is Dimension.COMPLETENESS:
        names = [one.name for one in expectations(declared).fields if one.weight]
        empty = AnyOf(tuple(Condition(name, "is_empty") for name in names))
        return list_url(declared, sort="quality_score", filter=_compact(as_data(empty)))
    return below_goal(declared)


def _compact(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))
