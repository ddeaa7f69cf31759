"""What becomes of a draft that looks like a record, on each road and under each rule."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.catalog.registry import object_type
from keqiao.quality.candidates.models import CandidateKey
from keqiao.quality.duplicates.deciding import Verdict, decide
from keqiao.quality.duplicates.models import DuplicatePair, PairStatus
from keqiao.quality.duplicates.models import Scenario as Occasion
from keqiao.quality.duplicates.pairs import FoundPair, record_pairs
from keqiao.quality.scenarios.known import all_rules, rules_for
from keqiao.quality.scenarios.models import Act, Scenario
from keqiao.records.query import get_record, records
from keqiao.records.save import (
    Draft,
    DuplicateFound,
    Held,
    Outcome,
    Rejected,
    Saved,
    Source,
    save_records,
)
from tests.api.conftest import Program
from tests.company import SYSTEM, Company, make
from tests.importing.helpers import check, execute, problems, states, upload
from tests.quality.review.rules import enter, review_rule
from tests.quality.scenarios.rules import ALIKE, BOYUAN, rule

ACCOUNT = object_type("account")
WEB_FORM = Source("web_form")


def count() -> int:
    return records(SYSTEM, ACCOUNT).count()


def test_a_very_alike_entry_is_asked_about_first(company: Company) -> None:
    pk = make("account", owner=company.li, **BOYUAN)
    outcome = enter(company.li, ALIKE)
    assert isinstance(outcome, DuplicateFound)
    [one] = outcome.candidates
    assert (one.record_id, one.blocking, one.field) == (pk, False, "")
    assert "客户名称同音" in one.reasons
    assert count() == 1
    assert isinstance(enter(company.li, ALIKE, allow_duplicates=True), Saved)


def test_who_was_shown_it_while_typing_is_not_asked_again(company: Company) -> None:
    pk = make("account", owner=company.li, **BOYUAN)
    other = enter(company.li, ALIKE, seen=frozenset({f"account:{pk + 1}"}))
    assert isinstance(other, DuplicateFound)
    assert isinstance(enter(company.li, ALIKE, seen=frozenset({f"account:{pk}"})), Saved)


def test_the_exact_guard_is_never_overruled(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN, uscc="91350100M000100Y43")
    rule(Act.LINK)
    outcome = enter(
        company.li, {"name": "别的公司", "uscc": "91350100M000100Y43"}, allow_duplicates=True
    )
    assert isinstance(outcome, DuplicateFound)
    assert outcome.blocking


def test_what_was_alike_before_a_change_is_no_reason_to_ask(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    pk = make("account", owner=company.li, seed=9, **ALIKE)
    assert isinstance(enter(company.li, {"phone": "0512-66668890"}, record_id=pk), Saved)
    assert isinstance(enter(company.li, {"note": "x"}, record_id=pk), Saved)


def test_a_change_that_makes_two_alike_is_asked_about(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    pk = make(
        "account", owner=company.li, seed=9, name="南京大华贸易有限公司", region="320505",
        phone=ALIKE["phone"], address="", email="", uscc="",
    )  # fmt: skip
    assert isinstance(enter(company.li, {"name": ALIKE["name"]}, record_id=pk), DuplicateFound)


def test_blocked_is_blocked_whatever_one_confirms(company: Company) -> None:
    pk = make("account", owner=company.li, **BOYUAN)
    rule(Act.BLOCK)
    outcome = enter(company.li, ALIKE, allow_duplicates=True, seen=frozenset({f"account:{pk}"}))
    assert isinstance(outcome, DuplicateFound)
    assert outcome.blocking
    assert count() == 1


def test_an_exact_key_can_be_blocked(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    rule(Act.BLOCK, by="core", low=None)
    outcome = enter(company.li, {"name": "南京博远科技有限责任公司"})
    assert isinstance(outcome, DuplicateFound)
    assert outcome.blocking
    assert isinstance(enter(company.li, {"name": "南京大华贸易有限公司"}), Saved)


def test_a_rule_speaks_only_of_records_its_condition_fits(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    level = {"field": "level", "operator": "any_of", "value": ["A"]}
    rule(Act.BLOCK, filter=level)
    assert enter(company.li, {**ALIKE, "level": "A"}).blocking
    assert not enter(company.li, {**ALIKE, "level": "B"}).blocking


def test_a_switched_off_rule_of_the_product_stays_off(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    rule(Act.WARN, replaces="entry_strong", is_active=False)
    assert isinstance(enter(company.li, ALIKE), Saved)
    assert all_rules(ACCOUNT)[0].replaces == "entry_strong"
    assert rules_for(ACCOUNT, Scenario.ENTRY) == []


def test_whose_record_is_out_of_reach_is_named_without_it(company: Company) -> None:
    make("account", owner=company.zhou, **BOYUAN)
    outcome = enter(company.li, ALIKE)
    assert isinstance(outcome, DuplicateFound)
    [one] = outcome.candidates
    assert (one.record_id, one.title, one.reasons, one.owner) == (None, None, (), "周销售")


def test_a_field_one_may_not_read_asks_nothing(company: Company) -> None:
    make("contact", owner=company.li, name="王小明", phone="13812345678", account=None)
    lead = {"name": "某某商行", "contact_name": "王晓明", "phone": "13812345678"}
    assert isinstance(enter(company.li, lead, "lead"), DuplicateFound)
    for role in company.li.roles.all():
        set_field_right(role, "contact", "phone", Right.HIDDEN)
    assert isinstance(enter(company.li, lead, "lead"), Saved)


def test_held_for_review(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    rule(Act.REVIEW)
    review_rule(company.wang, sources=["form"], filter=None, fields=["uscc"])
    outcome = enter(company.li, ALIKE)
    assert isinstance(outcome, Held), outcome
    assert count() == 1


def test_a_program_is_answered_409_where_a_rule_says_so(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    li = Program(company.li)
    assert li.post("accounts", ALIKE).status_code == 201
    rule(Act.WARN, Scenario.API)
    alike = {**ALIKE, "name": "苏州博原科技有限公司", "phone": "0512-66668899"}
    answer = li.post("accounts", alike)
    assert answer.status_code == 409
    [first, *_rest] = answer.json()["candidates"]
    assert first["object"] == "account"
    assert first["reasons"]
    assert li.post("accounts?allow_duplicates=true", alike).status_code == 201


HEADER = "客户名称,电话,省市区\n"


def test_rows_of_a_list_wait_for_a_decision_where_a_rule_says_so(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    rows = "苏州博源科技有限公司,0512-66668889,320505\n南京大华贸易有限公司,025-86668889,320102\n"
    rule(Act.WARN, Scenario.IMPORT)
    run = check(upload(Access.for_user(company.li), HEADER + rows))
    assert states(run) == {2: "duplicate", 3: "created"}
    assert problems(run, 2) == [("", "alike")]
    run = execute(run)
    assert states(run) == {2: "duplicate", 3: "created"}
    assert count() == 2


def test_rows_of_one_list_are_compared_with_one_another(company: Company) -> None:
    rows = "苏州博远科技有限公司,0512-66668888,320505\n苏州博源科技有限公司,0512-66668889,320505\n"
    rule(Act.WARN, Scenario.IMPORT)
    run = execute(check(upload(Access.for_user(company.li), HEADER + rows)))
    assert states(run) == {2: "created", 3: "duplicate"}


def test_by_default_a_list_comes_in_whole(company: Company) -> None:
    pk = make("account", owner=company.li, **BOYUAN)
    rows = "苏州博源科技有限公司,0512-66668889,320505\n"
    run = execute(check(upload(Access.for_user(company.li), HEADER + rows)))
    assert states(run) == {2: "created"}
    pair = DuplicatePair.objects.get()
    assert (pair.left, pair.right) == (("account", pk), ("account", pk + 1))
    assert (pair.scenario, pair.status) == ("import", "new")
    assert ["name", "sounds"] in pair.reasons


def test_two_alike_rows_of_one_list_are_linked(company: Company) -> None:
    rows = "苏州博远科技有限公司,0512-66668888,320505\n苏州博源科技有限公司,0512-66668889,320505\n"
    run = execute(check(upload(Access.for_user(company.li), HEADER + rows)))
    assert states(run) == {2: "created", 3: "created"}
    assert DuplicatePair.objects.count() == 1


def test_what_somebody_called_different_is_not_asked_about_again(company: Company) -> None:
    first = make("account", owner=company.li, **BOYUAN)
    changed = {"name": "南京大华贸易有限公司", "region": "320505", "phone": ALIKE["phone"]}
    pk = make("account", owner=company.li, seed=9, **changed, address="", email="", uscc="")
    assert isinstance(enter(company.li, {"name": ALIKE["name"]}, record_id=pk), DuplicateFound)
    record_pairs([FoundPair(("account", first), ("account", pk), 9.0, 0.9)], Occasion.SAVE, "hand")
    decide(
        Access.for_user(company.li), DuplicatePair.objects.get().pk, Verdict(PairStatus.DIFFERENT)
    )
    assert isinstance(enter(company.li, {"name": ALIKE["name"]}, record_id=pk), Saved)


def from_web(values: dict[str, Any]) -> Outcome:
    [outcome] = save_records(
        Access.system("web form"), ACCOUNT, [Draft(values)], source=WEB_FORM, allow_duplicates=True
    )
    return outcome


def test_a_known_customer_at_a_web_form_is_added_to(company: Company) -> None:
    pk = make("account", owner=company.li, **BOYUAN, email="", website="", uscc="", address="")
    sent = {**BOYUAN, "email": "info@boyuan.example", "note": "请回电", "level": "A"}
    before = get_record(SYSTEM, ACCOUNT, pk)
    outcome = from_web(sent)
    assert isinstance(outcome, Saved)
    assert (outcome.record_id, outcome.created) == (pk, False)
    after: Any = get_record(SYSTEM, ACCOUNT, pk)
    assert after.email == "info@boyuan.example"
    # Nothing that stood there is overwritten, and nobody is handed the customer.
    for name in ("name", "phone", "level", "note", "owner_id"):
        assert getattr(after, name) == getattr(before, name), name
    assert count() == 1


def test_what_only_one_may_have_goes_to_nobody_else(company: Company) -> None:
    uscc = "91350100M000100Y43"
    make("account", owner=company.li, name="别的公司", uscc=uscc, seed=4)
    pk = make("account", owner=company.li, **BOYUAN, uscc="")
    outcome = from_web({**BOYUAN, "uscc": uscc})
    # The number says one customer, name and telephone another: nobody is added to unasked.
    after: Any = get_record(SYSTEM, ACCOUNT, pk)
    assert after.uscc == ""
    assert not isinstance(outcome, Rejected)


def test_a_stranger_makes_a_new_record(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    outcome = from_web({"name": "南京大华贸易有限公司", "phone": "025-86668889"})
    assert isinstance(outcome, Saved)
    assert outcome.created


def test_the_form_saves_what_was_shown_while_typing(company: Company) -> None:
    pk = make("account", owner=company.li, **BOYUAN)
    client = Client()
    client.force_login(company.li)
    answer = client.post("/accounts/new/", ALIKE)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "苏州博远科技有限公司" in html
    assert 'name="allow_duplicates"' in html
    assert client.post("/accounts/new/", {**ALIKE, "likely": f"account:{pk}"}).status_code == 303


def test_verbs_of_the_product_are_not_asked(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    for channel in ("form", "demo", "revert", "merge"):
        [outcome] = save_records(
            SYSTEM, ACCOUNT, [Draft(ALIKE)], source=Source(channel), dry_run=True
        )
        assert isinstance(outcome, Saved)


def test_a_blocked_save_leaves_no_keys(company: Company) -> None:
    make("account", owner=company.li, **BOYUAN)
    rule(Act.BLOCK)
    before = set(CandidateKey.objects.values_list("key", "place"))
    enter(company.li, ALIKE)
    assert set(CandidateKey.objects.values_list("key", "place")) == before


@pytest.mark.parametrize("key", ["account", "contact", "lead"])
def test_every_type_has_the_rules_of_the_product(key: str, company: Company) -> None:
    declared = object_type(key)
    rules = all_rules(declared)
    assert {rule.scenario for rule in rules} == set(Scenario)
    assert all(key in rule.scope for rule in rules)
