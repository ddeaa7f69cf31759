"""Error pages: what happened, what it means and what to do, with the number to give to support."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.http import HttpRequest

_log = structlog.get_logger(__name__)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        400,
        "alert-triangle",
        _("This address or form could not be understood"),
        _("Something in it is not as expected. Please go back, reload the page and try again."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        403,
        "lock",
        _("This is not open to you"),
        _("Your role does not include it. Your manager or an administrator can change that."),
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        request,
        403,
        "lock",
        _("The page was open too long"),
        _("To be safe nothing was saved. Please reload the page and send the form once more."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        404,
        "search",
        _("There is nothing here"),
        _("It may have been deleted, or it is not among the records you may see."),
    )


def not_opened_directly(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        405,
        "alert-triangle",
        _("This address only takes a form"),
        _("Please go back and use the button there; nothing was changed."),
    )


def locked_out(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return _page(
        request,
        429,
        "lock",
        _("Too many attempts"),
        _(
            "This account is locked for a while after several wrong passwords. Please wait or ask for help."
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    text = _(
        "Nothing was changed. Please try again; if it stays, give the request number to support."
    )
    if request.method not in {"GET", "HEAD"}:
        # The fault may have come after the save; a promise here could cost a second order.
        text = _(
            "It is not certain whether your change was saved. Please look before you send it again; "
            "if it stays, give the request number to support."
        )
    return _page(request, 500, "alert-circle", _("Something went wrong on our side"), text)


def _page(request: HttpRequest, code: int, icon_name: str, heading: str, text: str) -> HttpResponse:
    number = getattr(request, "request_id", "")
    if request.path.startswith("/api/"):
        problem = {"title": heading, "status": code, "detail": text, "request_id": number}
        return JsonResponse(problem, status=code, content_type="application/problem+json")
    context = {
        "code": code,
        "heading": heading,
        "text": text,
        "icon_name": icon_name,
        "request_id": number,
        "retry": request.get_full_path() if code == 500 and request.method == "GET" else "",
    }
    try:
        return render(request, "ui/error.html", context, status=code)
    except DatabaseError:
        # Without its database the page knows no reader; it still says what happened.
        _log.exception("error_page")
        return HttpResponse(render_to_string("ui/error.html", context), status=code)
