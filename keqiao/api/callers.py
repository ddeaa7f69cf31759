"""Who is calling: a program with a token, or a signed-in person whose page asks (CSRF counts)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext_lazy as _

from keqiao.access.access import Access
from keqiao.access.tokens import token_for
from keqiao.api.problems import ApiProblem
from keqiao.base.rate import asked

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_NAMES = frozenset(
    {"token", "access_token", "api_token", "api_key", "apikey", "key", "authorization", "bearer"}
)
WINDOW_SECONDS = 60
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="keqiao"'}


class _CsrfCheck(CsrfViewMiddleware):
    """Django's own check, asked by hand because only session callers need it."""

    def _reject(self, request: HttpRequest, reason: str) -> str:  # type: ignore[override]
        return reason


def caller(request: HttpRequest) -> Access:
    """Return the rights of whoever calls, or end the request with 400, 401 or 403."""
    _refuse_token_in_address(request)
    header = request.headers.get("Authorization", "")
    access = _program(header) if header else _person(request)
    request.access = access  # type: ignore[attr-defined]
    return access


def _refuse_token_in_address(request: HttpRequest) -> None:
    """An address ends up in logs, histories and referrers: a token there is no secret any more."""
    for name, values in request.GET.lists():
        if name.lower() in TOKEN_NAMES or any(str(value).startswith("kq_") for value in values):
            raise ApiProblem(
                "token_in_address",
                _("Send it in the header “Authorization: Bearer …”, and replace this token: it may "
                  "stand in a log by now."),
            )  # fmt: skip


def _program(header: str) -> Access:
    scheme, _space, value = header.partition(" ")
    token = token_for(value.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise ApiProblem(
            "sign_in",
            _("This token is unknown, expired or withdrawn."),
            headers={"WWW-Authenticate": 'Bearer realm="keqiao", error="invalid_token"'},
        )
    return Access.for_token(token)


def _person(request: HttpRequest) -> Access:
    user = request.user
    if not user.is_authenticated or not user.is_active:
        raise ApiProblem("sign_in", headers=CHALLENGE)
    if request.method not in SAFE_METHODS:
        check = _CsrfCheck(lambda _request: None)  # type: ignore[arg-type,return-value]
        check.process_request(request)
        if check.process_view(request, None, (), {}):  # type: ignore[arg-type]
            raise ApiProblem("csrf")
    return Access.for_user(user)


def count_request(access: Access) -> dict[str, str]:
    """Count against the caller's minute; return the RateLimit headers or end the request with 429.

    The fields are those of the IETF draft "RateLimit header fields for HTTP".
    """
    limit = settings.KEQIAO_API_PER_MINUTE
    actor = access.actor
    used, reset = asked(f"api:{actor.kind}:{actor.token_id or actor.user_id}", WINDOW_SECONDS)
    headers = {
        "RateLimit-Policy": f'"minute";q={limit};w={WINDOW_SECONDS}',
        "RateLimit": f'"minute";r={max(limit - used, 0)};t={reset}',
    }
    if used > limit:
        raise ApiProblem(
            "too_many",
            _("Please wait until the minute is over."),
            headers={**headers, "Retry-After": str(reset)},
        )
    return headers


def add_headers(response: HttpResponse, headers: dict[str, str]) -> None:
    for name, value in headers.items():
        response[name] = value
