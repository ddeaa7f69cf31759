"""The start page, what waits, and a person's own page: where a day begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.catalog.filter import parse_where
from keqiao.jobs import board
from keqiao.records.query import ListQuery, run_list
from keqiao.ui.cells import near_moment
from keqiao.ui.dialogs import dialog
from keqiao.ui.gate import access_of, signed_in
from keqiao.ui.job_pages import job_facts
from keqiao.ui.navigation import Navigation, sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

RECENT_ROWS = 8
FIGURES = 3


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    types = Navigation(access, "/").types
    jobs = board.recent_jobs(20, actor_id=access.user_id)
    context = {
        "page_title": _("Today"),
        "greeting": _greeting(access.actor.name),
        "today_text": _today(),
        "figures": [_figure(access, declared) for declared in types[:FIGURES]],
        "recent": _recent(access, types),
        "checklist": _first_steps(access, types),
        "running": [job_facts(job) for job in jobs if job.status in {"ready", "running"}][:4],
    }
    return render(request, "ui/home.html", context)


def _greeting(name: str) -> str:
    hour = timezone.localtime(now()).hour
    if hour < 11:
        return _("Good morning, %(name)s") % {"name": name}
    if hour < 18:
        return _("Good afternoon, %(name)s") % {"name": name}
    return _("Good evening, %(name)s") % {"name": name}


def _today() -> str:
    form = "l, j F Y" if (get_language() or "").startswith("en") else "Y年n月j日 l"
    return date_format(timezone.localdate(), form)


def _figure(access: Access, declared: ObjectType) -> dict[str, Any]:
    """Return how many there are of one object, and how many came in this week."""
    new = "created_at:within:past_7_days"
    return {
        "label": sentence(declared.label_plural),
        "value": _count(access, declared, []),
        "url": f"/{declared.path}/",
        "note": _("%(count)s new in 7 days") % {"count": _count(access, declared, [new])},
        "icon": declared.icon,
    }


def _count(access: Access, declared: ObjectType, where: list[str]) -> str:
    query = ListQuery(
        object_type=declared, columns=(declared.title,), filter=parse_where(where), limit=1
    )
    return run_list(access, query).count_text or "–"


def _recent(access: Access, types: list[ObjectType]) -> list[dict[str, Any]]:
    found = []
    for declared in types[:FIGURES]:
        query = ListQuery(
            object_type=declared, columns=(declared.title,), limit=RECENT_ROWS, count=False
        )
        for row in run_list(access, query).rows:
            found.append((row.updated_at, declared, row))
    found.sort(key=lambda item: (item[0] is not None, item[0]), reverse=True)
    return [
        {
            "title": row.title,
            "url": f"/{declared.path}/{row.id}/",
            "label": declared.label,
            "when": near_moment(at) if at else "",
        }
        for at, declared, row in found[:RECENT_ROWS]
    ]


def _first_steps(access: Access, types: list[ObjectType]) -> list[dict[str, Any]]:
    """Return what a new installation still needs; an empty list once everything is done."""
    if not types or not access.is_administrator:
        return []
    first = types[0]
    query = ListQuery(object_type=first, columns=(first.title,), limit=1, count=False)
    filled = run_list(access, query).rows
    steps = [
        {
            "label": _("Import your customer list"),
            "text": _("Excel or CSV; errors are shown before anything is written."),
            "url": f"/import/?object={first.key}",
            "icon": "upload",
            "done": bool(filled),
        },
        {
            "label": _("Add your colleagues"),
            "text": _("With department and role, so that everybody sees the right records."),
            "url": "/settings/people/",
            "icon": "users",
            "done": User.objects.filter(is_active=True).count() > 1,
        },
    ]
    return [] if all(step["done"] for step in steps) else steps


# --- to do, me --------------------------------------------------------------------------


@signed_in
def todo(request: HttpRequest) -> HttpResponse:
    """Show what needs this person's hand."""
    access = access_of(request)
    failed = board.recent_jobs(20, "dead", actor_id=access.user_id)
    items = [
        {
            "title": job.title,
            "text": job.reason or job.status_label,
            "url": "/jobs/?status=dead",
            "icon": "alert-triangle",
            "when": near_moment(job.finished_at or job.enqueued_at),
        }
        for job in failed
    ]
    items += [item for source in _todo_sources for item in source(access)]
    return render(request, "ui/todo.html", {"items": items, "page_title": _("To do")})


_todo_sources: list[Any] = []


def register_todo(source: Any) -> None:
    """Let a package say what waits for a person: a function from access to a list of items."""
    _todo_sources.append(source)


@signed_in
def me(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/me.html", {"page_title": _("Me")})


@signed_in
def keys(request: HttpRequest) -> HttpResponse:
    navigation = Navigation(access_of(request), "/")
    return dialog(request, "keys", _("Keyboard"), {"go_keys": navigation.go_keys})
