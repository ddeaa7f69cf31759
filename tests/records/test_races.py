"""Two people at once: of two racing saves of one phone number or one record, exactly one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connections

from keqiao.access.access import Access
from keqiao.access.directory import DirectoryProblem, add_user, deactivate
from keqiao.access.models import User
from keqiao.catalog import state
from keqiao.catalog.registry import object_type
from keqiao.records.audit import verify_chain
from keqiao.records.merging import Merged, MergeRefused, merge_records
from keqiao.records.models import ChainHead
from keqiao.records.save import Conflict, DuplicateFound, Saved, Source
from tests.company import make, save_one

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def chain_head() -> None:
    ChainHead.objects.get_or_create(pk=1)


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run each call in its own thread and connection, started together."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            state.forget_versions()
            barrier.wait(timeout=20)
            results[place] = call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def test_two_racing_saves_of_one_phone_make_one_customer() -> None:
    access = Access.system("race")
    for number in range(5):
        phone = f"1380013800{number}"
        results = at_once(
            [
                partial(save_one, access, "account", {"name": name, "phone": phone})
                for name in (f"甲{number}公司", f"乙{number}公司", f"丙{number}公司")
            ]
        )
        kinds = sorted(type(result).__name__ for result in results)
        assert kinds == ["DuplicateFound", "DuplicateFound", "Saved"], results
        assert isinstance(results[0], (Saved, DuplicateFound))
    assert object_type("account").model._default_manager.count() == 5
    assert verify_chain().sound


def test_two_racing_edits_lose_nothing() -> None:
    access = Access.system("race")
    record_id = make("account", name="一家公司", employees=1)
    results = at_once(
        [
            partial(
                save_one, access, "account", {"employees": value}, record_id=record_id, version=1
            )
            for value in (10, 20, 30)
        ]
    )
    winners = [result for result in results if isinstance(result, Saved)]
    assert len(winners) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 2
    assert verify_chain().sound


def test_whoever_loses_a_race_for_a_phone_keeps_the_guard_of_the_old_one() -> None:
    access = Access.system("race")
    ids = [
        make("account", name=f"{name}公司", phone=f"1390013900{place}", seed=place + 1)
        for place, name in enumerate("甲乙丙")
    ]
    results = at_once(
        [
            partial(save_one, access, "account", {"phone": "13700137000"}, record_id=number)
            for number in ids
        ]
    )
    assert sum(isinstance(result, Saved) for result in results) == 1, results
    for place, result in enumerate(results):
        new = {"name": f"新{place}公司", "phone": f"1390013900{place}"}
        again = save_one(access, "account", new)
        expected = Saved if isinstance(result, Saved) else DuplicateFound
        assert isinstance(again, expected), (place, again)
    assert verify_chain().sound


def test_two_administrators_who_switch_each_other_off_leave_one() -> None:
    pair = [add_user(name, name, None, is_administrator=True) for name in ("one", "two")]

    def switch_off(user: User) -> bool:
        try:
            deactivate(user)
        except DirectoryProblem:
            return False
        return True

    assert sorted(at_once([partial(switch_off, user) for user in pair])) == [False, True]
    assert User.objects.filter(is_administrator=True, is_active=True).count() == 1


def test_of_two_merges_racing_over_one_record_one_wins() -> None:
    access = Access.system("race")
    account = object_type("account")
    ids = [
        make("account", name=f"{name}公司", seed=place + 1) for place, name in enumerate("甲乙丙")
    ]
    contact = make("contact", seed=9, account=ids[1])
    results = at_once(
        [
            partial(merge_records, access, account, survivor, [ids[1]], source=Source("form"))
            for survivor in (ids[0], ids[2])
        ]
    )
    [won] = [one for one in results if isinstance(one, Merged)]
    [lost] = [one for one in results if isinstance(one, MergeRefused)]
    assert lost.code == "not_found"
    contacts = object_type("contact").model._default_manager
    assert contacts.get(pk=contact).account_id == won.survivor_id  # type: ignore[attr-defined]
    assert verify_chain().sound


def test_two_records_merged_into_each_other_at_once_leave_one() -> None:
    access = Access.system("race")
    account = object_type("account")
    one, two = (
        make("account", name=f"{name}公司", seed=seed) for seed, name in ((1, "甲"), (2, "乙"))
    )
    results = at_once(
        [
            partial(merge_records, access, account, kept, [lost], source=Source("form"))
            for kept, lost in ((one, two), (two, one))
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["MergeRefused", "Merged"]
    assert account.model._default_manager.filter(deleted_at=None).count() == 1
