"""Numbers and times every request, and believes forwarded addresses only from known proxies."""

from __future__ import annotations

import re
import secrets
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    Handler = Callable[[HttpRequest], HttpResponseBase]

log = structlog.get_logger("keqiao.request")
FOREIGN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
QUIET_PATHS = ("/static/", "/livez", "/readyz")
FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
)


class RequestTrace:
    """Binds the `request_id` that log and audit share, and reports the server's own time."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if FOREIGN_ID.fullmatch(given) else secrets.token_hex(8)
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        milliseconds = (time.perf_counter() - start) * 1000
        response["X-Request-ID"] = request_id
        response["Server-Timing"] = f"total;dur={milliseconds:.2f}"
        if not request.path.startswith(QUIET_PATHS):
            # The path without its query: what people search for is personal data.
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round(milliseconds, 1),
            )
        return response


class TrustedProxy:
    """Takes the client's address from a known proxy's header, and drops anyone else's."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        meta = request.META
        if not is_proxy(meta.get("REMOTE_ADDR", "")):
            for name in FORWARDED:
                meta.pop(name, None)
        else:
            meta["REMOTE_ADDR"] = client_address(
                meta["REMOTE_ADDR"], meta.get("HTTP_X_FORWARDED_FOR", "")
            )
        return self.get_response(request)


def is_proxy(address: str) -> bool:
    if not settings.TRUSTED_PROXIES:
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in settings.TRUSTED_PROXIES)


def client_address(remote: str, forwarded: str) -> str:
    """Walk from the nearest hop outwards and stop at the first address that is no proxy of ours."""
    for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        try:
            remote = str(ip_address(hop))
        except ValueError:
            break
        if not is_proxy(remote):
            break
    return remote
