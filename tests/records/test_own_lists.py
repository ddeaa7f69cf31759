"""A list of one's own is one range of one index in its order, whoever looks and however it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action, Level
from keqiao.access.roles import ensure_standard_roles, set_right
from keqiao.catalog.filter import parse_where
from keqiao.catalog.registry import object_type, object_types
from keqiao.records import counting
from keqiao.records.query import ListQuery, run_list
from tests.company import Company, make, make_all

pytestmark = pytest.mark.django_db
ASKED = ("owner:is_me", "owner:equals:{}", "owner:any_of:{}")


def plans_of(table: str, act: Callable[[], Any]) -> list[str]:
    """Return how the database answers what `act` asks of a table."""
    statements: list[tuple[str, Any]] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        act()
    head = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    found = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Of a handful of rows it would rather read the table.
            for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
        for sql, params in statements:
            if f'FROM "{table}"' in sql and sql.startswith("SELECT"):
                cursor.execute(f"{head} {sql}", params)
                found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found


def query(declared: Any, asked: str, user: User, **more: Any) -> ListQuery:
    where = parse_where([asked.format(user.pk)])
    return ListQuery(object_type=declared, filter=where, **more)


@pytest.mark.parametrize("key", [declared.key for declared in object_types()])
@pytest.mark.parametrize("who", ["li", "wang", "qian"])
def test_ones_own_are_read_in_the_order_of_the_list(company: Company, key: str, who: str) -> None:
    declared, user = object_type(key), getattr(company, who)
    access, table = Access.for_user(user), declared.model._meta.db_table
    assert "owner" in declared.fields()
    for asked in ASKED:
        wanted = query(declared, asked, user, count=False)
        [plan] = plans_of(table, lambda wanted=wanted: run_list(access, wanted))
        for slow in ("TEMP B-TREE", "Sort", f"SCAN {table}", "MULTI-INDEX OR"):
            assert slow not in plan, f"{key} {asked}: {plan}"


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_ones_own_is_counted_without_the_rest_of_the_reach(
    company: Company, asked: str
) -> None:
    account = make("account", owner=company.li)
    make_all("call", [{"about": f"account:{account}"} for _n in range(3)], owner=company.wang)
    make_all("call", [{"about": f"account:{account}"} for _n in range(2)], owner=company.li, seed=9)
    call = object_type("call")
    for user, count in ((company.li, 2), (company.wang, 3)):
        counting.forget()
        access, wanted = Access.for_user(user), query(call, asked, user)
        told: list[Any] = []
        [plan] = plans_of(
            "activities_call",
            lambda access=access, wanted=wanted, told=told: told.append(
                counting.capped_count(access, wanted)
            ),
        )
        assert told == [(count, False)]
        assert "UNION" not in plan and "Append" not in plan, plan


def test_who_reaches_nothing_of_his_own_counts_nothing(company: Company) -> None:
    make_all("call", [{}, {}], owner=company.li)
    call = object_type("call")
    set_right(ensure_standard_roles()["sales"], "call", Action.VIEW, Level.NONE)
    counting.forget()
    access = Access.for_user(User.objects.get(pk=company.li.pk))
    assert counting.capped_count(access, query(call, ASKED[0], company.li)) == (0, False)
    several = query(call, f"owner:any_of:{company.wang.pk},{{}}", company.li)
    counting.forget()
    assert counting.capped_count(Access.for_user(company.qian), several)[0] == 2
