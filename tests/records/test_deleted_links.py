"""A link to a deleted record says so to whom would see the record, and nothing to others."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from keqiao.access.access import Access
from keqiao.catalog.registry import object_type
from keqiao.records.audit import history
from keqiao.records.present import present
from keqiao.records.query import get_record
from keqiao.records.removal import delete_records
from tests.company import SYSTEM, TEST, Company, make, save_one

pytestmark = pytest.mark.django_db


def test_deleted_is_told_only_to_those_in_reach(company: Company) -> None:
    account = object_type("account")
    parent = make("account", owner=company.li, name="母公司")
    hidden = make("account", owner=company.zhou, seed=5, name="别人的母公司")
    ours = make("account", owner=company.li, seed=2, parent=parent)
    theirs = make("account", owner=company.li, seed=3, parent=hidden)
    save_one(SYSTEM, "account", {"parent": hidden}, record_id=ours)
    save_one(SYSTEM, "account", {"parent": parent}, record_id=ours)
    delete_records(SYSTEM, account, [parent, hidden], source=TEST)
    li, wang = Access.for_user(company.li), Access.for_user(company.wang)

    def text(access: Access, record_id: int) -> str:
        [row] = present(access, account, [get_record(access, account, record_id)], ["parent"])
        return row.cells["parent"].text

    with override("en"):
        assert text(li, ours) == "(deleted)"
        assert text(wang, ours) == "(deleted)"
        assert text(li, theirs) == "(no access)"
        newest = history(li, account, ours)[0]
        [change] = [one for one in newest.fields if one.name == "parent"]
        assert (change.before, change.after) == ("(no access)", "(deleted)")
