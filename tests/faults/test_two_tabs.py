"""Fault 13: two people with old pages in many orders; nobody's accepted change is ever lost unseen."""

from __future__ import annotations

from random import Random

import pytest

from keqiao.access.access import Access
from keqiao.catalog.registry import object_type
from keqiao.records.audit import history, verify_chain
from keqiao.records.query import get_record
from keqiao.records.save import Conflict, Saved
from tests.company import SYSTEM, Company, make, save_one

FIELDS = ("employees", "founded_year", "annual_revenue", "legal_person")


@pytest.mark.parametrize("seed", range(4))
def test_no_interleaving_loses_an_update(company: Company, seed: int) -> None:
    """250 random saves from pages of random age against a model of what must be stored."""
    rng = Random(seed)
    account = object_type("account")
    record_id = make("account", owner=company.li, **dict.fromkeys(FIELDS, ""))
    people = [Access.for_user(company.li), Access.for_user(company.wang)]
    stored = dict.fromkeys(FIELDS, "")
    changed_in = dict.fromkeys(FIELDS, 1)  # the version that last changed each field
    version, accepted = 1, 0
    for step in range(250):
        page_version = rng.randint(max(1, version - 3), version)
        name = rng.choice(FIELDS)
        value = str(step + 1)
        outcome = save_one(
            rng.choice(people), "account", {name: value}, record_id=record_id, version=page_version
        )
        if changed_in[name] > page_version:
            assert isinstance(outcome, Conflict), (step, name)
            assert [field.name for field in outcome.fields] == [name]
            assert outcome.current_version == version
            continue
        assert isinstance(outcome, Saved), (step, outcome)
        version, accepted = version + 1, accepted + 1
        stored[name], changed_in[name] = value, version
        assert outcome.version == version
    record = get_record(SYSTEM, account, record_id)
    shown = {name: account.field(name).value(record) for name in FIELDS}
    assert shown == {
        name: account.field(name).kind.clean(value, account.field(name))
        for name, value in stored.items()
    }
    assert len(history(SYSTEM, account, record_id, limit=1000)) == accepted + 1
    assert verify_chain().sound
