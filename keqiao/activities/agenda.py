"""A person's calendar and work: what lies in a stretch of days, what is open, how much of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from keqiao.activities.activity import ACTIVITIES
from keqiao.activities.entries import CALENDAR_TYPES, USER, TimelineEntry
from keqiao.activities.streams import TimelineItem
from keqiao.activities.timeline import portions, visible_items

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from keqiao.access.access import Access

# An event that began longer ago does not show where it only goes on.
LONGEST_EVENT = timedelta(days=31)
MOST_IN_CALENDAR = 1_000


def agenda(
    access: Access,
    user_id: int,
    start: datetime,
    end: datetime,
    *,
    kinds: Sequence[str] = (),
    limit: int = MOST_IN_CALENDAR,
) -> list[TimelineItem]:
    """Return what lies in [start, end) of a person's calendar and `access` may see, in order.

    Open activities of every type, events and tasks also when they are done, and events that began
    before `start` and go on.
    """
    entries = _of(user_id).filter(at__gte=start - LONGEST_EVENT, at__lt=end)
    entries = entries.filter(Q(at__gte=start) | Q(ends_at__gt=start)).order_by("at", "id")
    return _filled(access, entries, kinds or ACTIVITIES, limit)


def open_of(
    access: Access,
    user_id: int,
    *,
    until: datetime | None = None,
    since: datetime | None = None,
    kinds: Sequence[str] = (),
    limit: int = 100,
) -> list[TimelineItem]:
    """Return a person's open activities due in [since, until), the most urgent first."""
    entries = _open(user_id, since, until).order_by("at", "id")
    return _filled(access, entries, kinds or ACTIVITIES, limit)


def count_open(
    user_id: int,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    kinds: Sequence[str] = (),
) -> int:
    """Count a person's own open activities, for his own counters: whoever owns them may see them."""
    found = _open(user_id, since, until)
    return (found.filter(activity_key__in=kinds) if kinds else found).count()


def _of(user_id: int) -> QuerySet[TimelineEntry]:
    return TimelineEntry.objects.filter(object_key=USER, record_id=user_id)


def _open(user_id: int, since: datetime | None, until: datetime | None) -> QuerySet[TimelineEntry]:
    found = _of(user_id).filter(is_open=True)
    if since is not None:
        found = found.filter(at__gte=since)
    return found if until is None else found.filter(at__lt=until)


def _filled(
    access: Access, ordered: QuerySet[TimelineEntry], kinds: Sequence[str], limit: int
) -> list[TimelineItem]:
    found: list[TimelineItem] = []
    for portion in portions(ordered, kinds, forwards=True):
        found.extend(visible_items(access, portion.entries))
        if len(found) >= limit:
            break
    return found[:limit]


__all__ = ["CALENDAR_TYPES", "agenda", "count_open", "open_of"]
