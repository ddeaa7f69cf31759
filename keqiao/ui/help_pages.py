"""Help inside the product: the guide page of the current screen, all pages, pictures, tours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.ui.gate import back_to, go, is_partial, signed_in
from keqiao.ui.guide import find_in_guide, guide_language, guide_pages, pictures
from keqiao.ui.screens import Tour, guide_of, screen_at, tour_named, tour_of
from keqiao.ui.search_page import asked

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keqiao.ui.guide import GuidePage

TOURS_HINT = "tours"
NEWCOMER_DAYS = 30
LONGEST_PATH = 300


@signed_in
@require_GET
def help_index(request: HttpRequest) -> HttpResponse:
    """Show the guide page of the screen at `at`, what was asked for, or all pages."""
    language, text = guide_language(), asked(request)
    if not text and request.GET.get("at"):
        screen = screen_at(request.GET["at"][:LONGEST_PATH])
        tour = tour_of(screen.route) if screen else None
        page = guide_pages(language).get(guide_of(screen))
        return _show(request, page, tour)
    hits = find_in_guide(language, text) if text else []
    context: dict[str, Any] = {
        "q": text,
        "hits": hits,
        "pages": list(guide_pages(language).values()),
        "page_title": _("Help"),
    }
    return render(request, _template(request), context)


@signed_in
@require_GET
def help_page(request: HttpRequest, name: str) -> HttpResponse:
    page = guide_pages(guide_language()).get(name)
    if page is None:
        raise Http404
    return _show(request, page, None)


def _show(request: HttpRequest, page: GuidePage | None, tour: Tour | None) -> HttpResponse:
    context = {
        "guide": page,
        "tour": tour,
        "pages": list(guide_pages(guide_language()).values()),
        "page_title": page.title if page else _("Help"),
    }
    return render(request, _template(request), context)


def _template(request: HttpRequest) -> str:
    return "ui/help.html#drawer" if is_partial(request) else "ui/help.html"


@signed_in
@require_GET
def picture(request: HttpRequest, name: str) -> HttpResponse:
    path = pictures().get(name)
    if path is None:
        raise Http404
    return HttpResponse(path.read_bytes(), content_type="image/png")


# --- tours ---------------------------------------------------------------------------------------


@signed_in
@require_GET
def tour(request: HttpRequest, key: str) -> HttpResponse:
    found = tour_named(key)
    if found is None:
        raise Http404
    steps = [
        {"target": step.target, "title": str(step.title), "text": str(step.text)}
        for step in found.steps
    ]
    words = {"next": _("Next"), "back": _("Back"), "done": _("Done"), "close": _("Close")}
    return JsonResponse({"key": found.key, "steps": steps, "words": words})


@signed_in
@require_POST
def answer_hint(request: HttpRequest) -> HttpResponse:
    """Remember that this person took or declined the offer of a tour."""
    user = request.user
    if isinstance(user, User) and TOURS_HINT not in user.hints_seen:
        user.hints_seen = [*user.hints_seen, TOURS_HINT]
        user.save(update_fields=["hints_seen"])
    # A fragment without content: the offer is taken off the page.
    return HttpResponse() if is_partial(request) else go(request, back_to(request))


def offered_tour(request: HttpRequest) -> Tour | None:
    """Return the tour to offer on this page: to newcomers, until they took or declined it."""
    user, match = request.user, request.resolver_match
    if not isinstance(user, User) or match is None or TOURS_HINT in user.hints_seen:
        return None
    if now() - user.date_joined > timedelta(days=NEWCOMER_DAYS):
        return None
    found = tour_of(match.route)
    return found if found and found.for_newcomers else None
