"""Events go when all have read them and their time is over; nothing unread is ever removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from keqiao.base.clock import now
from keqiao.records import outbox
from keqiao.records.models import Event, EventCursor
from keqiao.records.tasks import hand_out_events, remove_old_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_subscribers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(outbox, "_subscribers", defaultdict(list))
    yield


def happen(days_ago: int, name: str = "account.created") -> int:
    at = now() - timedelta(days=days_ago)
    return Event.objects.create(name=name, object_key="account", record_id=1, at=at).pk


def left() -> list[int]:
    return list(Event.objects.order_by("pk").values_list("pk", flat=True))


def test_read_and_old_events_go_and_young_ones_stay(no_subscribers: None, settings: Any) -> None:
    heard: list[int] = []
    outbox.on("account.created")(lambda event: heard.append(event.pk))
    old, young = [happen(40), happen(31)], [happen(29), happen(0)]
    assert remove_old_events.call() == 0  # nobody has read them yet
    hand_out_events.call()
    assert heard == old + young
    assert remove_old_events.call() == 2
    assert left() == young
    settings.KEQIAO_EVENT_DAYS = 1
    assert remove_old_events.call() == 1
    assert left() == young[1:]


def test_what_one_subscriber_has_not_read_stays_however_old(no_subscribers: None) -> None:
    outbox.on("account.created")(content)
    first, second = happen(90), happen(80)

    @outbox.on("account.created")
    def breaks_down_at_the_second(event: Event) -> None:
        if event.pk == second:
            raise ConnectionError("partner is down")

    outbox.dispatch_events()
    assert remove_old_events.call() == 1
    assert left() == [second]
    assert first not in left()


def test_a_subscriber_that_begins_today_loses_nothing(no_subscribers: None) -> None:
    outbox.on("account.created")(content)
    event = happen(90)
    hand_out_events.call()
    outbox.on("account.created")(another_new_one)
    assert remove_old_events.call() == 0
    assert left() == [event]


def test_a_subscriber_that_was_taken_out_of_the_program_holds_nothing_back(
    no_subscribers: None,
) -> None:
    EventCursor.objects.create(subscriber="gone.package.listener", last_id=0)
    happen(90)
    assert remove_old_events.call() == 1


def test_many_old_events_go_in_portions(no_subscribers: None) -> None:
    for _number in range(7):
        happen(90)
    assert outbox.remove_read_events(now() - timedelta(days=30), at_once=3) == 3
    assert remove_old_events.call() == 4


def content(event: Event) -> None:
    """A subscriber that is content with everything."""


def another_new_one(event: Event) -> None:
    """A subscriber of a package that was just installed."""
