"""Invented follow-ups are believable, the same for the same seed, and truly saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from keqiao.activities.demo import Customer, FollowUpMaker
from keqiao.activities.demo_load import FollowUps
from keqiao.activities.entries import TimelineEntry
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.customers import demo_load
from keqiao.customers.demo_load import Scale, load_demo
from keqiao.records.query import records
from tests.company import SYSTEM

UNTIL = datetime(2026, 11, 21, 15, 0)
SOMEBODY = Customer("account:1", datetime(2025, 2, 1), 7, ((11, "王小明"), (12, "李芳")))


def made_by(seed: int) -> list[tuple[str, dict[str, Any]]]:
    maker = FollowUpMaker(seed, UNTIL)
    return [one for _number in range(200) for one in maker.activities(SOMEBODY, 5)]


def test_the_same_seed_invents_the_same() -> None:
    assert made_by(3) == made_by(3)
    assert made_by(3) != made_by(4)


def test_what_is_done_lies_behind_and_plans_are_late_due_and_to_come() -> None:
    days = set()
    for _kind, one in made_by(5):
        values = one["values"]
        assert "{" not in values.get("body", "") + values.get("name", "")
        if values["state"] == "done":
            assert SOMEBODY.since.date() <= values["at"].date() <= UNTIL.date()
            assert values["body"]
        else:
            days.add((values["at"].date() > UNTIL.date()) - (values["at"].date() < UNTIL.date()))
    assert days == {-1, 0, 1}


@pytest.mark.django_db
def test_every_customer_gets_a_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(demo_load.SCALES, "small", Scale(60, 20, 6))
    until = now().replace(tzinfo=None)
    follow_ups = FollowUps(3, until)
    load_demo("small", parts=[follow_ups], until=until)
    accounts = records(SYSTEM, object_type("account"))
    owned = accounts.filter(owner__isnull=False)
    assert follow_ups.made["activities"] >= owned.count() * 5
    assert not owned.filter(last_activity_at__isnull=True).exists()
    planned = accounts.filter(next_activity_at__isnull=False).count()
    assert 0.2 * accounts.count() < planned < 0.7 * accounts.count()
    assert TimelineEntry.objects.filter(object_key="user", is_open=True).exists()
