"""Saving: conflicts, duplicates, links, owners and numbers, as people meet them."""

from __future__ import annotations

import pytest
from django.db import connection

from keqiao.access.access import Access
from keqiao.catalog.registry import object_type
from keqiao.records import save
from keqiao.records.audit import history, verify_chain
from keqiao.records.models import ChainHead, ChangeEntry, MatchKey
from keqiao.records.query import get_record
from keqiao.records.save import (
    Conflict,
    Draft,
    DuplicateFound,
    Mode,
    Rejected,
    Saved,
    Source,
    save_records,
)
from tests.company import SYSTEM, TEST, Company, make, save_one

FORM = Source("form")


def test_the_steps_stand_in_the_order_the_docs_print() -> None:
    assert [step.__name__ for step in save.STEPS] == [
        "authorise", "check_mask", "clean_values", "check_versions", "apply_before_save", "check_quality",
        "find_duplicates", "gate", "write_records", "write_audit", "write_events",
    ]  # fmt: skip


def test_second_of_two_editors_sees_both_values(company: Company) -> None:
    record_id = make("account", owner=company.li, name="苏州博远", level="B")
    first = save_one(
        Access.for_user(company.wang), "account", {"level": "A"}, record_id=record_id, version=1
    )
    assert isinstance(first, Saved)
    second = save_one(
        Access.for_user(company.li), "account", {"level": "C"}, record_id=record_id, version=1
    )
    assert isinstance(second, Conflict)
    [conflict] = second.fields
    assert (conflict.name, conflict.by) == ("level", "王经理")
    assert conflict.theirs.startswith("A")
    assert conflict.mine.startswith("C")
    assert second.current_version == 2
    again = save_one(
        Access.for_user(company.li), "account", {"level": "C"}, record_id=record_id, version=2
    )
    assert isinstance(again, Saved)


def test_edits_of_different_fields_both_survive(company: Company) -> None:
    record_id = make("account", owner=company.li, level="B", employees=5)
    save_one(SYSTEM, "account", {"level": "A"}, record_id=record_id, version=1)
    late = save_one(
        Access.for_user(company.li), "account", {"employees": 9}, record_id=record_id, version=1
    )
    assert isinstance(late, Saved)
    stored = get_record(SYSTEM, object_type("account"), record_id)
    assert (stored.level, stored.employees, stored.version) == ("A", 9, 3)  # type: ignore[attr-defined]


def test_same_phone_is_caught_however_it_is_written(company: Company) -> None:
    make("account", owner=company.li, phone="0512-62881234")
    outcome = save_one(SYSTEM, "account", {"name": "另一家", "phone": "+86 (0512) 6288 1234"})
    assert isinstance(outcome, DuplicateFound)
    assert [one.field for one in outcome.candidates] == ["phone"]
    assert not outcome.blocking
    knowingly = save_one(
        SYSTEM,
        "account",
        {"name": "另一家", "phone": "+86 (0512) 6288 1234"},
        allow_duplicates=True,
    )
    assert isinstance(knowingly, Saved)


def test_a_registration_number_is_never_held_twice(company: Company) -> None:
    code = "91320594MA1X7K2R3B"
    from keqiao.base.identifiers import with_check_character

    code = with_check_character("91320594MA1X7K2R3")
    make("account", uscc=code)
    outcome = save_one(
        SYSTEM, "account", {"name": "第二家", "uscc": code.lower()}, allow_duplicates=True
    )
    assert isinstance(outcome, DuplicateFound)
    assert outcome.blocking


def test_a_duplicate_out_of_reach_tells_its_owner_only(company: Company) -> None:
    make("account", owner=company.zhou, name="保密客户", phone="13800138000")
    outcome = save_one(
        Access.for_user(company.li), "account", {"name": "新客户", "phone": "13800138000"}
    )
    assert isinstance(outcome, DuplicateFound)
    [candidate] = outcome.candidates
    assert (candidate.record_id, candidate.title, candidate.owner) == (None, None, "周销售")


def test_repeats_inside_one_batch_are_caught(company: Company) -> None:
    drafts = [
        Draft({"name": "甲", "phone": "13800138000"}, ref=1),
        Draft({"name": "乙", "phone": "138 0013 8000"}, ref=2),
    ]
    first, second = save_records(SYSTEM, object_type("account"), drafts, source=TEST)
    assert isinstance(first, Saved)
    assert isinstance(second, DuplicateFound)
    assert second.candidates[0].ref == 1


def test_a_changed_number_frees_the_old_one(company: Company) -> None:
    record_id = make("account", phone="13800138000")
    save_one(SYSTEM, "account", {"phone": "13900139000", "more_phones": []}, record_id=record_id)
    assert isinstance(save_one(SYSTEM, "account", {"name": "新", "phone": "13800138000"}), Saved)


def test_all_or_none_writes_nothing_when_one_fails(company: Company) -> None:
    drafts = [Draft({"name": "好的"}), Draft({"name": ""})]
    outcomes = save_records(
        SYSTEM, object_type("account"), drafts, source=TEST, mode=Mode.ALL_OR_NONE
    )
    assert [type(one) for one in outcomes] == [Rejected, Rejected]
    assert object_type("account").model._default_manager.count() == 0
    assert MatchKey.objects.count() == 0


def test_a_dry_run_writes_nothing(company: Company) -> None:
    lines = ChangeEntry.objects.count()
    [outcome] = save_records(
        SYSTEM, object_type("account"), [Draft({"name": "试"})], source=TEST, dry_run=True
    )
    assert isinstance(outcome, Saved)
    assert object_type("account").model._default_manager.count() == 0
    assert ChangeEntry.objects.count() == lines


def test_a_link_to_a_hidden_record_is_refused_without_its_name(company: Company) -> None:
    hidden = make("account", owner=company.zhou, name="绝密集团")
    outcome = save_one(Access.for_user(company.li), "contact", {"name": "张三", "account": hidden})
    missing = save_one(Access.for_user(company.li), "contact", {"name": "张三", "account": 999_999})
    by_name = save_one(
        Access.for_user(company.li), "contact", {"name": "张三", "account": "绝密集团"}
    )
    for refused in (outcome, missing, by_name):
        assert isinstance(refused, Rejected)
        assert [problem.field for problem in refused.problems] == ["account"]
    assert str(outcome.problems[0].message) == str(missing.problems[0].message)
    assert "绝密" not in str(outcome.problems[0].message)


def test_links_are_found_by_name_and_colleagues_too(company: Company) -> None:
    target = make("account", name="苏州博远精密机械有限公司")
    outcome = save_one(
        SYSTEM,
        "contact",
        {"name": "陈志远", "account": "蘇州博遠精密機械有限公司", "owner": "李销售"},
    )
    assert isinstance(outcome, Saved), outcome
    stored = get_record(SYSTEM, object_type("contact"), outcome.record_id)
    assert (stored.account_id, stored.owner_id, stored.team_id) == (
        target,
        company.li.pk,
        company.east.pk,
    )  # type: ignore[attr-defined]


def test_a_seller_cannot_give_a_customer_away(company: Company) -> None:
    record_id = make("account", owner=company.li)
    for values in ({"owner": company.zhou.pk}, {"owner": "周销售"}, {"owner": None}):
        outcome = save_one(Access.for_user(company.li), "account", values, record_id=record_id)
        assert isinstance(outcome, Rejected), values
        assert outcome.problems[0].code == "transfer"
    assert isinstance(
        save_one(
            Access.for_user(company.wang),
            "account",
            {"owner": company.zhou.pk},
            record_id=record_id,
        ),
        Saved,
    )


def test_new_records_belong_to_their_maker_and_are_numbered(company: Company) -> None:
    numbers = []
    for name in ("甲公司", "乙公司"):
        outcome = save_one(Access.for_user(company.li), "account", {"name": name})
        assert isinstance(outcome, Saved)
        stored = get_record(SYSTEM, object_type("account"), outcome.record_id)
        assert (stored.owner_id, stored.team_id) == (company.li.pk, company.east.pk)  # type: ignore[attr-defined]
        numbers.append(stored.number)  # type: ignore[attr-defined]
    assert numbers == ["A000001", "A000002"]


def test_an_auditor_changes_nothing(company: Company) -> None:
    record_id = make("account", owner=company.li)
    access = Access.for_user(company.sun)
    assert isinstance(save_one(access, "account", {"name": "新"}), Rejected)
    assert isinstance(save_one(access, "account", {"level": "A"}, record_id=record_id), Rejected)


def test_a_secret_never_stands_in_the_database(company: Company) -> None:
    number = "320506199001011233"
    from keqiao.base.identifiers import resident_id_with_check_character

    number = resident_id_with_check_character("32050619900101123")
    record_id = make("contact", owner=company.li, id_number=number)
    save_one(Access.for_user(company.li), "contact", {"id_number": ""}, record_id=record_id)
    save_one(Access.for_user(company.li), "contact", {"id_number": number}, record_id=record_id)
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            assert all(number not in str(row) for row in cursor.fetchall()), table
    lines = history(Access.for_user(company.li), object_type("contact"), record_id)
    assert any(field.after == number for line in lines for field in line.fields)
    seen = history(Access.for_user(company.sun), object_type("contact"), record_id)
    assert not any(number in field.after + field.before for line in seen for field in line.fields)


@pytest.mark.parametrize("damage", ["change", "remove", "truncate"])
def test_tampering_with_the_change_log_shows(company: Company, damage: str) -> None:
    for seed in range(3):
        make("account", seed=seed + 1)
    assert verify_chain().sound
    first, middle, last = ChangeEntry.objects.order_by("id").values_list("pk", flat=True)
    if damage == "change":
        ChangeEntry.objects.filter(pk=middle).update(actor_name="别人")
        assert verify_chain().broken_at == middle
    elif damage == "remove":
        ChangeEntry.objects.filter(pk=first).delete()
        assert verify_chain().broken_at == middle
    else:
        ChangeEntry.objects.filter(pk=last).delete()
        assert verify_chain().truncated
    assert ChainHead.objects.count() == 1


def test_a_parent_may_stand_in_the_same_batch(company: Company) -> None:
    drafts = [
        Draft({"name": "甲子公司", "parent": "甲集团"}),
        Draft({"name": "甲集团"}),
        Draft({"name": "甲孙公司", "parent": "甲子公司"}),
    ]
    outcomes = save_records(SYSTEM, object_type("account"), drafts, source=TEST)
    assert all(isinstance(one, Saved) for one in outcomes), outcomes
    child, parent, grandchild = (one.record_id for one in outcomes if isinstance(one, Saved))
    parents = dict(object_type("account").model._default_manager.values_list("pk", "parent_id"))
    assert parents == {child: parent, parent: None, grandchild: child}
    assert any(
        field.name == "parent" and field.after == "甲集团"
        for line in history(SYSTEM, object_type("account"), child)
        for field in line.fields
    )


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_refused_parent_takes_its_children_along(company: Company, dry_run: bool) -> None:
    drafts = [
        Draft({"name": "乙集团", "employees": "很多"}),
        Draft({"name": "乙子公司", "parent": "乙集团"}),
        Draft({"name": "乙孙公司", "parent": "乙子公司"}),
        Draft({"name": "丙公司"}),
    ]
    outcomes = save_records(SYSTEM, object_type("account"), drafts, source=TEST, dry_run=dry_run)
    assert [type(one) for one in outcomes] == [Rejected, Rejected, Rejected, Saved]
