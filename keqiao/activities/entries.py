"""The timeline's index: which activity stands on whose timeline, at what moment, still open or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.db.models import Q

from keqiao.activities.activity import ACTIVITIES, CANCELLED, COMMENT, DONE, PLANNED
from keqiao.catalog.pointer import pointed_to

if TYPE_CHECKING:
    from datetime import datetime

USER = "user"
# These stay in their owner's calendar after they are done.
CALENDAR_TYPES = frozenset({"task", "event"})


class TimelineEntry(models.Model):
    """One place where an activity shows: on a customer, a contact, a lead, or in a person's calendar.

    One range of an index answers each question: a record's timeline, its open activities, a person's
    day. Comments are in it like activities, neither open nor done.
    """

    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    activity_key = models.CharField(max_length=40)
    activity_id = models.BigIntegerField()
    at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    is_open = models.BooleanField(default=False)
    is_done = models.BooleanField(default=False)
    is_pinned = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["object_key", "record_id", "at", "id", "activity_key"],
                name="timeline_record",
            ),
            models.Index(
                fields=["object_key", "record_id", "at", "id"],
                condition=Q(is_open=True),
                name="timeline_open",
            ),
            models.Index(
                fields=["object_key", "record_id", "at", "id"],
                condition=Q(is_pinned=True),
                name="timeline_pinned",
            ),
            models.Index(fields=["activity_key", "activity_id"], name="timeline_activity"),
        ]


class Place(NamedTuple):
    """The columns of one entry, as they are written."""

    object_key: str
    record_id: int
    activity_key: str
    activity_id: int
    at: datetime
    ends_at: datetime | None
    is_open: bool
    is_done: bool
    is_pinned: bool


COLUMNS = Place._fields


def moment_of(key: str, row: Any) -> datetime:
    """Return where an activity stands in time: when it happened, or when it is due."""
    if key == COMMENT:
        return row.created_at  # type: ignore[no-any-return]
    if key == "task" and row.state == DONE:
        return row.done_at or row.at  # type: ignore[no-any-return]
    return row.at  # type: ignore[no-any-return]


def places_of(key: str, row: Any) -> set[Place]:
    """Return every place where an activity or comment shows."""
    at = moment_of(key, row)
    if key == COMMENT:
        return {
            Place(*target, key, row.pk, at, None, False, False, False) for target in _commented(row)
        }
    state, ends_at = row.state, getattr(row, "ends_at", None)
    found = {
        Place(*target, key, row.pk, at, ends_at, state == PLANNED, state == DONE, row.pinned)
        for target in dealt_with(row)
    }
    if state != CANCELLED and (state == PLANNED or key in CALENDAR_TYPES):
        people = {row.owner_id, *(getattr(row, "participants", None) or ())} - {None}
        found |= {
            Place(USER, pk, key, row.pk, at, ends_at, state == PLANNED, state == DONE, row.pinned)
            for pk in people
        }
    return found


def dealt_with(row: Any) -> set[tuple[str, int]]:
    """Return the records an activity is with: what it is about, its customer, each contact."""
    about = pointed_to(row.about)
    found = {("contact", pk) for pk in row.contacts or ()}
    if about:
        found.add(about)
    if row.account_id:
        found.add(("account", row.account_id))
    return found


def _commented(row: Any) -> set[tuple[str, int]]:
    about = pointed_to(row.about)
    if about is None:
        return set()
    if row.account_id and about[0] not in ACTIVITIES:
        return {about, ("account", row.account_id)}
    return {about}  # a remark on an activity stands below it, not beside it
