"""What was done with a customer: whoever may not see it can neither read nor touch it by its number."""

from __future__ import annotations

import pytest

from keqiao.catalog.registry import object_type
from keqiao.records.query import records
from tests.attacks.conftest import browser_of
from tests.company import SYSTEM, Company, make

pytestmark = pytest.mark.django_db

SECRET = "只有李销售知道"
VERBS = ("", "comment/", "text/", "remove/", "pin/", "complete/", "check/", "cancel/")


@pytest.mark.parametrize("key", ["task", "note", "call"])
def test_a2_a_foreign_activity_can_neither_be_read_nor_changed(company: Company, key: str) -> None:
    account = make("account", owner=company.li, name=f"{SECRET}公司")
    number = make(key, owner=company.li, about=f"account:{account}", body=SECRET, name=SECRET)
    declared = object_type(key)
    before = records(SYSTEM, declared).filter(pk=number).values().get()
    client = browser_of(company.zhou)
    addresses = [f"/activities/{key}/{number}/{verb}" for verb in VERBS]
    addresses += [
        f"/activities/next/account/{account}/",
        f"/activities/timeline/account/{account}/",
        f"/activities/timeline/account/{account}/counts/",
        f"/activities/log/?about=account:{account}",
        f"/activities/plan/?about=account:{account}",
    ]
    for address in addresses:
        for headers in ({}, {"HX-Request": "true"}):
            read = client.get(address, headers=headers)
            assert SECRET not in read.content.decode(), address
            wrote = client.post(
                address, {"body": "改", "text": "改", "name": "改", "go": "1"}, headers=headers
            )
            assert wrote.status_code in {302, 303, 400, 403, 404, 405, 422}, address
            assert SECRET not in wrote.content.decode(), address
    assert records(SYSTEM, declared).filter(pk=number).values().get() == before
    for other in ("comment", "note", "task"):
        assert records(SYSTEM, object_type(other)).count() == (1 if other == key else 0), other
