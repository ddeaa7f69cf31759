"""A person's day on the start page: what is due today and overdue, who was forgotten, what was done."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.access.rights import Action
from keqiao.activities.agenda import agenda, count_open, open_of
from keqiao.activities.doing import PLANNABLE, plannable
from keqiao.activities.my_tasks import line
from keqiao.base.clock import today
from keqiao.catalog.filter import FilterProblem, parse_where
from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_types
from keqiao.records.aggregate import count_by
from keqiao.records.counting import COUNT_CAP
from keqiao.records.query import ListQuery, run_list
from keqiao.ui.brief import Measure, register_measure
from keqiao.ui.cells import cell_html
from keqiao.ui.home_cards import HomeCard, HomeRequest, register_home_card
from keqiao.ui.home_counters import Counter, register_counter
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keqiao.access.access import Access
    from keqiao.activities.streams import TimelineItem
    from keqiao.catalog.object_type import ObjectType

MOST_OVERDUE = 10
MOST_TODAY = 60
CALLED = 5
PATIENCE_MS = 60
FORGOTTEN_DAYS = (7, 15, 30, 90, 180)
NOT_SINCE = "owner:is_me", "last_activity_at:not_within:past_{}_days"


# --- my day ---------------------------------------------------------------------------------------


def _day() -> tuple[datetime, datetime]:
    begins = timezone.make_aware(datetime.combine(today(), time.min))
    return begins, timezone.make_aware(datetime.combine(today() + timedelta(days=1), time.min))


def _load_day(asked: HomeRequest) -> dict[str, Any]:
    access = asked.access
    user_id, (begins, ends) = access.user_id or 0, _day()
    overdue = open_of(access, user_id, until=begins, kinds=PLANNABLE, limit=MOST_OVERDUE)
    items = agenda(access, user_id, begins, ends, kinds=PLANNABLE, limit=MOST_TODAY)
    lines = [_line(access, item) for item in items]
    is_free = not overdue and not any(one["is_open"] for one in lines)
    return {
        "overdue": [_line(access, item) for item in overdue],
        "overdue_count": count_open(user_id, until=begins, kinds=PLANNABLE),
        "all_day": [one for one in lines if one["is_all_day"]],
        "by_time": [one for one in lines if not one["is_all_day"]],
        "is_free": is_free,
        "to_call": _longest_forgotten(access) if is_free else [],
        "may_plan": bool(plannable(access)),
    }


def _line(access: Access, item: TimelineItem) -> dict[str, Any]:
    made = line(access, item)
    all_day = item.row.cells.get("all_day") if item.row else None
    return {
        **made,
        "is_open": item.is_open,
        "is_all_day": bool(all_day and all_day.value),
        "time": timezone.localtime(item.at).strftime("%H:%M"),
    }


# --- who was forgotten --------------------------------------------------------------------------


def _followed(access: Access) -> list[ObjectType]:
    return [
        declared
        for declared in object_types()
        if Feature.FOLLOW_UP in declared.features and access.can(Action.VIEW, declared)
    ]


def _address(declared: ObjectType, *where: str, sort: str = "") -> str:
    pairs = [("where", one) for one in where]
    return f"/{declared.path}/?{urlencode([*pairs, ('sort', sort)] if sort else pairs)}"


def _forgotten_where(days: int) -> tuple[str, str]:
    return NOT_SINCE[0], NOT_SINCE[1].format(days)


def _longest_forgotten(access: Access) -> list[dict[str, Any]]:
    """Return the own records of the first type that nobody has dealt with for longest."""
    for declared in _followed(access)[:1]:
        fields = declared.fields()
        columns = [declared.title, "last_activity_at", *(["phone"] if "phone" in fields else [])]
        query = ListQuery(
            object_type=declared,
            columns=tuple(columns),
            filter=parse_where(list(_forgotten_where(30))),
            sort="last_activity_at",
            limit=CALLED,
            count=False,
        )
        try:
            rows = run_list(access, query).rows
        except FilterProblem:
            return []
        return [
            {
                "title": row.title,
                "url": f"/{declared.path}/{row.id}/",
                "about": f"{declared.key}:{row.id}",
                **{
                    name: cell_html(row.cells[name], fields[name])
                    for name in columns[1:]
                    if name in row.cells
                },
            }
            for row in rows
        ]
    return []


def _load_forgotten(asked: HomeRequest) -> dict[str, Any] | None:
    access, tables = asked.access, []
    for declared in _followed(access):
        try:
            spans = [_span(access, declared, days) for days in FORGOTTEN_DAYS]
        except FilterProblem:
            continue
        if any(one["count"] for one in spans):
            tables.append({"label": sentence(declared.label_plural), "spans": spans})
    return {"tables": tables, "rows": _longest_forgotten(access)}


def _span(access: Access, declared: ObjectType, days: int) -> dict[str, Any]:
    where = _forgotten_where(days)
    tree = parse_where(list(where))
    found = count_by(access, declared, tree, cap=COUNT_CAP, patience_ms=PATIENCE_MS)
    months = days // 30
    label = (
        _("%(count)s months") % {"count": months}
        if days >= 90
        else _("%(count)s days") % {"count": days}
    )
    return {
        "label": label,
        "count": found.total,
        "text": found.text,
        "url": _address(declared, *where, sort="last_activity_at"),
    }


# --- counters ---------------------------------------------------------------------------------------


def _due(access: Access) -> Iterator[Counter]:
    for number, declared in enumerate(_followed(access)):
        where = ("owner:is_me", "next_activity_at:within:today")
        tree = parse_where(list(where))
        try:
            found = count_by(access, declared, tree, cap=COUNT_CAP, patience_ms=PATIENCE_MS)
        except FilterProblem:
            continue
        label = _("%(objects)s to contact today") % {"objects": declared.label_plural}
        yield Counter(
            sentence(label), found.total or 0, _address(declared, *where), declared.icon,
            text=found.text, tone="today", is_quiet=number > 0,
        )  # fmt: skip
    overdue = count_open(access.user_id or 0, until=_day()[0], kinds=PLANNABLE)
    yield Counter(_("Overdue"), overdue, "/my-tasks/", "clock", tone="late")


def register() -> None:
    register_counter(_due, order=10)
    register_home_card(
        HomeCard(
            "day", gettext_lazy("My day"), "activities/cards/day.html", _load_day,
            order=10, module="activities", at_once=True, style="activities/days.css",
        )
    )  # fmt: skip
    register_home_card(
        HomeCard(
            "forgotten", gettext_lazy("Forgotten"), "activities/cards/forgotten.html",
            _load_forgotten, order=20, module="activities",
        )
    )  # fmt: skip
    done = ("state:equals:done",)
    for number, (key, moment, label) in enumerate(
        (
            ("call", "at", gettext_lazy("Calls")),
            ("visit", "at", gettext_lazy("Visits")),
            ("email_note", "at", gettext_lazy("E-mails")),
            ("note", "at", gettext_lazy("Follow-up notes")),
            ("task", "done_at", gettext_lazy("Tasks completed")),
        )
    ):
        is_visit = key == "visit"
        register_measure(
            Measure(
                key, label, key, moment, done, order=100 + number,
                distinct="account" if is_visit else "",
                distinct_label=gettext_lazy("%(count)s customers visited") if is_visit else "",
            )
        )  # fmt: skip
