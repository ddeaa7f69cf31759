"""Follow-ups saved at once: the dates are those of the last one, and nobody blocks anybody for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from keqiao.access.access import Access
from keqiao.access.directory import add_user
from keqiao.access.models import User
from keqiao.catalog.registry import object_type
from keqiao.records.models import ChainHead
from keqiao.records.query import get_record
from keqiao.records.removal import delete_records, restore_records
from keqiao.records.save import Saved
from tests.company import SYSTEM, TEST, make, save_one
from tests.records.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
START = datetime(2026, 11, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
ACCESS = Access.system("race")


@pytest.fixture(autouse=True)
def chain_head() -> None:
    ChainHead.objects.get_or_create(pk=1)


@pytest.fixture
def people() -> list[User]:
    return [add_user(name, name, None) for name in ("one", "two")]


def test_the_last_of_several_follow_ups_at_once_is_the_last() -> None:
    account = make("account")
    contact = make("contact", account=account)
    for part in range(4):
        moments = [START + timedelta(days=part, minutes=number) for number in range(5)]
        values = [
            {"about": (f"account:{account}", f"contact:{contact}")[number % 2],
             "contacts": [contact], "body": "x", "at": at}
            for number, at in enumerate(moments)
        ]  # fmt: skip
        results = at_once([partial(save_one, ACCESS, "call", one) for one in values])
        assert all(isinstance(one, Saved) for one in results), results
        for key, pk in (("account", account), ("contact", contact)):
            row = get_record(SYSTEM, object_type(key), pk)
            assert row.last_activity_at == moments[-1], key  # type: ignore[attr-defined]


def test_completing_and_handing_over_the_customer_do_not_wait_in_a_circle(
    people: list[User],
) -> None:
    account = make("account", owner=people[0])
    contact = make("contact", account=account)
    task, call = object_type("task"), object_type("call")
    for part in range(6):
        first = save_one(SYSTEM, "task", {"about": f"contact:{contact}", "name": "x", "at": START})
        other = save_one(SYSTEM, "call", {"about": f"account:{account}", "contacts": [contact]})
        results = at_once(
            [
                partial(save_one, ACCESS, "task", {"state": "done"}, record_id=first.record_id),
                partial(save_one, ACCESS, "account", {"owner": people[part % 2 - 1].pk}, record_id=account),
                partial(delete_records, ACCESS, call, [other.record_id], source=TEST),
                partial(save_one, ACCESS, "task", {"about": f"account:{account}", "name": "y"}),
            ]
        )  # fmt: skip
        assert all(results), results
        assert restore_records(SYSTEM, call, [other.record_id], source=TEST).done
        row = get_record(SYSTEM, task, first.record_id)
        owner = get_record(SYSTEM, object_type("account"), account).owner_id  # type: ignore[attr-defined]
        assert row.account_owner_id == owner  # type: ignore[attr-defined]
