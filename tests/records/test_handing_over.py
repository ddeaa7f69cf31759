"""Handing over changes owner and department alone, takes along what was asked, and gives no new rights."""

from __future__ import annotations

from datetime import timedelta
from itertools import count as count_from

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keqiao.access.access import Access
from keqiao.access.models import Collaborator, Role
from keqiao.access.rights import Action, Level
from keqiao.access.roles import set_right
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.records.handing_over import Handover, count_along, hand_over
from keqiao.records.models import ChangeEntry
from keqiao.records.save import Source
from tests.company import Company, found_company, make, make_all

pytestmark = pytest.mark.django_db
BULK = Source("bulk")
CHANGED = {"owner_id", "team_id", "version", "updated_at", "updated_by_id"}


@pytest.fixture
def company() -> Company:
    return found_company()


def stored(key: str, pk: int) -> dict:
    return object_type(key).model._default_manager.filter(pk=pk).values().get()


def owner_of(key: str, pk: int) -> int | None:
    return stored(key, pk)["owner_id"]


def give(access: Access, ids: list[int], **options):
    return hand_over(access, object_type("account"), ids, Handover(**options), source=BULK)


@pytest.fixture
def estate(company: Company) -> dict[str, int]:
    """A customer of 李 with contacts of 李 and 王, a planned task of each and a call that happened."""
    account = make("account", owner=company.li)
    about, later = f"account:{account}", (now() + timedelta(days=2)).isoformat()
    plan = {"about": about, "at": later, "state": "planned"}
    return {
        "account": account,
        "own": make("contact", owner=company.li, account=account, seed=2),
        "other": make("contact", owner=company.wang, account=account, seed=3),
        "task": make("task", owner=company.li, seed=4, **plan),
        "task_of_wang": make("task", owner=company.wang, seed=5, **plan),
        "call": make("call", owner=company.li, about=about, state="done", seed=6),
    }


def test_only_owner_and_department_change_and_all_stays_linked(
    company: Company, estate: dict[str, int]
) -> None:
    keys = {"account": "account", "own": "contact", "task": "task", "call": "call"}
    before = {name: stored(key, estate[name]) for name, key in keys.items()}
    access = Access.for_user(company.qian)
    result = give(
        access,
        [estate["account"]],
        values={"owner": company.zhou.pk},
        belongings="mine",
        open_work=True,
    )
    assert result.done == [estate["account"]]
    for name, key in keys.items():
        after = stored(key, estate[name])
        differing = {one for one in after if after[one] != before[name][one]}
        above = {f"{one}_{part}_id" for one in ("account", "about") for part in ("owner", "team")}
        assert differing <= CHANGED | above, (name, differing)
    assert owner_of("account", estate["account"]) == company.zhou.pk
    assert owner_of("contact", estate["own"]) == company.zhou.pk
    assert owner_of("contact", estate["other"]) == company.wang.pk
    assert owner_of("task", estate["task"]) == company.zhou.pk
    assert owner_of("task", estate["task_of_wang"]) == company.wang.pk
    assert owner_of("call", estate["call"]) == company.li.pk  # history stays with who made it
    assert stored("account", estate["account"])["team_id"] == company.west.pk


def test_the_counts_said_before_are_what_goes_along(
    company: Company, estate: dict[str, int]
) -> None:
    access, account = Access.for_user(company.qian), object_type("account")
    chosen = account.model._default_manager.filter(pk=estate["account"])
    assert count_along(access, account, chosen) == {"mine": 1, "all": 2, "work": 1}
    result = give(
        access,
        [estate["account"]],
        values={"owner": company.zhou.pk},
        belongings="all",
        open_work=True,
    )
    assert result.along == {"contact": 2, "task": 1}


def test_without_options_nothing_goes_along(company: Company, estate: dict[str, int]) -> None:
    give(Access.for_user(company.qian), [estate["account"]], values={"owner": company.zhou.pk})
    assert owner_of("contact", estate["own"]) == company.li.pk
    assert owner_of("task", estate["task"]) == company.li.pk
    assert not Collaborator.objects.exists()


def test_a_department_gets_the_contacts_but_no_work_without_a_person(
    company: Company, estate: dict[str, int]
) -> None:
    give(
        Access.for_user(company.qian),
        [estate["account"]],
        values={"owner": "", "team": company.west.pk},
        belongings="mine",
        open_work=True,
    )
    assert owner_of("contact", estate["own"]) is None
    assert stored("contact", estate["own"])["team_id"] == company.west.pk
    assert owner_of("task", estate["task"]) == company.li.pk


def test_the_old_owner_stays_as_collaborator_until_a_day(
    company: Company, estate: dict[str, int]
) -> None:
    until = now() + timedelta(days=7)
    give(
        Access.for_user(company.qian),
        [estate["account"]],
        values={"owner": company.zhou.pk},
        stays="read",
        stays_until=until,
    )
    [share] = Collaborator.objects.all()
    assert (share.user_id, share.can_write, share.expires_at) == (company.li.pk, False, until)
    record = object_type("account").model._default_manager.get(pk=estate["account"])
    assert Access.for_user(company.li).allows(Action.VIEW, record)
    assert not Access.for_user(company.li).allows(Action.CHANGE, record)


def test_that_old_owners_stay_costs_the_same_for_one_record_as_for_many(company: Company) -> None:
    def queries(count: int, stays: str) -> int:
        ids = make_all("account", [{} for _ in range(count)], owner=company.li, seed=next(seeds))
        with CaptureQueriesContext(connection) as asked:
            result = give(
                Access.for_user(company.qian), ids, values={"owner": company.zhou.pk}, stays=stays
            )
        assert len(result.done) == count
        return len(asked)

    seeds = count_from(1000, 100)
    more = [queries(number, "write") - queries(number, "") for number in (2, 12)]
    assert more[1] - more[0] <= 2
    assert more[1] <= 10
    assert Collaborator.objects.filter(user=company.li, can_write=True).count() == 14
    lines = ChangeEntry.objects.filter(action="share", after__person=company.li.name)
    assert lines.count() == 14


def test_a_foreign_record_is_refused_with_all_that_hangs_on_it(
    company: Company, estate: dict[str, int]
) -> None:
    options = {"belongings": "all", "open_work": True, "stays": "write"}
    for person in (company.zhou, company.li):  # sellers may not transfer, not even their own
        result = give(
            Access.for_user(person),
            [estate["account"]],
            values={"owner": company.zhou.pk},
            **options,
        )
        assert result.done == []
        assert list(result.refused) == [estate["account"]]
    assert owner_of("account", estate["account"]) == company.li.pk
    assert owner_of("contact", estate["own"]) == company.li.pk
    assert not Collaborator.objects.exists()


def test_what_lies_outside_of_ones_reach_does_not_go_along(
    company: Company, estate: dict[str, int]
) -> None:
    foreign = make("contact", owner=company.zhou, account=estate["account"], seed=7)
    give(
        Access.for_user(company.wang),
        [estate["account"]],
        values={"owner": company.wang.pk},
        belongings="all",
    )
    assert owner_of("account", estate["account"]) == company.wang.pk
    assert owner_of("contact", foreign) == company.zhou.pk


def test_who_may_transfer_but_not_change_lets_nobody_stay(
    company: Company, estate: dict[str, int]
) -> None:
    manager = Role.objects.get(key="manager")
    set_right(manager, "account", Action.CHANGE, Level.NONE)
    give(
        Access.for_user(company.wang),
        [estate["account"]],
        values={"owner": company.wang.pk},
        stays="write",
    )
    assert not Collaborator.objects.exists()
