"""The start page, what waits, and a person's own page: where a day begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.jobs import board
from keqiao.records.query import ListQuery, run_list
from keqiao.ui import brief, home_counters
from keqiao.ui.cells import near_moment
from keqiao.ui.dialogs import dialog
from keqiao.ui.gate import access_of, is_partial, signed_in
from keqiao.ui.home_cards import (
    HIDDEN,
    HomeCard,
    HomeRequest,
    arrangement_of,
    cards_of,
    home_card,
    register_home_card,
)
from keqiao.ui.job_pages import job_facts
from keqiao.ui.navigation import Navigation

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

RECENT_ROWS = 8
FIGURES = 3


@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    cards = {card.key: card for card in cards_of(access)}
    columns = []
    for name, keys in arrangement_of(access).columns.items():
        if name != HIDDEN:
            made = [_card(access, cards[key], request.GET, is_first=True) for key in keys]
            columns.append({"name": name, "cards": [one for one in made if one]})
    context = {
        "page_title": _("Today"),
        "greeting": _greeting(access.actor.name),
        "today_text": _today(),
        "columns": columns,
        "styles": sorted({card.style for card in cards.values()} - {""}),
    }
    return render(request, "ui/home.html", context)


@signed_in
@require_safe
def card_page(request: HttpRequest, key: str) -> HttpResponse:
    """Show one card: by itself, or as the fragment that takes the place of the older one."""
    access = access_of(request)
    card = home_card(access, key)
    if card is None:
        raise Http404
    made = _card(access, card, request.GET)
    if is_partial(request):
        if made is None:
            return HttpResponse("")
        return render(request, "ui/cards/card.html", {"card": made})
    styles = [card.style] if card.style else []
    context = {"page_title": card.label, "card": made, "styles": styles}
    return render(request, "ui/home_card.html", context)


def _card(
    access: Access, card: HomeCard, given: QueryDict, *, is_first: bool = False
) -> dict[str, Any] | None:
    """Return a card with its content; one that need not come with the page only with its place."""
    is_waiting = is_first and not card.at_once
    content = None if is_waiting else card.load(HomeRequest(access, given))
    if content is None and not is_waiting:
        return None
    return {
        "key": card.key,
        "label": card.label,
        "template": card.template,
        "is_waiting": is_waiting,
        "content": content,
        "url": f"/start/cards/{card.key}/",
        "query": content.get("query", "") if content else "",
    }


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


def _load_recent(asked: HomeRequest) -> dict[str, Any] | None:
    recent = _recent(asked.access, Navigation(asked.access, "/").types)
    return {"recent": recent} if recent else None


def _load_jobs(asked: HomeRequest) -> dict[str, Any] | None:
    jobs = board.recent_jobs(20, actor_id=asked.access.user_id)
    running = [job_facts(job) for job in jobs if job.status in {"ready", "running"}][:4]
    return {"running": running} if running else None


def _load_first_steps(asked: HomeRequest) -> dict[str, Any] | None:
    steps = _first_steps(asked.access, Navigation(asked.access, "/").types)
    return {"checklist": steps} if steps else None


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


register_home_card(
    HomeCard(
        "first_steps", gettext_lazy("First steps"), "ui/cards/first_steps.html",
        _load_first_steps, order=5, at_once=True, is_for=lambda access: access.is_administrator,
    )
)  # fmt: skip
register_home_card(
    HomeCard(
        "recent", gettext_lazy("Changed lately"), "ui/cards/recent.html", _load_recent, order=900
    )
)
register_home_card(
    HomeCard(
        "jobs", gettext_lazy("Background work"), "ui/cards/jobs.html", _load_jobs,
        column="right", order=900,
    )
)  # fmt: skip


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
    waiting = home_counters.counters(access)
    context = {"items": items, "counters": waiting, "page_title": _("To do")}
    return render(request, "ui/todo.html", context)


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


__all__ = ["brief", "card_page", "home", "keys", "me", "register_todo", "todo"]
