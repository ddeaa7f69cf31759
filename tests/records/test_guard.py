"""The duplicate guard stays with a record through edits, refusals, deletion and return."""

from __future__ import annotations

import pytest
from django.test import override_settings

from keqiao.access.access import Access
from keqiao.access.models import Role
from keqiao.access.rights import Action, Level
from keqiao.access.roles import set_right
from keqiao.catalog.custom_fields import (
    CustomFieldProblem,
    add_custom_field,
    change_custom_field,
)
from keqiao.catalog.filter import Condition
from keqiao.catalog.registry import object_type
from keqiao.records.models import MatchKey
from keqiao.records.query import ListQuery, get_record, run_list
from keqiao.records.removal import delete_records, restore_records
from keqiao.records.save import Draft, DuplicateFound, Rejected, Saved, Source, save_records
from tests.company import SYSTEM, TEST, Company, make, save_one

PHONE = "13800138000"
USCC = "91110108551385082Q"
ID_NUMBER = "11010519491231002X"
RING = "ab" * 32


def test_a_repeat_accepted_once_survives_later_edits(db: None) -> None:
    first = make("contact", phone=PHONE, email="")
    second = make("contact", phone=PHONE, email="", seed=2)
    edited = save_one(SYSTEM, "contact", {"email": "new@example.cn"}, record_id=second)
    assert isinstance(edited, Saved), edited
    assert isinstance(save_one(SYSTEM, "contact", {"email": ""}, record_id=second), Saved)
    delete_records(SYSTEM, object_type("contact"), [first], source=TEST)
    third = save_one(SYSTEM, "contact", {"name": "王三", "phone": PHONE})
    assert isinstance(third, DuplicateFound), third


def test_one_record_twice_in_a_batch_is_changed_once(db: None) -> None:
    record = make("account", name="苏州甲公司", phone=PHONE)
    drafts = [
        Draft({"phone": "13800138001"}, record_id=record),
        Draft({"phone": "13800138002"}, record_id=record),
    ]
    first, second = save_records(SYSTEM, object_type("account"), drafts, source=TEST)
    assert isinstance(first, Saved)
    assert isinstance(second, Rejected)
    assert second.problems[0].code == "repeated"
    assert isinstance(
        save_one(SYSTEM, "account", {"name": "苏州乙公司", "phone": "13800138002"}), Saved
    )


def test_what_must_be_unique_stays_so_when_records_come_back(db: None) -> None:
    account = object_type("account")
    key = add_custom_field(account, {"label": "会员号", "kind": "text", "unique": True}).key
    old = make("account", **{key: "A1"})
    delete_records(SYSTEM, account, [old], source=TEST)
    new = make("account", seed=2, **{key: "A1"})
    removal = restore_records(SYSTEM, account, [old], source=TEST)
    assert removal.done == [] and removal.in_use == {old: 1}
    delete_records(SYSTEM, account, [new], source=TEST)
    assert restore_records(SYSTEM, account, [old], source=TEST).done == [old]
    assert isinstance(save_one(SYSTEM, "account", {"name": "某公司", key: "A1"}), DuplicateFound)


def test_a_field_with_values_cannot_become_unique_afterwards(db: None) -> None:
    account = object_type("account")
    row = add_custom_field(account, {"label": "会员号", "kind": "text"})
    values = {"label": "会员号", "unique": True}
    make("account", **{row.key: "A1"})
    with pytest.raises(CustomFieldProblem):
        change_custom_field(row, values)
    row.refresh_from_db()
    assert not row.unique


def test_secret_numbers_are_found_while_keys_are_changed(db: None) -> None:
    contact = object_type("contact")
    with override_settings(KEQIAO_ENCRYPTION_KEYS=[f"k1:{RING}"]):
        record = make("contact", id_number=ID_NUMBER)
    with override_settings(KEQIAO_ENCRYPTION_KEYS=[f"k2:{'cd' * 32}", f"k1:{RING}"]):
        asked = ListQuery(object_type=contact, filter=Condition("id_number", "equals", ID_NUMBER))
        assert [row.id for row in run_list(SYSTEM, asked).rows] == [record]
        again = save_one(SYSTEM, "contact", {"name": "王三", "id_number": ID_NUMBER})
        assert isinstance(again, DuplicateFound), again


def test_records_are_handed_over_only_within_the_reach_of_that_right(company: Company) -> None:
    role = Role.objects.get(key="sales")
    set_right(role, "account", Action.VIEW, Level.ALL)
    set_right(role, "account", Action.CHANGE, Level.ALL)
    set_right(role, "account", Action.TRANSFER, Level.OWN)
    theirs = make("account", owner=company.zhou)
    mine = make("account", owner=company.li, seed=2)
    access = Access.for_user(company.li)
    taken = save_one(access, "account", {"owner": company.li.pk}, record_id=theirs)
    assert isinstance(taken, Rejected)
    assert get_record(SYSTEM, object_type("account"), theirs).owner_id == company.zhou.pk  # type: ignore[attr-defined]
    given = save_one(access, "account", {"owner": company.zhou.pk}, record_id=mine)
    assert isinstance(given, Saved)


def test_keys_follow_the_values(db: None) -> None:
    record = make("account", name="苏州甲公司", phone=PHONE)
    save_records(
        SYSTEM,
        object_type("account"),
        [Draft({"phone": "13800138001"}, record_id=record)],
        source=Source("form"),
    )
    assert isinstance(save_one(SYSTEM, "account", {"name": "苏州乙公司", "phone": PHONE}), Saved)
    taken = save_one(SYSTEM, "account", {"name": "苏州丙公司", "phone": "13800138001"})
    assert isinstance(taken, DuplicateFound)
    save_one(SYSTEM, "account", {"phone": ""}, record_id=record)
    freed = save_one(SYSTEM, "account", {"name": "苏州丁公司", "phone": "13800138001"})
    assert isinstance(freed, Saved)
    assert MatchKey.objects.filter(object_key="account", record_id=record).exists()


def test_a_field_is_changed_under_its_own_name(db: None) -> None:
    account = object_type("account")
    row = add_custom_field(account, {"label": "会员号", "kind": "text"})
    changed = change_custom_field(row, {"label": "会员号", "standard": "卡面上的号码"})
    assert changed.standard == "卡面上的号码"
    other = add_custom_field(account, {"label": "卡号", "kind": "text"})
    with pytest.raises(CustomFieldProblem):
        change_custom_field(other, {"label": "会员号"})
