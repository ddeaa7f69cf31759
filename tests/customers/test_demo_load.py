"""The invented company is loaded through the write path: people who can sign in, customers they own."""

from __future__ import annotations

import pytest

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.catalog.registry import object_type
from keqiao.customers import demo_load
from keqiao.customers.account import Account
from keqiao.customers.contact import Contact
from keqiao.customers.demo_load import DEMO_PASSWORD, Scale, load_demo
from keqiao.records.audit import verify_chain
from keqiao.records.models import ChangeEntry, Event
from keqiao.records.outbox import dispatch_events
from keqiao.records.query import ListQuery, count_records


@pytest.mark.django_db
def test_small_company_stands_with_owners_contacts_and_sign_ins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(demo_load.SCALES, "small", Scale(300, 40, 6))
    steps: list[tuple[int, int, str]] = []
    told = load_demo("small", lambda *step: steps.append(step))
    assert (told["accounts"], told["leads"], told["refused"]) == (300, 40, 0)
    assert told["users"] == 11
    assert steps[-1] == (40, 40, "leads")
    for name in ("li", "wang", "zhao", "qian", "sun"):
        assert User.objects.get(username=name).check_password(DEMO_PASSWORD)
    assert User.objects.get(username="qian").is_administrator
    assert Contact.objects.filter(account=None).count() == 0
    assert Contact.objects.count() == told["contacts"] > 150
    changes = ChangeEntry.objects.filter(action="create", source="demo").count()
    assert changes == told["accounts"] + told["contacts"] + told["leads"]
    assert verify_chain().sound
    seen = {
        name: count_records(
            Access.for_user(User.objects.get(username=name)),
            ListQuery(object_type=object_type("account")),
        )
        for name in ("li", "wang", "zhao", "qian", "sun")
    }
    assert 0 < seen["li"] < seen["wang"] < seen["qian"] == seen["sun"] == seen["zhao"] == 300
    # It is history: no subscriber has anything to do, however much was loaded.
    assert not Event.objects.exists() and dispatch_events() == 0
    again = load_demo("small")
    assert again["users"] == 11
    assert Account.objects.exclude(phone="").exists()
