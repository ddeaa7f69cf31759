"""Sends the letters that wait: nobody gets one twice, a refused one is tried again, then given up."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from smtplib import (
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from typing import TYPE_CHECKING, Any

import structlog
from django.core.mail import get_connection
from django.db.models import F
from django.utils.translation import gettext_noop

from keqiao.access.models import User
from keqiao.access.words import person
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.notifications.mail_text import mail_of
from keqiao.notifications.models import DeadAddress, Letter
from keqiao.notifications.notify import notify

if TYPE_CHECKING:
    from django.core.mail.backends.base import BaseEmailBackend

State = Letter.State
TRIES = 5
# 5 min, 30 min, 2 h, 8 h: a full mailbox or a server that asks strangers to come back has its time.
PAUSES = (300, 1800, 7200, 28800)
SERVER_PAUSE = timedelta(minutes=5)
SERVER_PATIENCE = timedelta(days=1)
# A letter that has been "being sent" for this long was left by a process that died.
LOST_AFTER = timedelta(minutes=15)
LETTERS_A_RUN = 500
OK = 250

_log = structlog.get_logger(__name__)


class ServerTrouble(Exception):
    """The mail server cannot be used now; nothing of it is the letter's or the address's fault."""


def send_letters() -> int:
    """Send what is due; return how many letters went out."""
    moment = now()
    Letter.objects.filter(state=State.SENDING, next_try_at__lt=moment - LOST_AFTER).update(
        state=State.UNCLEAR, ended_at=moment
    )
    due = Letter.objects.filter(state=State.WAITING, next_try_at__lte=moment).order_by("pk")
    ids = list(due.values_list("pk", flat=True)[:LETTERS_A_RUN])
    if not ids:
        return 0
    sent, server = 0, get_connection()
    try:
        for letter_id in ids:
            sent += _send_one(server, letter_id)
    except ServerTrouble as problem:
        _wait_for_server(ids, str(problem))
    finally:
        with suppress(OSError, SMTPException):
            server.close()
    return sent


def _ready(server: BaseEmailBackend) -> None:
    """Have an open line before a letter is begun: a line found broken later leaves it unclear."""
    line = getattr(server, "connection", None)
    try:
        if line is not None and not _answers(line):
            server.close()
        server.open()
    except (OSError, SMTPException) as problem:
        raise ServerTrouble(_reason(problem)) from problem


def _answers(line: Any) -> bool:
    try:
        return bool(line.noop()[0] == OK)
    except (OSError, SMTPException):
        return False


def _send_one(server: BaseEmailBackend, letter_id: int) -> int:
    """Send one letter. Its row says that it begins before, and how it ended after."""
    letter = Letter.objects.select_related("user").get(pk=letter_id)
    try:
        message = mail_of(letter)
    except Exception as problem:
        # One letter that cannot be written must not stop the others for ever.
        _log.exception("letter_not_written", letter_id=letter_id)
        _end(letter, State.FAILED, _reason(problem))
        return 0
    if message is None:
        _end(letter, State.NEEDLESS)
        return 0
    _ready(server)
    waiting = Letter.objects.filter(pk=letter_id, state=State.WAITING)
    # `next_try_at` is now the moment of the attempt, by which a lost one is known later.
    if not waiting.update(state=State.SENDING, attempts=F("attempts") + 1, next_try_at=now()):
        return 0
    letter.attempts += 1
    letter.address = message.to[0]
    message.connection = server
    try:
        message.send()
    except (SMTPSenderRefused, SMTPConnectError, SMTPHeloError, SMTPNotSupportedError) as problem:
        _again_later(letter)
        raise ServerTrouble(_reason(problem)) from problem
    except (SMTPRecipientsRefused, SMTPDataError) as problem:
        _refused(letter, _reason(problem))
        return 0
    except (OSError, SMTPException) as problem:
        # The line broke in the middle: the server may have taken it. Twice would be worse.
        _end(letter, State.UNCLEAR, _reason(problem))
        raise ServerTrouble(_reason(problem)) from problem
    except ValueError as problem:
        # An address or a header that no mail can have.
        _end(letter, State.FAILED, _reason(problem))
        _give_up_address(letter)
        return 0
    _end(letter, State.SENT)
    return 1


def _end(letter: Letter, state: Letter.State, problem: str = "") -> None:
    letter.state, letter.ended_at, letter.problem = state, now(), problem[:300]
    letter.save(update_fields=["state", "ended_at", "problem", "address"])


def _again_later(letter: Letter) -> None:
    """Take the attempt back: the server, not the letter, was at fault."""
    letter.state, letter.next_try_at = State.WAITING, now() + SERVER_PAUSE
    letter.attempts -= 1
    letter.save(update_fields=["state", "next_try_at", "attempts"])


def _refused(letter: Letter, reason: str) -> None:
    _log.warning("letter_refused", letter_id=letter.pk, attempt=letter.attempts, reason=reason)
    if letter.attempts >= TRIES:
        _end(letter, State.FAILED, reason)
        _give_up_address(letter)
        return
    pause = timedelta(seconds=PAUSES[min(letter.attempts, len(PAUSES)) - 1])
    letter.state, letter.next_try_at, letter.problem = State.WAITING, now() + pause, reason[:300]
    letter.save(update_fields=["state", "next_try_at", "problem", "address"])


def _give_up_address(letter: Letter) -> None:
    """Send nothing more to this address and tell the administrators, once per address."""
    DeadAddress.objects.update_or_create(
        user=letter.user,
        defaults={"address": letter.address, "since": now(), "problem": letter.problem},
    )
    notify(
        _administrators(),
        "system",
        title=say(gettext_noop("Mails to %(who)s cannot be delivered"), who=person(letter.user_id)),
        body=say(
            gettext_noop(
                "The mail server refused %(address)s: %(reason)s. Correct the address of this"
                " person; until then nothing more is sent there."
            ),
            address=letter.address,
            reason=letter.problem,
        ),
        url=f"/settings/people/{letter.user_id}/",
        dedup_key=f"dead-address:{letter.user_id}:{letter.address}",
    )


def _wait_for_server(ids: list[int], reason: str) -> None:
    """Leave the letters waiting; after a day without a server they are old news and given up."""
    _log.error("mail_server_trouble", reason=reason)
    moment = now()
    waiting = Letter.objects.filter(pk__in=ids, state=State.WAITING)
    old = waiting.filter(created_at__lt=moment - SERVER_PATIENCE)
    old.update(state=State.FAILED, ended_at=moment, problem=reason[:300])
    waiting.update(next_try_at=moment + SERVER_PAUSE, problem=reason[:300])
    notify(
        _administrators(),
        "system",
        title=say(gettext_noop("The mail server cannot be used")),
        body=say(
            gettext_noop(
                "Mails wait and are tried again every 5 minutes for a day. The server said:"
                " %(reason)s"
            ),
            reason=reason,
        ),
        url="/settings/company-notices/",
        dedup_key=f"mail-server:{moment:%Y-%m-%d}",
    )


def _administrators() -> list[User]:
    return list(User.objects.filter(is_administrator=True, is_active=True))


def _reason(problem: Exception) -> str:
    """Return what the server answered, in one line."""
    if isinstance(problem, SMTPRecipientsRefused):
        code, text = next(iter(problem.recipients.values()), (0, b""))
        return _one_line(code, text)
    if isinstance(problem, SMTPResponseException):
        return _one_line(problem.smtp_code, problem.smtp_error)
    return " ".join(str(problem).split())[:300] or type(problem).__name__


def _one_line(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(f"{code} {words}".split())[:300]
