"""Keying again: by somebody else, blind, compared in the normal form; a third person settles."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.customers.account import ACCOUNT
from keqiao.quality.double_entry.keying import (
    EntryProblem,
    differences,
    entries_to_key,
    key_again,
    settle,
    take_back,
)
from keqiao.quality.double_entry.known import is_in_sample
from keqiao.quality.double_entry.models import DoubleEntryRule, EntryState, SecondEntry
from keqiao.records.audit import history
from keqiao.records.outbox import dispatch_events
from keqiao.records.query import get_record
from tests.company import SYSTEM, Company, make, save_one
from tests.quality.double_entry.rules import entry_rule

NAME, USCC = "苏州博远科技有限公司", "91350100M000100Y43"


def _of(user: User) -> Access:
    return Access.for_user(user)


def _desk(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def entry(company: Company) -> SecondEntry:
    """What 李销售 has keyed, to be keyed again by any of three."""
    entry_rule(company.li, company.wang, company.qian)
    save_one(_of(company.li), "account", {"name": NAME, "uscc": USCC, "phone": "0512-62881234"})
    dispatch_events()
    return SecondEntry.objects.get()


def test_what_fits_a_rule_is_to_be_keyed_again_once(company: Company, entry: SecondEntry) -> None:
    assert (entry.first_by_id, entry.state) == (company.li.pk, EntryState.OPEN)
    assert set(entry.keyed.values_list("field", flat=True)) == {"name", "uscc", "phone"}
    save_one(_of(company.li), "account", {"note": "x"}, record_id=entry.record_id)
    dispatch_events()
    assert SecondEntry.objects.count() == 1


def test_a_condition_and_a_share_choose(company: Company) -> None:
    rule = entry_rule(
        company.li, company.wang, share=20,
        filter={"field": "name", "operator": "contains", "value": "银行"},
    )  # fmt: skip
    make("account", owner=company.li, name=NAME)
    dispatch_events()
    assert not SecondEntry.objects.exists()
    chosen = sum(is_in_sample(rule, number) for number in range(5000))
    assert 900 < chosen < 1100


def test_nobody_keys_his_own_entry_again(company: Company, entry: SecondEntry) -> None:
    assert not entries_to_key(_of(company.li)).exists()
    with pytest.raises(EntryProblem):
        key_again(_of(company.li), entry.pk, {"name": NAME})
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondEntry.objects.filter(pk=entry.pk).update(second_by_id=company.li.pk)


def test_the_page_shows_nothing_of_the_first_entry(company: Company, entry: SecondEntry) -> None:
    page = _desk(company.wang).get("/quality/second-entry/").content.decode()
    assert 'name="uscc"' in page
    for text in (NAME, USCC, "62881234"):
        assert text not in page, text
    assert _desk(company.zhou).get("/quality/second-entry/").status_code == 404


def test_equal_in_the_normal_form_is_verified(company: Company, entry: SecondEntry) -> None:
    client = _desk(company.wang)
    client.post(
        "/quality/second-entry/",
        {"entry": entry.pk, "name": "苏州博远科技有限公司 ", "uscc": USCC.lower(),
         "phone": "0512 6288 1234"},
    )  # fmt: skip
    entry.refresh_from_db()
    assert (entry.state, entry.second_by_id) == (EntryState.AGREED, company.wang.pk)
    mark = "由 李销售、王经理 双人录入核对一致"
    address = f"/accounts/{entry.record_id}/?tab=details"
    assert _desk(company.li).get(address).content.decode().count(f'title="{mark}') == 3
    save_one(SYSTEM, "account", {"phone": "0512-62889999"}, record_id=entry.record_id)
    assert _desk(company.li).get(address).content.decode().count(f'title="{mark}') == 2


def _differ(company: Company, entry: SecondEntry) -> None:
    key_again(
        _of(company.wang),
        entry.pk,
        {"name": "苏州博原科技", "uscc": USCC, "phone": "0512-62881234"},
    )


def test_a_third_person_settles_what_differs(company: Company, entry: SecondEntry) -> None:
    _differ(company, entry)
    assert get_record(SYSTEM, ACCOUNT, entry.record_id).name == NAME
    for one in (company.li, company.wang):
        assert not differences(_of(one)).exists()
    page = _desk(company.qian).get("/quality/queue/differences/").content.decode()
    assert NAME in page
    assert "苏州博原科技" in page
    _desk(company.qian).post(
        "/quality/queue/differences/",
        {"item": entry.pk, "decision": "accept", "choice-name": "second"},
    )
    entry.refresh_from_db()
    assert (entry.state, entry.third_by_id) == (EntryState.SETTLED, company.qian.pk)
    assert get_record(SYSTEM, ACCOUNT, entry.record_id).name == "苏州博原科技"
    assert history(SYSTEM, ACCOUNT, entry.record_id)[0].source == "double_entry"
    dispatch_events()
    assert SecondEntry.objects.count() == 1  # settling is no first entry


def test_the_database_knows_the_third_person_too(company: Company, entry: SecondEntry) -> None:
    _differ(company, entry)
    for one in (company.li, company.wang):
        with pytest.raises(IntegrityError), transaction.atomic():
            SecondEntry.objects.filter(pk=entry.pk).update(third_by_id=one.pk)


def test_neither_may_hold_and_the_decision_is_taken_back(
    company: Company, entry: SecondEntry
) -> None:
    _differ(company, entry)
    boss = _of(company.qian)
    settle(boss, entry.pk, {"name": ("other", "苏州博源科技有限公司")}, seen_version=None)
    assert get_record(SYSTEM, ACCOUNT, entry.record_id).name == "苏州博源科技有限公司"
    take_back(boss, entry.pk)
    assert get_record(SYSTEM, ACCOUNT, entry.record_id).name == NAME
    assert differences(boss).count() == 1


def test_a_field_without_a_choice_is_not_settled(company: Company, entry: SecondEntry) -> None:
    _differ(company, entry)
    with pytest.raises(EntryProblem):
        settle(_of(company.qian), entry.pk, {}, seen_version=None)
    assert SecondEntry.objects.get().state == EntryState.DIFFERS


def test_a_later_first_entry_takes_the_place_of_the_one_that_waits(
    company: Company, entry: SecondEntry
) -> None:
    save_one(SYSTEM, "account", {"owner": company.wang.pk}, record_id=entry.record_id)
    save_one(_of(company.wang), "account", {"phone": "0512-62889999"}, record_id=entry.record_id)
    dispatch_events()
    entry.refresh_from_db()
    assert entry.first_by_id == company.wang.pk
    assert not entries_to_key(_of(company.wang)).exists()


def test_whoever_may_not_write_a_field_does_not_key_it(company: Company) -> None:
    from keqiao.access.models import Role
    from keqiao.access.rights import Right
    from keqiao.access.roles import set_field_right

    entry_rule(company.li, company.wang)
    make("account", owner=company.li, name=NAME, uscc=USCC)
    dispatch_events()
    set_field_right(Role.objects.get(key="manager"), "account", "uscc", Right.READ)
    page = _desk(company.wang).get("/quality/second-entry/").content.decode()
    assert 'name="uscc"' not in page


def test_the_report_says_how_many_it_rests_on(company: Company, entry: SecondEntry) -> None:
    _differ(company, entry)
    page = _desk(company.qian).get("/settings/double-entry/report/").content.decode()
    assert "未测量" in page
    assert _desk(company.li).get("/settings/double-entry/report/").status_code == 403


def test_a_rule_needs_two_people_and_a_field(company: Company) -> None:
    client = _desk(company.qian)
    form = {
        "object": "account", "name": "复录", "share": "10", "do": "save", "is_active": "on",
        "users__pick": [f"{company.wang.pk}|王经理"], "users": ["王经理"],
    }  # fmt: skip
    assert client.post("/settings/double-entry/new/", form).status_code == 422
    form["fields"] = ["uscc"]
    assert client.post("/settings/double-entry/new/", form).status_code == 422
    form["users__pick"] = [f"{company.wang.pk}|王经理", f"{company.li.pk}|李销售"]
    form["users"] = ["王经理", "李销售"]
    assert client.post("/settings/double-entry/new/", form).status_code == 303
    rule = DoubleEntryRule.objects.get()
    assert (rule.share, rule.fields) == (10, ["uscc"])
    assert client.get(f"/settings/double-entry/{rule.pk}/").status_code == 200
    assert client.get("/settings/double-entry/").status_code == 200
