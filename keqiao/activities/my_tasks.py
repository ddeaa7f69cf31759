"""What a person has to do, by when: overdue, today, tomorrow, this week, later; ticked off in place."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from keqiao.access.matrix import matrix
from keqiao.access.rights import Action
from keqiao.activities.agenda import open_of
from keqiao.activities.doing import PLANNABLE, plannable
from keqiao.activities.doing_pages import next_days
from keqiao.activities.reminders import at_risk
from keqiao.activities.timeline import EntryReader, open_activities
from keqiao.base.clock import today
from keqiao.catalog.object_type import Feature
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.records.present import titles_of
from keqiao.records.query import get_record
from keqiao.ui.cells import cell_html, near_moment
from keqiao.ui.clock import NEXT_STEP, clock_html
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, is_partial, require, signed_in
from keqiao.ui.record_parts import (
    RecordPanel,
    RowAction,
    register_record_panel,
    register_row_action,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.activities.streams import TimelineItem
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.record_parts import OpenedRecord

MOST_SHOWN = 300


@signed_in
@require_safe
def my_tasks(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    wanted = whole_number(request.GET.get("who", ""))
    person = matrix().people.get(wanted or 0)
    user_id = person.id if person else access.user_id or 0
    items = open_of(access, user_id, kinds=PLANNABLE, limit=MOST_SHOWN)
    context = {
        "page_title": _("My tasks"),
        "who": person.name if person and person.id != access.user_id else "",
        "groups": grouped(access, items),
        "count": len(items),
        "is_cut": len(items) == MOST_SHOWN,
        "may_plan": any(one.key == "task" for one in plannable(access)),
        "choices": [{"label": _("Today"), "day": today().isoformat()}, *next_days()[:2]],
    }
    return render(request, "activities/my_tasks.html", context)


def grouped(access: Access, items: list[TimelineItem]) -> list[dict[str, Any]]:
    """Return the groups that hold something, the most urgent first."""
    risky = at_risk((item.kind, item.id) for item in items)
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        name = group_of(timezone.localtime(item.at).date(), today())
        groups.setdefault(name, []).append(
            line(access, item, is_at_risk=(item.kind, item.id) in risky)
        )
    labels = {
        "late": _("Overdue"),
        "today": _("Today"),
        "tomorrow": _("Tomorrow"),
        "week": _("This week"),
        "later": _("Later"),
    }
    return [
        {"key": key, "label": label, "lines": groups[key]}
        for key, label in labels.items()
        if key in groups
    ]


def group_of(due: date, day: date) -> str:
    """Return where something due belongs; the week ends on Sunday."""
    if due < day:
        return "late"
    if due == day:
        return "today"
    if due == day + timedelta(days=1):
        return "tomorrow"
    return "week" if due <= day + timedelta(days=6 - day.weekday()) else "later"


def line(access: Access, item: TimelineItem, *, is_at_risk: bool = False) -> dict[str, Any]:
    declared, row = item.object_type, item.row
    if row is None:
        raise LookupError(item.kind)
    about = row.cells.get("about")
    priority = row.cells.get("priority")
    return {
        "key": item.kind,
        "id": item.id,
        "title": row.title,
        "icon": declared.icon,
        "label": declared.label,
        "url": f"/{declared.path}/{item.id}/",
        "base": f"/activities/{item.kind}/{item.id}/",
        "about_html": cell_html(about, declared.field("about")) if about and about.text else "",
        "when": near_moment(item.at),
        "clock": timezone.localtime(item.at).strftime("%Y-%m-%d %H:%M"),
        "urgency": item.urgency,
        "is_urgent": bool(priority and priority.value == "high"),
        "owner": access.person_name(row.owner_id) if row.owner_id != access.user_id else "",
        "is_at_risk": is_at_risk,
        "may": access.can(Action.CHANGE, declared),
    }


# --- the next step of one record ------------------------------------------------------------------


@signed_in
@require_http_methods(["GET"])
def next_steps(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    """Show what is planned with a record: behind its clock in a list, on a card, on its page."""
    access = access_of(request)
    try:
        declared = object_type(key)
    except UnknownObject:
        raise Http404 from None
    if not is_followed(access, declared):
        raise Http404
    require(access, Action.VIEW, declared)
    context = next_context(access, declared, record_id) | {
        "title": titles_of(access, declared, [record_id]).get(record_id, ""),
        "cancel_url": f"/{declared.path}/{record_id}/",
        "page_title": _("Next step"),
        "dialog_template": "activities/dialogs/next_steps.html",
    }
    template = "activities/dialogs/next_steps.html" if is_partial(request) else "ui/dialog.html"
    return render(request, template, context)


def next_context(
    access: Access,
    declared: ObjectType,
    record_id: int,
    *,
    record: Any = None,
    reader: EntryReader | None = None,
) -> dict[str, Any]:
    if record is None:
        record = get_record(access, declared, record_id)
    items = open_activities(access, declared, record_id, reader=reader, is_checked=True)
    risky = at_risk((item.kind, item.id) for item in items)
    lines = [line(access, one, is_at_risk=(one.kind, one.id) in risky) for one in items]
    labels = {"late": _("Overdue"), "today": _("Today"), "planned": _("Planned")}
    is_shown = access.fields(declared).is_readable(NEXT_STEP)
    return {
        "groups": [
            {"key": state, "label": label, "lines": found}
            for state, label in labels.items()
            if (found := [one for one in lines if one["urgency"] == state])
        ],
        "clock_html": clock_html(record.next_activity_at) if is_shown else "",
        "plan_url": f"/activities/plan/?about={declared.key}:{record_id}",
        "steps_url": f"/activities/next/{declared.key}/{record_id}/",
        "may_plan": bool(plannable(access)),
    }


def is_followed(_access: Access, declared: ObjectType) -> bool:
    return Feature.FOLLOW_UP in declared.features


def _load_panel(opened: OpenedRecord) -> dict[str, Any] | None:
    reader = opened.memo.get("entries")
    return next_context(
        opened.access, opened.declared, opened.id, record=opened.record, reader=reader
    )


register_record_panel(
    RecordPanel(
        "next_steps",
        "activities/parts/next_panel.html",
        _load_panel,
        place="left",
        order=100,
        is_for=is_followed,
        in_side_panel=True,
    )
)
register_row_action(
    RowAction(
        "next_steps",
        gettext_lazy("Next step"),
        "clock",
        "/activities/next/{key}/{id}/",
        "data-next",
        30,
        is_followed,
    )
)
