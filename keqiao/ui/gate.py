"""The door of every page: who is not signed in signs in first, who may not is told so politely."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from keqiao.access.refusals import note_refusal
from keqiao.access.rights import Action
from keqiao.access.set_up import is_open
from keqiao.records.drafts import Source
from keqiao.records.merging_tombstones import survivor_of
from keqiao.records.query import RecordNotFound, records
from keqiao.ui.errors import not_opened_directly

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Let only signed-in people through; answers are never kept by caches on the way."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        _refuse_nul(request)
        try:
            response = view(request, *args, **kwargs)
        except RecordNotFound:
            return _to_survivor(request, kwargs)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not is_partial(request):
            response = not_opened_directly(request)
        patch_vary_headers(response, ["HX-Request", "Cookie", "Accept-Language"])
        patch_cache_control(response, private=True, no_store=True)
        return response

    return guarded


def _to_survivor(request: HttpRequest, parts: dict[str, Any]) -> HttpResponse:
    """Lead from the address of a record that was merged to the one that stands for it now."""
    declared, record_id = parts.get("declared"), parts.get("record_id")
    if declared is None or record_id is None:
        raise Http404
    led = survivor_of(declared.key, record_id)
    if led is None or not records(access_of(request), declared).filter(pk=led).exists():
        raise Http404
    if request.method not in {"GET", "HEAD"}:
        messages.warning(
            request,
            _("This record was merged into another one in the meantime, so nothing was saved. Please"
              " enter your change here once more."),
        )  # fmt: skip
        return go(request, f"/{declared.path}/{led}/")
    old, new = f"/{declared.path}/{record_id}/", f"/{declared.path}/{led}/"
    # For now, not for good: an undoing gives the old address its record back.
    return go(request, request.get_full_path().replace(old, new, 1))


def _refuse_nul(request: HttpRequest) -> None:
    """No person types a NUL, and PostgreSQL stores none; whoever sends one gets a plain refusal."""
    for given in (request.GET, request.POST):
        for _name, values in given.lists():
            if any("\x00" in value for value in values):
                raise BadRequest


def administrators_only(view: View) -> View:
    """Let only administrators through, on pages that configure the product."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not access_of(request).is_administrator:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return signed_in(guarded)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if is_partial(request):
        # A fragment cannot show the sign-in page; the whole browser window goes there.
        here = request.headers.get("HX-Current-URL", "")
        back = here if is_local(request, here) else "/"
        return HttpResponse(status=401, headers={"HX-Redirect": _sign_in_address(back)})
    if is_open():
        return HttpResponseRedirect("/set-up/")  # nobody can sign in yet
    return HttpResponseRedirect(_sign_in_address(request.get_full_path()))


def _sign_in_address(back: str) -> str:
    return f"{settings.LOGIN_URL}?next={quote(back, safe='/')}"


def access_of(request: HttpRequest) -> Access:
    return request.access  # type: ignore[attr-defined, no-any-return]


def require(access: Access, action: Action, declared: ObjectType) -> None:
    if not access.can(action, declared):
        raise PermissionDenied


def refused(
    access: Access, action: Action, declared: ObjectType, record_id: int
) -> PermissionDenied:
    """Return the refusal to raise when a record may be seen but not this be done; it is noted."""
    note_refusal(access, declared, action, [record_id])
    return PermissionDenied()


def is_partial(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def is_local(request: HttpRequest, address: str) -> bool:
    """Tell whether `address` leads to this very site (and not to a look-alike)."""
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def back_to(request: HttpRequest, default: str = "/") -> str:
    """Return the local address a form asked to go back to."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_local(request, wanted) else default


def go(request: HttpRequest, address: str) -> HttpResponse:
    """Send the browser to another page, from a whole page or from a fragment."""
    if is_partial(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def source_of(request: HttpRequest, channel: str = "form", detail: str = "") -> Source:
    return Source(channel, detail, getattr(request, "request_id", ""))
