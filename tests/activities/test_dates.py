"""Last follow-up and next step are always what a plain reckoning over all activities says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from keqiao.activities.deriving import rebuild_timeline
from keqiao.activities.entries import COLUMNS, TimelineEntry, moment_of, places_of
from keqiao.catalog.registry import object_type
from keqiao.records.query import records
from keqiao.records.removal import delete_records, restore_records
from keqiao.records.save import Draft, Saved, save_records
from tests.company import SYSTEM, TEST, Company, make, make_all, save_one

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
TYPES = ("task", "event", "call", "visit", "email_note", "note")
FOLLOWED = ("account", "contact", "lead")


def dates_of(key: str, pk: int) -> tuple[Any, Any]:
    row = records(SYSTEM, object_type(key)).get(pk=pk)
    return row.last_activity_at, row.next_activity_at  # type: ignore[attr-defined]


def reckoned(key: str, pk: int) -> tuple[Any, Any]:
    """Work the dates out of the activities themselves, without any index."""
    done, planned = [], []
    for kind in TYPES:
        for row in records(SYSTEM, object_type(kind)):
            about = row.about == f"{key}:{pk}"  # type: ignore[attr-defined]
            account = key == "account" and row.account_id == pk  # type: ignore[attr-defined]
            contact = key == "contact" and pk in row.contacts  # type: ignore[attr-defined]
            if not (about or account or contact):
                continue
            state = row.state  # type: ignore[attr-defined]
            if state == "done":
                done.append(moment_of(kind, row))
            elif state == "planned":
                planned.append(row.at)  # type: ignore[attr-defined]
    return max(done, default=None), min(planned, default=None)


actions = st.lists(
    st.tuples(
        st.sampled_from(["add", "change", "complete", "cancel", "delete", "restore", "move"]),
        st.integers(0, 5),
        st.integers(-400, 400),
        st.sampled_from(TYPES),
        st.integers(0, 6),
    ),
    max_size=14,
)


class DatesFollow(TestCase):
    """Runs many histories of a few customers against the plain reckoning."""

    def setUp(self) -> None:
        first, second = make_all("account", [{}, {}], seed=1)
        self.targets = [
            ("account", first),
            ("account", second),
            ("contact", make("contact", account=first, seed=3)),
            ("contact", make("contact", account=second, seed=4)),
            ("contact", make("contact", seed=5)),
            ("lead", make("lead", seed=6)),
        ]

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(history=actions)
    def test_dates_follow_every_change(self, history: list[tuple[str, int, int, str, int]]) -> None:
        made: list[tuple[str, int]] = []
        gone: list[tuple[str, int]] = []
        for what, which, hours, kind, place in history:
            self.step(what, which, START + timedelta(hours=hours), kind, place, made, gone)
        for key, pk in self.targets:
            assert dates_of(key, pk) == reckoned(key, pk), (key, history)
        stored = set(TimelineEntry.objects.values_list(*COLUMNS[:4]))
        wanted = {
            place[:4]
            for kind in TYPES
            for row in records(SYSTEM, object_type(kind))
            for place in places_of(kind, row)
        }
        assert stored == wanted
        assert TimelineEntry.objects.count() == len(wanted)

    def step(
        self, what: str, which: int, at: datetime, kind: str, place: int,
        made: list[tuple[str, int]], gone: list[tuple[str, int]],
    ) -> None:  # fmt: skip
        key, pk = self.targets[which]
        if what == "add" or not made:
            values: dict[str, Any] = {"about": f"{key}:{pk}", "body": "见面", "at": at}
            if place > 3:
                values["contacts"] = [self.targets[2][1], self.targets[4][1]]
            if place % 2:
                values["state"] = "planned"
            saved = save_one(SYSTEM, kind, values)
            assert isinstance(saved, Saved), saved
            made.append((kind, saved.record_id))
            return
        kind, number = made[place % len(made)]
        declared = object_type(kind)
        if what == "delete":
            if delete_records(SYSTEM, declared, [number], source=TEST).done:
                gone.append((kind, number))
            return
        if what == "restore":
            if gone:
                kind, number = gone.pop()
                restore_records(SYSTEM, object_type(kind), [number], source=TEST)
            return
        changes: dict[str, dict[str, Any]] = {
            "change": {"at": at, "ends_at": None} if kind == "event" else {"at": at},
            "complete": {"state": "done"},
            "cancel": {"state": "cancelled"},
            "move": {"about": f"{key}:{pk}", "contacts": []},
        }
        save_one(SYSTEM, kind, changes[what], record_id=number)


@pytest.mark.django_db
def test_a_batch_gives_the_same_dates_as_one_by_one(company: Company) -> None:
    accounts = make_all("account", [{} for _number in range(12)], seed=40)
    drafts = [
        Draft({"about": f"account:{pk}", "body": "电话", "at": START + timedelta(hours=hour)})
        for hour, pk in enumerate(accounts * 3)
    ]
    outcomes = save_records(SYSTEM, object_type("call"), drafts, source=TEST)
    assert all(isinstance(one, Saved) for one in outcomes)
    for pk in accounts:
        assert dates_of("account", pk) == reckoned("account", pk)
        assert dates_of("account", pk)[0] is not None


@pytest.mark.django_db
def test_a_record_brought_back_has_the_dates_of_what_happened_meanwhile(company: Company) -> None:
    lead = make("lead")
    task = save_one(SYSTEM, "task", {"about": f"lead:{lead}", "name": "回访", "at": START})
    delete_records(SYSTEM, object_type("lead"), [lead], source=TEST)
    save_one(SYSTEM, "task", {"state": "done"}, record_id=task.record_id)
    restore_records(SYSTEM, object_type("lead"), [lead], source=TEST)
    last, following = dates_of("lead", lead)
    assert following is None
    assert last is not None


@pytest.mark.django_db
def test_the_index_built_anew_is_the_index_kept(company: Company) -> None:
    account = make("account")
    contact = make("contact", account=account)
    for kind in TYPES:
        make_all(kind, [{"about": f"contact:{contact}"}, {"about": f"account:{account}"}], seed=9)
    make_all("comment", [{"about": f"account:{account}", "body": "好"}])
    before = sorted(TimelineEntry.objects.values_list(*COLUMNS), key=str)
    dates = dates_of("account", account), dates_of("contact", contact)
    TimelineEntry.objects.filter(activity_key="call").delete()
    TimelineEntry.objects.create(
        object_key="account", record_id=account, activity_key="note", activity_id=10**6, at=START
    )
    counts = rebuild_timeline()
    assert counts["call"] == 2
    assert sorted(TimelineEntry.objects.values_list(*COLUMNS), key=str) == before
    assert (dates_of("account", account), dates_of("contact", contact)) == dates
