"""A person's calendar for other programs: an address that is a key, kept as a hash and ended at will."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from keqiao.access.access import Access
from keqiao.access.directory import register_ending
from keqiao.activities.day_models import CalendarFeed
from keqiao.activities.ics import IcsEvent, write_calendar
from keqiao.activities.person_calendar import person_entries
from keqiao.base.clock import now, today

if TYPE_CHECKING:
    from keqiao.access.models import User
    from keqiao.ui.calendar import CalendarEntry

PAST_DAYS, FUTURE_DAYS = 60, 400
MOST_FEEDS = 10
SHORTEST_MINUTES = 30
# What has a time of its own; tasks are due at some time, not at that one.
FED = frozenset({"event", "call", "visit"})
_READ_AT_STEP = timedelta(minutes=5)


class FeedProblem(Exception):
    """A calendar address cannot be made; the message says why."""


def make_feed(user: User, name: str, *, shows_titles: bool) -> tuple[CalendarFeed, str]:
    """Make an address; its secret part is returned once and never stored."""
    if CalendarFeed.objects.filter(user=user, revoked_at=None).count() >= MOST_FEEDS:
        raise FeedProblem(_("You have 10 addresses already. Please end one of them first."))
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(
        user=user,
        name=name.strip()[:60] or _("Calendar"),
        digest=_digest(secret),
        shows_titles=shows_titles,
        created_at=now(),
    )
    return feed, secret


def end_feed(user: User, feed_id: int) -> bool:
    mine = CalendarFeed.objects.filter(user=user, pk=feed_id, revoked_at=None)
    return bool(mine.update(revoked_at=now()))


def end_feeds(user: User) -> None:
    CalendarFeed.objects.filter(user=user, revoked_at=None).update(revoked_at=now())


register_ending(end_feeds)


def feed_for(secret: str) -> CalendarFeed | None:
    """Return the feed behind an address, of a person who is still here; note that it was read."""
    if len(secret) > 100:
        return None
    moment = now()
    live = CalendarFeed.objects.filter(
        digest=_digest(secret), revoked_at=None, user__is_active=True
    )
    feed = live.select_related("user").first()
    if feed is not None:
        seldom = Q(last_read_at=None) | Q(last_read_at__lt=moment - _READ_AT_STEP)
        live.filter(seldom).update(last_read_at=moment)
    return feed


def written(feed: CalendarFeed) -> bytes:
    """Return the person's own appointments as an .ics file, read with that person's own rights."""
    user, day = feed.user, today()
    access = Access.for_user(user)
    first, last = day - timedelta(days=PAST_DAYS), day + timedelta(days=FUTURE_DAYS)
    found = person_entries(access, [user.pk], first, last)
    zone = ZoneInfo(timezone.get_default_timezone_name())
    with override(user.language):
        events = [
            _event(entry, shows_titles=feed.shows_titles)
            for entry in found.entries
            if entry.object_key in FED
        ]
        name = _("%(person)s · Keqiao") % {"person": user.name}
        return write_calendar(name, events, zone)


def _event(entry: CalendarEntry, *, shows_titles: bool) -> IcsEvent:
    start = entry.start if isinstance(entry.start, datetime) else now()
    end = entry.end if isinstance(entry.end, datetime) else start
    # The address names no record when only busy times are told.
    mark = f"{entry.object_key}-{entry.id}"
    uid = (
        mark if shows_titles else sha256(f"{settings.SECRET_KEY}:{mark}".encode()).hexdigest()[:32]
    )
    return IcsEvent(
        uid=f"{uid}@keqiao",
        start=start,
        end=max(end, start + timedelta(minutes=SHORTEST_MINUTES)) if end <= start else end,
        summary=entry.title if shows_titles else _("Busy"),
        changed_at=entry.changed_at or start,
        description=entry.note if shows_titles else "",
        url=f"{settings.KEQIAO_SITE}{entry.url}" if shows_titles else "",
        is_all_day=entry.is_all_day,
        is_private=not shows_titles,
    )


def _digest(secret: str) -> str:
    # 256 random bits need no slow hash: nobody can try them out.
    return sha256(secret.encode()).hexdigest()
