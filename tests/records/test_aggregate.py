"""Counts: they agree with the list they lead to, and tell nobody more than the list would."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Q

from keqiao.access.access import Access, Lens
from keqiao.access.directory import share_record
from keqiao.access.models import Role
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.filter import FilterProblem, parse_where
from keqiao.catalog.registry import object_type
from keqiao.records import aggregate
from keqiao.records.aggregate import Counts, count_by
from keqiao.records.counting import TooSlow
from keqiao.records.query import ListQuery, count_records
from keqiao.records.removal import delete_records
from tests.company import SYSTEM, TEST, Company, make, make_all, save_one


def counted(access: Access, where: str = "", group_by: str = "", **options: Any) -> Counts:
    tree = parse_where([where]) if where else None
    return count_by(access, object_type("account"), tree, group_by, **options)


@pytest.fixture
def customers(company: Company) -> Company:
    make_all("account", [{"level": level} for level in "AAB"], owner=company.li)
    make_all("account", [{"level": "A"}, {"level": None}], owner=company.zhou, seed=30)
    return company


def test_a_count_is_that_of_the_list_for_every_persona(customers: Company) -> None:
    shared = make("account", owner=customers.zhou, seed=60, level="A")
    share_record(object_type("account"), shared, customers.li, by=customers.zhou)
    for person in customers.everybody:
        access = Access.for_user(person)
        for where in ("", "level:any_of:A", "owner:is_me", "created_at:within:today"):
            tree = parse_where([where]) if where else None
            listed = count_records(
                access, ListQuery(object_type=object_type("account"), filter=tree)
            )
            assert counted(access, where).total == listed, (person.name, where)
            assert counted(access, where, "level").total == listed, (person.name, where)
    assert counted(Access.for_user(customers.li)).total == 4
    assert counted(Access.for_user(customers.li), group_by="level").groups == {"A": 3, "B": 1}
    assert counted(SYSTEM, group_by="level").groups == {"A": 4, "B": 1, None: 1}
    owners = {customers.li.pk: 3, customers.zhou.pk: 3}
    assert counted(SYSTEM, group_by="owner").groups == owners


def test_what_lies_in_the_bin_or_behind_a_lens_is_counted_as_listed(customers: Company) -> None:
    gone = make("account", owner=customers.li, seed=80)
    delete_records(SYSTEM, object_type("account"), [gone], source=TEST)
    access = Access.for_user(customers.li)
    assert counted(access).total == 3
    lens = Lens("account", Q(owner=customers.zhou.pk), frozenset({"level"}))
    assert counted(access.through(lens)).total == 2
    with pytest.raises(FilterProblem):
        counted(access.through(lens), group_by="level")


@pytest.mark.parametrize("right", [Right.HIDDEN, Right.MASKED])
def test_a_field_that_may_not_be_read_is_not_counted_by(customers: Company, right: Right) -> None:
    set_field_right(Role.objects.get(key="sales"), "account", "level", right)
    access = Access.for_user(customers.li)
    for options in ({"group_by": "level"}, {"distinct": "level"}, {"where": "level:any_of:A"}):
        with pytest.raises(FilterProblem) as refused:
            counted(access, **options)
        assert refused.value.code == "unknown_field"
    assert counted(access).total == 3


@pytest.mark.parametrize("name", ["parent", "more_phones", "tags", "parent.name"])
def test_links_and_fields_of_several_values_do_not_group(company: Company, name: str) -> None:
    with pytest.raises(FilterProblem) as refused:
        counted(SYSTEM, group_by=name)
    assert refused.value.code == "group"


def test_different_customers_of_visits_are_counted_once(company: Company) -> None:
    one, two = make("account", owner=company.li), make("account", owner=company.li, seed=5)
    for seed, account in enumerate((one, one, two)):
        make("visit", owner=company.li, seed=seed, about=f"account:{account}", state="done")
    found = count_by(SYSTEM, object_type("visit"), distinct="account")
    assert found.total == 2
    assert (
        count_by(Access.for_user(company.zhou), object_type("visit"), distinct="account").total == 0
    )


def test_custom_values_are_counted(company: Company) -> None:
    choices = [{"key": "hot", "label": "热"}, {"key": "cold", "label": "冷"}]
    values = {"key": "x_heat", "label": "热度", "kind": "choice", "choices": choices}
    add_custom_field(object_type("account"), values)
    for seed, heat in enumerate(("hot", "hot", "cold", None)):
        number = make("account", seed=seed + 1)
        save_one(SYSTEM, "account", {"x_heat": heat}, record_id=number)
    assert counted(SYSTEM, group_by="x_heat").groups == {"hot": 2, "cold": 1, None: 1}


def test_a_count_stops_at_its_cap_and_says_so(customers: Company) -> None:
    found = counted(SYSTEM, cap=3)
    assert (found.total, found.is_capped, found.text) == (3, True, "3+")
    found = counted(Access.for_user(customers.qian), cap=5)
    assert (found.total, found.is_capped) == (5, False)


def test_what_takes_too_long_is_not_counted(
    customers: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(_milliseconds: int) -> None:
        raise TooSlow

    monkeypatch.setattr(aggregate, "time_limit", give_up)
    assert counted(SYSTEM).total is None
    assert counted(SYSTEM).text == "–"


def test_too_many_groups_are_refused(customers: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate, "MOST_GROUPS", 1)
    with pytest.raises(FilterProblem):
        counted(SYSTEM, group_by="level")
