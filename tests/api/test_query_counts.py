"""What a call may ask of the database: a fixed number of queries, however many rows it returns."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_type, object_types
from tests.api.conftest import Program
from tests.company import make_all

KEYS = [declared.key for declared in object_types() if Feature.API in declared.features]
LIST_QUERIES = 8
RECORD_QUERIES = 8


def queries(caller: Program, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert caller.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("role", ["li", "wang", "qian"])
def test_a_list_costs_the_same_for_one_row_and_for_many(key: str, role: str, request: Any) -> None:
    caller: Program = request.getfixturevalue(role)
    address = f"{object_type(key).path}?fields=*&limit=50&count=true"
    make_all(key, [{}], owner=caller.user)
    queries(caller, address)  # the token's first use of the day is noted
    few = queries(caller, address)
    make_all(key, [{} for _ in range(30)], owner=caller.user, seed=100)
    assert queries(caller, address) == few
    assert few <= LIST_QUERIES


@pytest.mark.parametrize("key", KEYS)
def test_a_record_costs_little(key: str, li: Program) -> None:
    [number] = make_all(key, [{}], owner=li.user)
    address = f"{object_type(key).path}/{number}"
    queries(li, address)
    assert queries(li, address) <= RECORD_QUERIES
