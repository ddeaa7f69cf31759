"""Events: written in the transaction of the change, handled afterwards by the worker, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from keqiao.base.clock import now
from keqiao.catalog.object_type import Feature
from keqiao.records.bulk_rows import insert_rows, json_text, moment
from keqiao.records.models import Event, EventCursor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch, Item

Handler = Callable[[Event], None]

_EVENT = ("name", "object_key", "record_id", "actor_id", "at", "depth", "data")
_READ_AT_ONCE = 200
MAX_DEPTH = 5

_subscribers: dict[str, list[tuple[str, Handler]]] = defaultdict(list)
_log = structlog.get_logger(__name__)


def on(name: str) -> Callable[[Handler], Handler]:
    """Subscribe a function to an event ("account.created", or "*.created" for any object type).

    It must bear being called twice.
    """

    def subscribe(handler: Handler) -> Handler:
        _subscribers[name].append((f"{handler.__module__}.{handler.__qualname__}", handler))
        return handler

    return subscribe


def write_events(batch: Batch) -> None:
    """Step 11: write one event per saved record that changed."""
    insert_rows(Event, _EVENT, _rows_of(batch))


def _rows_of(batch: Batch) -> list[tuple[Any, ...]]:
    if Feature.EVENTS not in batch.object_type.features or not batch.source.has_events:
        return []
    key = batch.object_type.key
    stamp = moment(batch.at)
    return [
        (
            f"{key}.{'created' if item.creating else 'changed'}", key, item.stored.pk,
            batch.access.user_id, stamp, 0, json_text(_told(item, batch)),
        )
        for item in batch.open_items()
        if item.creating or item.changes
    ]  # fmt: skip


def write_events_together(
    access: Access,
    declared: ObjectType,
    told: Sequence[tuple[str, int, dict[str, Any]]],
    batches: Sequence[Batch],
    at: datetime,
) -> None:
    """Write the events of several batches of one act, then those of the act itself, in one go.

    `told`: what happened ("merged"), to which record of `declared`, and what there is to say of it.
    """
    rows = [row for batch in batches for row in _rows_of(batch)]
    rows += [
        (
            f"{declared.key}.{name}", declared.key, pk, access.user_id, moment(at), 0,
            json_text(data),
        )
        for name, pk, data in told
    ]  # fmt: skip
    insert_rows(Event, _EVENT, rows)


def write_event(
    access: Access, declared: ObjectType, name: str, record_id: int, data: dict[str, Any]
) -> None:
    """Write the event of an act that changes no record itself ("shared")."""
    if Feature.EVENTS in declared.features:
        Event.objects.create(
            name=f"{declared.key}.{name}", object_key=declared.key, record_id=record_id,
            actor_id=access.user_id, at=now(), depth=0, data=data,
        )  # fmt: skip


def _told(item: Item, batch: Batch) -> dict[str, Any]:
    told: dict[str, Any] = {"fields": sorted(item.changes), "source": batch.source.channel}
    if "owner" in item.changes:
        # Who it was handed to by this very change; the record may have moved on since.
        told["owner"] = item.changes["owner"].after
        if batch.source.note:
            told["note"] = batch.source.note
    return told


def remove_read_events(before: datetime, at_once: int = 1000) -> int:
    """Remove up to `at_once` of the oldest events that are older than `before` and that every
    subscriber of this program has read; return how many went.

    A subscriber that fails or has not begun keeps what it has not read, however old that is.
    """
    subscribers = {subscriber for pairs in _subscribers.values() for subscriber, _handler in pairs}
    places = EventCursor.objects.filter(subscriber__in=subscribers).values_list(
        "last_id", flat=True
    )
    read = list(places)
    oldest = Event.objects.order_by("pk")
    if len(read) < len(subscribers):
        return 0
    if read:
        oldest = oldest.filter(pk__lte=min(read))
    # By number, not by age: events have no index on their time, and numbers grow with it.
    old = [pk for pk, at in oldest.values_list("pk", "at")[:at_once] if at < before]
    return Event.objects.filter(pk__in=old).delete()[0] if old else 0


def dispatch_events() -> int:
    """Hand new events to their subscribers; return how many were read.

    Each subscriber has its own place, moved on in the transaction of its work, so a crash repeats
    at most the event it was busy with and a failing subscriber holds up only itself.
    """
    handled = 0
    by_subscriber: dict[str, dict[str, Handler]] = defaultdict(dict)
    for name, pairs in _subscribers.items():
        for subscriber, handler in pairs:
            by_subscriber[subscriber][name] = handler
    for subscriber, handlers in by_subscriber.items():
        handled += _serve(subscriber, handlers)
    return handled


def _serve(subscriber: str, handlers: dict[str, Handler]) -> int:
    with transaction.atomic():
        EventCursor.objects.get_or_create(subscriber=subscriber)
        cursor = EventCursor.objects.select_for_update().get(subscriber=subscriber)
        events = list(Event.objects.filter(pk__gt=cursor.last_id).order_by("pk")[:_READ_AT_ONCE])
        read = 0
        for event in events:
            handler = handlers.get(event.name) or handlers.get(_any_type(event.name))
            if handler is not None and event.depth <= MAX_DEPTH:
                try:
                    with transaction.atomic():
                        handler(event)
                except Exception:
                    _log.exception("event.failed", subscriber=subscriber, event_id=event.pk)
                    break
            cursor.last_id = event.pk
            read += 1
        cursor.save(update_fields=["last_id"])
        return read


def _any_type(name: str) -> str:
    return f"*.{name.rpartition('.')[2]}"
