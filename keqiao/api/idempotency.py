"""Lets a program repeat a POST safely: the same key and body are done once and answered alike.

The answer is stored in the transaction of the change itself, so a killed server leaves either both
or neither. A claim, committed before, tells a second request that the first one is still running;
its number fences: whoever lost the claim cannot commit any more.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import socket
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from keqiao.api.models import IdempotentRequest
from keqiao.api.problems import ApiProblem
from keqiao.base.clock import now
from keqiao.base.encryption import decrypt, encrypt
from keqiao.base.rotation import SealedStore, column_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from keqiao.access.access import Access

KEY = re.compile(r"[\x21-\x7e]{1,200}")
KEPT = timedelta(hours=24)
# A request that is neither finished nor provably dead after this is taken over; the fence makes
# that safe, so it may be short.
CLAIM_SECONDS = 10
PURPOSE = "api.idempotent_request.body"
KEPT_HEADERS = ("Content-Type", "ETag", "Location")
REPLAYED = "Idempotent-Replayed"


class _LostClaim(Exception):
    """Somebody else took the request over; roll back whatever this one did."""


def once(request: HttpRequest, access: Access, action: Callable[[], HttpResponse]) -> HttpResponse:
    """Run `action`, or return what it answered when it ran under the same key."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return action()
    if not KEY.fullmatch(key):
        raise ApiProblem(
            "bad_request", _("“Idempotency-Key” is 1 to 200 visible ASCII characters.")
        )
    actor = f"token:{access.actor.token_id}" if access.actor.token_id else f"user:{access.user_id}"
    claim = _claim(actor, key, _digest(request))
    if isinstance(claim, HttpResponse):
        return claim
    try:
        with transaction.atomic():
            try:
                with transaction.atomic():
                    response = action()
            except ApiProblem as problem:
                # A refusal is an answer too: the repeat must not be accepted where this one was not.
                response = problem.response()
            _finish(claim, response)
    except _LostClaim:
        raise _in_flight(1) from None
    except BaseException:
        IdempotentRequest.objects.filter(claim=claim, status=0).delete()
        raise
    return response


def _digest(request: HttpRequest) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return sha256(head + request.body).hexdigest()


def _claim(actor: str, key: str, digest: str) -> str | HttpResponse:
    """Return the number of a claim that is now ours, or the answer given before."""
    claim, moment = secrets.token_hex(16), now()
    try:
        with transaction.atomic():
            IdempotentRequest.objects.create(
                actor=actor,
                key=key,
                digest=digest,
                claim=claim,
                claimed_by=_process(),
                claimed_at=moment,
                created_at=moment,
            )
    except IntegrityError:
        return _known(actor, key, digest, claim, moment)
    return claim


def _known(actor: str, key: str, digest: str, claim: str, moment: datetime) -> str | HttpResponse:
    found = IdempotentRequest.objects.filter(actor=actor, key=key).first()
    if found is None:  # withdrawn in this very moment
        raise _in_flight(1)
    is_old = found.created_at < moment - KEPT
    if not is_old and found.digest != digest:
        raise ApiProblem("key_reused", _("Use a new key for every new request."))
    if not is_old and found.status:
        return _replay(found)
    wait = found.claimed_at + timedelta(seconds=CLAIM_SECONDS) - moment
    if not is_old and wait > timedelta(0) and not _is_dead(found.claimed_by):
        raise _in_flight(int(wait.total_seconds()) + 1)
    taken = IdempotentRequest.objects.filter(pk=found.pk, claim=found.claim).update(
        claim=claim,
        claimed_by=_process(),
        claimed_at=moment,
        created_at=moment if is_old else found.created_at,
        digest=digest,
        status=0,
        headers={},
        body="",
    )
    if not taken:
        raise _in_flight(1)
    return claim


def _finish(claim: str, response: HttpResponse) -> None:
    headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
    body = base64.b64encode(response.content).decode("ascii")
    written = IdempotentRequest.objects.filter(claim=claim, status=0).update(
        status=response.status_code, headers=headers, body=encrypt(body, PURPOSE) if body else ""
    )
    if not written:
        raise _LostClaim


def _replay(found: IdempotentRequest) -> HttpResponse:
    body = base64.b64decode(decrypt(found.body, PURPOSE)) if found.body else b""
    response = HttpResponse(body, status=found.status)
    for name, value in found.headers.items():
        response[name] = value
    response[REPLAYED] = "true"
    return response


def _in_flight(seconds: int) -> ApiProblem:
    return ApiProblem(
        "in_flight",
        _("Please repeat the same request in a moment to get its answer."),
        headers={"Retry-After": str(seconds)},
    )


def _process() -> str:
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def _is_dead(process: str) -> bool:
    """True when the process that claimed ran on this machine and is gone (a number may be reused:
    then we only wait longer).
    """
    host, _colon, number = process.rpartition(":")
    if host != socket.gethostname()[:80] or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def forget_old_requests() -> int:
    """Delete what is older than a day (run by the timetable)."""
    deleted, _by_model = IdempotentRequest.objects.filter(created_at__lt=now() - KEPT).delete()
    return deleted


def sealed_answers() -> list[SealedStore]:
    """Return the kept answers, for the change of keys."""
    rows = IdempotentRequest.objects.all()
    return [column_store("kept API answers", rows, "body", PURPOSE)]
