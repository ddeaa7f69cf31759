"""The one way to tell people something: `notify(users, kind, title=…)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.http import url_has_allowed_host_and_scheme

from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.base.words import Words
from keqiao.catalog.registry import object_type_of
from keqiao.notifications.kinds import Channel, notice_kind
from keqiao.notifications.models import Notice
from keqiao.notifications.preferences import wishes_of

if TYPE_CHECKING:
    from django.db.models import Model

    from keqiao.catalog.object_type import ObjectType

    RecordName = tuple[ObjectType | str, int] | str | Model

LONGEST_TEXT = 2000


def notify(
    users: Iterable[User | int],
    kind: str,
    *,
    title: Words | str,
    body: Words | str = "",
    url: str = "",
    record: RecordName | None = None,
    dedup_key: str = "",
    actor: User | int | None = None,
    seen: bool = False,
) -> int:
    """Tell each of `users` as they wish to be told; return how many notices were made.

    `title` is a message id, or `say(msgid, …)` with parameters; "%(record)s" in it is the name of
    `record` as the reader may see it. `body` is text as somebody typed it, or `say(…)`. `record` is
    `(object type or its key, id)`, `"account:42"` or the record itself; without `url` the notice
    leads there. Whoever did it (`actor`) is not told. The same `dedup_key` reaches a person once.
    `seen` keeps it for the record only: no count at the bell, no mail.
    """
    declared = notice_kind(kind)
    actor_id = actor.pk if isinstance(actor, User) else actor
    wanted = {one.pk if isinstance(one, User) else one for one in users} - {actor_id}
    told = User.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True)
    object_key, record_id = _record_name(record)
    words, at, rows = _words(title, body), now(), []
    for user_id, wishes in wishes_of(sorted(told)).items():
        channels = wishes.channels(declared)
        mail = "" if seen else _mail(channels)
        if Channel.APP not in channels and not mail:
            continue
        rows.append(
            Notice(
                user_id=user_id,
                kind=kind,
                url=_own_address(url),
                object_key=object_key,
                record_id=record_id,
                actor_id=actor_id,
                dedup_key=dedup_key[:160],
                at=at,
                read_at=at if seen else None,
                in_app=Channel.APP in channels,
                mail=mail,
                mail_pending=bool(mail),
                **words,
            )
        )
    Notice.objects.bulk_create(rows, ignore_conflicts=bool(dedup_key))
    return len(rows)


def _mail(channels: frozenset[Channel]) -> str:
    if Channel.MAIL in channels:
        return Channel.MAIL.value
    return Channel.DIGEST.value if Channel.DIGEST in channels else ""


def _words(title: Words | str, body: Words | str) -> dict[str, Any]:
    """Return the columns that keep what is said; lazy texts would keep the writer's language."""
    given: list[object] = [title, body]
    if not all(isinstance(one, Words | str) for one in given):
        message = "Give notify() a message id or say(…), not a text that is translated already."
        raise TypeError(message)
    head = title if isinstance(title, Words) else Words(title)
    kept: dict[str, Any] = {"title": head.parameters}
    if isinstance(body, Words):
        kept["body"] = body.parameters
        body = body.msgid
    return {
        "title": _storable(head.msgid)[:300],
        "body": stored_text(body),
        "words": {part: _storable_values(values) for part, values in kept.items()},
    }


def stored_text(text: str) -> str:
    """Return the text of a notice as it is kept."""
    return _storable(text)[:LONGEST_TEXT]


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL, and what people typed elsewhere may carry one.
    return text.replace("\x00", "")


def _storable_values(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _storable_value(value) for name, value in values.items()}


def _storable_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _storable_values(value)
    if isinstance(value, list):  # words in words
        return [_storable_value(one) for one in value]
    return value if isinstance(value, int | None) else _storable(str(value))[:LONGEST_TEXT]


def _record_name(record: RecordName | None) -> tuple[str, int | None]:
    if record is None:
        return "", None
    if isinstance(record, str):
        key, _colon, number = record.partition(":")
        return key, int(number)
    if isinstance(record, tuple):
        declared, record_id = record
        return (declared if isinstance(declared, str) else declared.key), record_id
    return object_type_of(type(record)).key, record.pk


def _own_address(url: str) -> str:
    """Return an address within the product; a notice never leads anywhere else."""
    if not url:
        return ""
    if not url.startswith("/") or not url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        message = f"A notice leads to an address that begins with one slash, not to {url!r}."
        raise ValueError(message)
    return url[:400]
