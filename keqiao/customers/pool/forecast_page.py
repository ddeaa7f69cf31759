"""What returns to the pool within the next days: one's own, and for a manager that of the team."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action
from keqiao.base.clock import today
from keqiao.catalog.filter import AllOf, Condition
from keqiao.customers.pool.pooled import pooled_types
from keqiao.records.query import ListQuery, matching_records, run_list
from keqiao.ui.cells import near_date
from keqiao.ui.gate import access_of, signed_in
from keqiao.ui.home import register_todo

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

DAYS = 7
SHOWN = 100
PEOPLE = 50


def register() -> None:
    register_todo(waiting)


def waiting(access: Access) -> list[dict[str, Any]]:
    """Return the line of the to-do list: so many of mine return within the week."""
    found = []
    for declared, count in returning(access):
        given = {"count": f"{count:,}", "objects": declared.label_plural, "days": DAYS}
        found.append(
            {
                "title": _("%(count)s %(objects)s return to the pool soon") % given,
                "text": _("Within %(days)s days, unless you follow them up.") % given,
                "url": f"/pool/forecast/?object={declared.key}",
                "icon": "pool",
                "when": "",
            }
        )
    return found


def returning(access: Access) -> list[tuple[ObjectType, int]]:
    """Return how many of one's own records of each type return within the week."""
    counted = [
        (declared, matching_records(access, _query(declared, mine=True)).count())
        for declared in _types(access)
    ]
    return [(declared, count) for declared, count in counted if count]


def _types(access: Access) -> list[ObjectType]:
    return [
        declared
        for declared in pooled_types()
        if access.can(Action.VIEW, declared) and access.fields(declared).is_readable("returns_on")
    ]


def _query(declared: ObjectType, *, mine: bool, person: int | None = None) -> ListQuery:
    until = today() + timedelta(days=DAYS)
    conditions = [Condition("returns_on", "at_most", until.isoformat())]
    if mine:
        conditions.append(Condition("owner", "is_me"))
    elif person is not None:
        conditions.append(Condition("owner", "equals", person))
    return ListQuery(
        object_type=declared,
        columns=tuple(dict.fromkeys((declared.title, "owner", "last_activity_at", "returns_on"))),
        filter=AllOf(tuple(conditions)),
        sort="returns_on",
        limit=SHOWN,
    )


@signed_in
@require_GET
def forecast_page(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    types = _types(access)
    declared = next((one for one in types if one.key == request.GET.get("object")), None)
    declared = declared or (types[0] if types else None)
    whose = "team" if request.GET.get("whose") == "team" else "mine"
    raw = request.GET.get("person", "")
    person = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 16 else None
    context: dict[str, Any] = {"page_title": _("Returning to the pool"), "tabs": [], "groups": []}
    if declared is not None:
        query = _query(declared, mine=whose == "mine", person=person)
        page = run_list(access, query)
        context |= {
            "object_type": declared,
            "tabs": _tabs(types, declared, whose),
            "groups": _groups(declared, page.rows),
            "count_text": page.count_text,
            "more": page.next_cursor is not None,
            "people": _people(access, declared) if whose == "team" else [],
            "whose": whose,
            "person": access.person_name(person),
            "all_url": f"/{declared.path}/?where=returns_on:is_filled&sort=returns_on",
        }
    return render(request, "customers/pool/forecast.html", context)


def _tabs(types: list[ObjectType], declared: ObjectType, whose: str) -> list[dict[str, Any]]:
    words = {"mine": _("My %(objects)s"), "team": _("All I see: %(objects)s")}
    return [
        {
            "label": words[one] % {"objects": kind.label_plural},
            "url": f"/pool/forecast/?object={kind.key}&whose={one}",
            "current": kind == declared and one == whose,
        }
        for kind in types
        for one in words
    ]


def _groups(declared: ObjectType, rows: list[Any]) -> list[dict[str, Any]]:
    """Return the records by the day they return, with what people read of each."""
    found = []
    for day, lot in groupby(rows, key=lambda row: row.cells["returns_on"].value):
        lines = [
            {
                "title": row.title,
                "url": f"/{declared.path}/{row.id}/",
                "owner": row.cells["owner"].text,
                "last": row.cells["last_activity_at"].value,
            }
            for row in lot
        ]
        found.append({"label": _day_text(day), "is_near": _is_near(day), "lines": lines})
    return found


def _day_text(day: date | None) -> str:
    if day is None:
        return ""
    if day <= today():
        return _("Tonight")
    return _("In the night to %(day)s") % {"day": near_date(day)}


def _is_near(day: date | None) -> bool:
    return day is not None and day <= today() + timedelta(days=1)


def _people(access: Access, declared: ObjectType) -> list[dict[str, Any]]:
    rows = matching_records(access, _query(declared, mine=False)).order_by()
    counts = rows.values_list("owner_id").annotate(count=Count("pk"))
    return [
        {
            "name": access.person_name(owner),
            "count": f"{count:,}",
            "url": f"/pool/forecast/?object={declared.key}&whose=team&person={owner}",
        }
        for owner, count in sorted(counts, key=lambda line: -line[1])[:PEOPLE]
    ]
