"""The address of a person's calendar: answered to programs without sign-in, managed in the own settings."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from keqiao.access.models import User
from keqiao.activities.day_models import CalendarFeed
from keqiao.activities.feed import FeedProblem, end_feed, feed_for, make_feed, written
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Answer a calendar program; the address itself is the key."""
    found = feed_for(secret)
    if found is None:
        text = _("This calendar address is not in use any more. Its owner can make a new one.")
        gone = HttpResponse(f"{text}\n", status=404, content_type="text/plain; charset=utf-8")
        patch_cache_control(gone, private=True, no_store=True)
        return gone
    content = written(found)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    etag = f'"{sha256(content).hexdigest()[:32]}"'
    response["ETag"] = etag
    response["Content-Disposition"] = 'inline; filename="keqiao.ics"'
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, private=True, max_age=300)
    return get_conditional_response(request, etag=etag, response=response) or response


@signed_in
@require_http_methods(["GET", "POST"])
def feeds_page(request: HttpRequest) -> HttpResponse:
    user = User.objects.get(pk=access_of(request).user_id or 0)
    problem, address = "", ""
    ended = whole_number(request.POST.get("end", ""))
    if ended is not None:
        if end_feed(user, ended):
            messages.success(request, _("The address has ended."))
        return go(request, "/settings/calendar-feed/")
    if request.method == "POST":
        try:
            _made, secret = make_feed(
                user,
                request.POST.get("name", ""),
                shows_titles=request.POST.get("shows") == "titles",
            )
            address = f"{settings.KEQIAO_SITE}/calendar/feed/{secret}.ics"
        except FeedProblem as found:
            problem = str(found)
    heading = _("Calendar address")
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _("Show your appointments in the calendar of your phone or computer."),
        "feeds": CalendarFeed.objects.filter(user=user, revoked_at=None).order_by("-created_at"),
        "problem": problem,
        "address": address,
    }
    return render(request, "activities/feeds.html", context, status=422 if problem else 200)
