"""The bell and the page of notices: each person's own, read, counted and marked."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqiao.base.clock import now
from keqiao.notifications.kinds import kind_or_stranger, notice_kinds
from keqiao.notifications.preferences import wishes_of
from keqiao.notifications.reading import (
    Line,
    count_unread,
    lines_of,
    mark_all_read,
    mark_read,
    read_part,
    unread,
)
from keqiao.ui.cells import near_date
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, back_to, go, is_partial, signed_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from keqiao.access.access import Access
    from keqiao.notifications.reading import Unread

IN_THE_MENU = 8
TOLD_AT_ONCE = 3


@signed_in
@require_GET
def notices_page(request: HttpRequest) -> HttpResponse:
    """Show the list by day, a further part of it, or the few newest behind the bell."""
    access, given = access_of(request), request.GET
    if is_partial(request) and given.get("part") != "rows":
        menu = {"notices": read_part(access, limit=IN_THE_MENU).lines}
        return render(request, "notifications/notices.html#menu", menu)
    only_unread, kind = given.get("show") == "unread", given.get("kind", "")[:40]
    before = whole_number(given.get("before", ""))
    part = read_part(access, only_unread=only_unread, kind=kind, before=before)
    here = {name: value for name, value in (("show", given.get("show")), ("kind", kind)) if value}
    following = {**here, "before": part.before}
    if part.lines:
        following["day"] = timezone.localdate(part.lines[-1].at).isoformat()
    context = {
        "page_title": _("Notices"),
        "days": _by_day(part.lines, given.get("day", "") if is_partial(request) else ""),
        "more_url": f"/notices/?{urlencode(following)}" if part.before is not None else "",
        "first_url": f"/notices/?{urlencode(here)}" if before is not None else "",
        "show": "unread" if only_unread else "",
        "kind": kind,
        "kind_label": kind_or_stranger(kind).label if kind else _("All kinds"),
        "kinds": notice_kinds(),
        "unread": count_unread(access),
        "is_filtered": bool(here),
        "until": part.lines[0].id if part.lines else 0,
        "here": request.get_full_path() if before is None else "/notices/",
    }
    template = "notifications/notices.html"
    return render(request, f"{template}#rows" if is_partial(request) else template, context)


def _by_day(lines: Iterable[Line], shown: str) -> list[dict[str, Any]]:
    """Group lines by day; the day `shown` has its heading above already."""
    days = groupby(lines, key=lambda line: timezone.localdate(line.at))
    return [
        {"label": "" if day.isoformat() == shown else near_date(day), "lines": list(found)}
        for day, found in days
    ]


@signed_in
@require_GET
def count(request: HttpRequest) -> HttpResponse:
    """Answer the bell: one query when nothing has changed since it asked last."""
    access = access_of(request)
    found = count_unread(access)
    known = request.GET.get("known", "")[:40]
    if known == found.mark:
        return HttpResponse(status=204)
    answer = {"count": found.text, "mark": found.mark, "fresh": _fresh(access, found, known)}
    return JsonResponse(answer)


def _fresh(access: Access, found: Unread, known: str) -> list[dict[str, str]]:
    """Return what came since the browser asked last; in quiet hours it is only counted."""
    last = whole_number(known.rpartition("-")[2])
    user_id = access.user_id or 0
    if last is None or found.newest <= last or wishes_of([user_id])[user_id].is_quiet(now()):
        return []
    newest = unread(access).filter(pk__gt=last).order_by("-id")[:TOLD_AT_ONCE]
    lines = lines_of(access, list(newest))
    return [{"id": str(one.id), "title": one.title, "url": one.url} for one in reversed(lines)]


@signed_in
@require_POST
def read_one(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark one notice; those of others do not exist."""
    if not mark_read(access_of(request), notice_id):
        raise Http404
    return _marked(request)


@signed_in
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    given = request.POST
    until = whole_number(given.get("until", ""))
    marked = mark_all_read(access_of(request), given.get("kind", "")[:40], until)
    if not is_partial(request):
        messages.success(request, _("Marked as read: %(count)s") % {"count": marked})
    return _marked(request)


def _marked(request: HttpRequest) -> HttpResponse:
    if is_partial(request):
        return HttpResponse(status=204, headers={"HX-Trigger": "notices-read"})
    return go(request, back_to(request, "/notices/"))
