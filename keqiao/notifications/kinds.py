"""The kinds of notices there are; every package declares its own once, at start-up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise


class Channel(StrEnum):
    """How a notice reaches a person; at once and in the digest exclude each other."""

    APP = "app"
    MAIL = "mail"
    DIGEST = "digest"


RECORDS, TEAM, WORK = (
    _("Customers and records"),
    _("Working together"),
    _("Background work and system"),
)


@dataclass(frozen=True)
class NoticeKind:
    """One kind of notice, as people find it in their settings."""

    key: str
    label: str | Promise
    module: str
    default_channels: tuple[Channel, ...] = (Channel.APP,)
    group: str | Promise = RECORDS
    icon: str = "bell"
    order: int = 100


class UnknownKind(Exception):
    """A notice of a kind that nobody declared."""


_kinds: dict[str, NoticeKind] = {}


def register_notice(kind: NoticeKind) -> NoticeKind:
    """Declare a kind of notice; packages above call this once at start-up."""
    _kinds[kind.key] = kind
    return kind


def notice_kind(key: str) -> NoticeKind:
    try:
        return _kinds[key]
    except KeyError:
        raise UnknownKind(key) from None


def kind_or_stranger(key: str) -> NoticeKind:
    """Return the kind of a stored notice, also of a package that is no longer there."""
    return _kinds.get(key) or NoticeKind(key, key, "")


def notice_kinds() -> list[NoticeKind]:
    return sorted(_kinds.values(), key=lambda kind: (kind.order, kind.key))


_APP_AND_DIGEST = (Channel.APP, Channel.DIGEST)
_APP_AND_MAIL = (Channel.APP, Channel.MAIL)
for _kind in (
    NoticeKind("mention", _("Somebody mentions me"), "activities", _APP_AND_MAIL, TEAM, "at", 10),
    NoticeKind(
        "approval", _("Something waits for my approval"), "automation", _APP_AND_MAIL, TEAM,
        "user-check", 20,
    ),
    NoticeKind(
        "assigned", _("Records are given to me"), "records", _APP_AND_DIGEST, RECORDS,
        "user-share", 30,
    ),
    NoticeKind(
        "due", _("A follow-up is due or overdue"), "activities", _APP_AND_DIGEST, RECORDS,
        "clock", 40,
    ),
    NoticeKind(
        "pool_warning", _("A record of mine is about to return to the pool"), "customers",
        _APP_AND_DIGEST, RECORDS, "alert-triangle", 50,
    ),
    NoticeKind(
        "pool_returned", _("A record of mine has returned to the pool"), "customers",
        _APP_AND_DIGEST, RECORDS, "pool", 60,
    ),
    NoticeKind(
        "import_finished", _("My import has finished"), "importing", (Channel.APP,), WORK,
        "file-import", 70,
    ),
    NoticeKind(
        "job_finished", _("My background work has finished or failed"), "jobs", (Channel.APP,),
        WORK, "refresh", 80,
    ),
    NoticeKind(
        "system", _("Announcements and faults"), "notifications", _APP_AND_DIGEST, WORK,
        "info-circle", 90,
    ),
):  # fmt: skip
    register_notice(_kind)
