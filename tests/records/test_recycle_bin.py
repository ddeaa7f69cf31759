"""The recycle bin opens at once, however many live records lie beside it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from keqiao.access.access import Access
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.removal import deleted_records, restore_records
from tests.company import SYSTEM, TEST, Company, make_all


def plan_of_the_bin(access: Access, key: str) -> str:
    statements: list[tuple[str, Any]] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        deleted_records(access, object_type(key))
    sql, params = next(found for found in statements if "deleted_at" in found[0])
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            # A table of a few rows is quicker sorted; asked for is what the index can do.
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"{explain} {sql}", params)
        return " ".join(str(row) for row in cursor.fetchall())


@pytest.mark.parametrize("key", [declared.key for declared in object_types()])
def test_the_bin_of_every_type_reads_its_own_index_in_order(company: Company, key: str) -> None:
    manager = object_type(key).model._default_manager
    # The index is made for the everyday case: nearly everything lives.
    if key == "account":
        make_all("account", [{} for _number in range(50)])
        with connection.cursor() as cursor:
            cursor.execute(f'ANALYZE "{manager.model._meta.db_table}"')
    plan = plan_of_the_bin(SYSTEM, key)
    assert f"{manager.model._meta.model_name}_binned" in plan, plan
    assert "SORT" not in plan.upper(), plan
    assert "TEMP B-TREE" not in plan.upper(), plan


def test_the_bin_shows_the_last_deleted_first_and_only_what_one_may_bring_back(
    company: Company,
) -> None:
    account = object_type("account")
    mine, theirs, late = (
        make_all("account", [{}], owner=owner, seed=seed)[0]
        for owner, seed in ((company.li, 1), (company.zhou, 2), (company.li, 3))
    )
    moments = {mine: 1, theirs: 2, late: 3}
    for pk, second in moments.items():
        at = timezone.now().replace(microsecond=0, second=second)
        account.model._default_manager.filter(pk=pk).update(deleted_at=at)
    assert [row.pk for row in deleted_records(SYSTEM, account)] == [late, theirs, mine]
    manager = Access.for_user(company.wang)  # of the same branch as 李, not of 周
    assert [row.pk for row in deleted_records(manager, account)] == [late, mine]
    assert restore_records(manager, account, [theirs, late], source=TEST).done == [late]
