"""Keys of the duplicate check are those of the live records, whatever road a record came or went by."""

from __future__ import annotations

from typing import Any

import pytest

from keqiao.catalog.registry import object_type
from keqiao.quality.candidates.comparing import (
    Forms,
    as_text,
    compared_types,
    comparing,
    packed,
    unpacked,
)
from keqiao.quality.candidates.crowded import MOST_SHARING
from keqiao.quality.candidates.lookup import Candidate, look_up, look_up_many
from keqiao.quality.candidates.models import (
    CandidateForms,
    CandidateKey,
    CrowdedKey,
    KeysKept,
)
from keqiao.quality.candidates.rekeying import bring_up_to_date, due, orphans, rekey
from keqiao.quality.candidates.weighing import scope_of, weigher
from keqiao.records.merging import Merged, merge_records
from keqiao.records.merging_undo import Unmerged, undo_merge
from keqiao.records.removal import delete_records, restore_records
from keqiao.records.save import Draft, Rejected, Source, save_records
from keqiao.records.search_index import first_place
from tests.company import SYSTEM, TEST, Company, make, make_all

REVERT = Source("revert")
BOYUAN = {"name": "苏州博远科技有限公司", "phone": "0512-66668888", "region": "320505"}


def found(key: str, values: dict[str, Any]) -> list[Candidate]:
    plan = comparing(object_type(key))
    assert plan is not None
    return look_up(plan, plan.forms(values), scope_of(object_type(key)))


def ids(key: str, values: dict[str, Any], of: str = "") -> list[int]:
    return [one.record_id for one in found(key, values) if one.object_type.key == (of or key)]


def kept() -> tuple[set[tuple[int, int]], dict[int, tuple[Any, ...]]]:
    forms = CandidateForms.objects.values_list("pk", "mark", "keys", "forms")
    return (
        set(CandidateKey.objects.values_list("key", "place")),
        {pk: (mark, tuple(unpacked(keys)), text) for pk, mark, keys, text in forms},
    )


def assert_in_step() -> None:
    """What is kept is what a rekey of everything would write, no more and no less."""
    before = kept()
    CandidateKey.objects.all().delete()
    CandidateForms.objects.all().delete()
    for declared in compared_types():
        plan = comparing(declared)
        assert plan is not None
        rekey(plan)
    assert kept() == before


def test_spellings_of_one_customer_find_each_other(company: Company) -> None:
    made = make("account", **BOYUAN)
    assert ids("account", {"name": "蘇州博遠科技有限公司"}) == [made]
    assert ids("account", {"name": "博源科技", "region": "320505"}) == [made]
    assert ids("account", {"name": "别的公司", "phone": "+86 512 6666 8888"}) == [made]
    assert ids("account", {"name": "南京大华贸易有限公司"}) == []


def test_every_way_of_writing_keeps_keys_in_step(company: Company) -> None:
    account = object_type("account")
    first, second, third = make_all("account", [BOYUAN, {**BOYUAN, "phone": "13800138111"}, {}])
    make_all("contact", [{"account": first}, {"account": second}])
    make_all("lead", [{}, {}])
    assert_in_step()
    save_records(
        SYSTEM, account, [Draft({"name": "无锡大华贸易有限公司"}, record_id=first)], source=TEST,
        allow_duplicates=True,
    )  # fmt: skip
    assert_in_step()
    delete_records(SYSTEM, account, [third], source=TEST)
    assert_in_step()
    restore_records(SYSTEM, account, [third], source=TEST)
    assert_in_step()
    merged = merge_records(SYSTEM, account, first, [second], source=TEST)
    assert isinstance(merged, Merged), merged
    assert_in_step()
    assert isinstance(undo_merge(SYSTEM, merged.merge_id, source=REVERT), Unmerged)
    assert_in_step()


def test_a_change_beside_the_compared_fields_leaves_keys_alone(company: Company) -> None:
    made = make("account", **BOYUAN)
    CandidateForms.objects.filter(pk=first_place("account") + made).update(mark=7)
    save_records(
        SYSTEM, object_type("account"), [Draft({"note": "later"}, record_id=made)], source=TEST
    )
    assert CandidateForms.objects.get(pk=first_place("account") + made).mark == 7


def test_a_refused_save_leaves_no_keys(company: Company) -> None:
    before = kept()
    outcomes = save_records(
        SYSTEM, object_type("account"), [Draft({**BOYUAN, "email": "no mail"})], source=TEST
    )
    assert isinstance(outcomes[0], Rejected)
    assert kept() == before


def test_a_lead_finds_the_customer_and_the_person(company: Company) -> None:
    account = make("account", **BOYUAN, more_phones=["13812345678"])
    contact = make("contact", name="王小明", account=account, phone="13812345678", more_phones=[])
    typed = {"name": "博远科技", "contact_name": "王晓明", "phone": "138 1234 5678"}
    found_here = {(one.object_type.key, one.record_id): one for one in found("lead", typed)}
    assert found_here.keys() == {("account", account), ("contact", contact)}
    lead, plan = comparing(object_type("lead")), comparing(object_type("account"))
    assert lead is not None
    assert plan is not None
    told = weigher(lead, plan).reasons(found_here["account", account].found)
    # One of the customer's further numbers, and the name behind its place and legal form.
    assert told[:2] == ["电话相同", "名称相同"]


def test_two_of_one_name_at_one_customer_find_each_other(company: Company) -> None:
    account, other = make_all("account", [{}, {}])
    made = make("contact", name="王伟", account=account, region="")
    assert ids("contact", {"name": "王伟", "account": account}) == [made]
    assert ids("contact", {"name": "王伟", "account": other}) == []


def test_a_person_has_no_brand(company: Company) -> None:
    account = comparing(object_type("account"))
    assert account is not None
    person = account.forms({"name": "王小明", "region": "320505"})
    firm = account.forms({"name": "博远", "region": "320505"})
    assert "brand_city" not in {rule.name for rule in account.named_keys(person).values()}
    assert "brand_city" in {rule.name for rule in account.named_keys(firm).values()}


def test_a_number_of_a_person_is_kept_as_a_fingerprint(company: Company) -> None:
    made = make("contact", id_number="11010519491231002X")
    text = CandidateForms.objects.get(pk=first_place("contact") + made).forms
    assert "11010519491231002X" not in text
    assert ids("contact", {"name": "别人", "id_number": "11010519491231002X"}) == [made]


def test_what_everybody_shares_finds_nobody_and_is_named(company: Company) -> None:
    shared = {"phone": "13800000000", "more_phones": [], "email": "", "address": ""}
    rows = [
        {**shared, "name": f"第{number:04}号{chr(0x4E00 + number * 3)}商行", "uscc": ""}
        for number in range(MOST_SHARING + 20)
    ]
    make_all("account", rows)
    assert found("account", {"name": "新来的", "phone": "13800000000"}) == []
    plan = comparing(object_type("account"))
    assert plan is not None
    rekey(plan)
    named = dict(CrowdedKey.objects.filter(rule="phone").values_list("value", "records"))
    assert named == {"+8613800000000": len(rows)}


def test_five_thousand_on_one_key_hide_nobody_else(company: Company) -> None:
    made = make("account", **{**BOYUAN, "phone": "13800000000"})
    plan = comparing(object_type("account"))
    assert plan is not None
    forms = plan.forms({"phone": "13800000000"})
    first, crowd = first_place("account"), range(10_000, 15_000)
    CandidateForms.objects.bulk_create(
        CandidateForms(
            id=first + pk, mark=plan.mark, keys=packed(plan.keys_of(forms)), forms=as_text(forms)
        )
        for pk in crowd
    )
    CandidateKey.objects.bulk_create(
        CandidateKey(key=key, place=first + pk) for pk in crowd for key in plan.keys_of(forms)
    )
    assert found("account", {"phone": "13800000000"}) == []
    typed = {"name": "博远科技", "phone": "13800000000"}
    assert ids("account", typed) == [made]
    drafts = [plan.forms(typed), plan.forms({"phone": "13800000000"})]
    many = look_up_many(plan, drafts, scope_of(object_type("account")))
    assert [[one.record_id for one in of_draft] for of_draft in many] == [[made], []]


def test_many_are_looked_up_as_one_is(company: Company) -> None:
    make_all("account", [{} for _number in range(30)])
    plan, scope = comparing(object_type("account")), scope_of(object_type("account"))
    assert plan is not None
    drafts = [
        Forms(plan.forms({"name": f"苏州博远{number}科技有限公司", "region": "320505",
                          "phone": f"1381234567{number % 10}"}))
        for number in range(20)
    ]  # fmt: skip
    make_all("account", [{**BOYUAN, "phone": "13812345678"}, BOYUAN])
    assert look_up_many(plan, drafts, scope) == [look_up(plan, one, scope) for one in drafts]


def test_records_from_before_are_keyed_by_the_job(company: Company) -> None:
    made = make("account", **BOYUAN)
    CandidateKey.objects.all().delete()
    CandidateForms.objects.all().delete()
    assert {plan.object_type.key for plan in due()} == {"account", "contact", "lead"}
    assert bring_up_to_date.call()["account"] == 1
    assert ids("account", {"name": "博远科技"}) == [made]
    assert due() == []
    assert bring_up_to_date.call() == {}


def test_keys_of_older_rules_go_when_keyed_anew(company: Company) -> None:
    made = make("account", **BOYUAN)
    place = first_place("account") + made
    old = CandidateForms.objects.get(pk=place)
    CandidateKey.objects.create(key=4711, place=place)
    old.keys, old.mark = bytes(old.keys) + (4711).to_bytes(8, "little"), 1
    old.save()
    KeysKept.objects.update_or_create(
        object_key="account", defaults={"mark": 1, "at": "2026-01-01T00:00Z"}
    )
    bring_up_to_date.call()
    assert not CandidateKey.objects.filter(key=4711).exists()
    assert orphans("account") == 0
    assert_in_step()


@pytest.mark.parametrize("key", ["account", "contact", "lead"])
def test_no_text_breaks_a_look_up(key: str, company: Company) -> None:
    make(key)
    for text in ("\x00\ud800", "𠮷野家" * 200, "'; DROP TABLE x; --", "٠١٢٣", "🙂" * 50):
        assert isinstance(found(key, {"name": text, "phone": text, "email": text}), list)
