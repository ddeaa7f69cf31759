"""Data standards are tried out, confirmed by number when they touch everything, and kept with a trace."""

from __future__ import annotations

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import Role
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.jobs.models import Job
from keqiao.jobs.worker import run_worker
from keqiao.quality.standards import trial
from keqiao.quality.standards.models import StandardRule
from keqiao.records import counting
from keqiao.records.models import ChangeEntry
from tests.company import Company, make

NEW = "/settings/standards/new/"


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form(**changes) -> dict:
    return {
        "object": "account", "name": "银行客户要有电话", "field": "phone", "severity": "error",
        "message_zh": "银行客户必须填写电话。", "message_en": "Banks need a phone number.",
        "repair": "", "node": ["1:0:line"], "field-1": "name", "operator-1": "contains",
        "value-1": "银行", "is_active": "on", "do": "save", **changes,
    }  # fmt: skip


@pytest.fixture
def banks(company: Company) -> Company:
    names = ("无锡银行", "常熟银行", "博远科技", "甲骨科技")
    for seed, name in enumerate(names, 1):
        make("account", owner=company.li, seed=seed, name=name, phone="", more_phones=[])
    return company


def test_a_rule_is_tried_saved_applied_and_switched_off(banks: Company) -> None:
    client = browser(banks.qian)
    tried = client.post(NEW, form(do="try")).content.decode()
    assert "4 条记录中有 2 条" in tried and "无锡银行" in tried and "博远科技" not in tried
    assert not StandardRule.objects.exists()
    assert client.post(NEW, form()).status_code == 303
    rule = StandardRule.objects.get()
    assert (rule.is_active, rule.version, rule.changed_by_id) == (True, 1, banks.qian.pk)
    note = ChangeEntry.objects.filter(action="standard").get()
    assert note.after["name"] == "银行客户要有电话"
    entered = browser(banks.li).post("/accounts/new/", {"name": "江阴银行", "was": "{}"})
    assert entered.status_code == 422 and "银行客户必须填写电话。" in entered.content.decode()
    assert client.get(f"/settings/standards/{rule.pk}/").status_code == 200
    listed = client.get("/settings/standards/?object=account").content.decode()
    assert "银行客户必须填写电话。" in listed and "互相矛盾" in listed
    client.post(f"/settings/standards/{rule.pk}/", {"do": "off"})
    entered = browser(banks.li).post("/accounts/new/", {"name": "江阴银行", "was": "{}"})
    assert entered.status_code == 303
    client.post(f"/settings/standards/{rule.pk}/", {"do": "delete"})
    assert not StandardRule.objects.exists()


def test_a_rule_that_touches_everything_is_confirmed_by_its_number(banks: Company) -> None:
    client = browser(banks.qian)
    everything = {"operator-1": "is_filled", "value-1": ""}
    for confirm in ("", "3", "yes"):
        refused = client.post(NEW, form(**everything, confirm=confirm))
        assert refused.status_code == 422 and 'name="confirm"' in refused.content.decode()
        assert not StandardRule.objects.exists()
    assert client.post(NEW, form(**everything, confirm="4")).status_code == 303
    rule = StandardRule.objects.get()
    # Switched off it needs no number, switched on again it does.
    client.post(f"/settings/standards/{rule.pk}/", {"do": "off"})
    again = client.post(f"/settings/standards/{rule.pk}/", form(**everything))
    assert again.status_code == 422
    rule.refresh_from_db()
    assert not rule.is_active


def test_too_many_to_count_at_once_are_counted_in_the_background_first(
    banks: Company, monkeypatch
) -> None:
    monkeypatch.setattr(counting, "COUNT_CAP", 2)
    counting.forget()
    client = browser(banks.qian)
    everything = {"operator-1": "is_filled", "value-1": ""}
    client.post(NEW, form(**everything))
    rule = StandardRule.objects.get()
    assert not rule.is_active and rule.counted is None
    assert Job.objects.filter(task=trial.count_rule.module_path).count() == 1
    run_worker(once=True)
    rule.refresh_from_db()
    assert rule.counted == {"count": 4, "all": 4}
    address = f"/settings/standards/{rule.pk}/"
    assert client.post(address, form(**everything)).status_code == 422
    assert client.post(address, form(**everything, confirm="4")).status_code == 303
    rule.refresh_from_db()
    assert rule.is_active
    counting.forget()


def test_the_form_offers_the_repair_of_an_own_rule(banks: Company) -> None:
    client = browser(banks.qian)
    assert client.post(NEW, form(repair="0510-85001234")).status_code == 303
    entered = browser(banks.li).post("/accounts/new/", {"name": "江阴银行", "was": "{}"})
    page = entered.content.decode()
    assert 'data-offer="0510-85001234"' in page and 'data-offers="id-phone"' in page
    refused = client.post(NEW, form(repair="0510"))
    assert refused.status_code == 422


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"message_zh": " "},
        {"field": "created_at"},
        {"field": "no_such"},
        {"severity": "fatal"},
        {"node": [], "field-1": ""},
    ],
)
def test_a_form_that_says_too_little_changes_nothing(banks: Company, changes) -> None:
    assert browser(banks.qian).post(NEW, form(**changes)).status_code == 422
    assert not StandardRule.objects.exists()


def test_nobody_but_administrators_reaches_the_rules(banks: Company) -> None:
    browser(banks.qian).post(NEW, form())
    rule = StandardRule.objects.get()
    for person in (banks.li, banks.wang, banks.zhao, banks.sun):
        client = browser(person)
        for address in ("/settings/standards/", NEW, f"/settings/standards/{rule.pk}/"):
            assert client.get(address).status_code == 403
            assert client.post(address, form(do="delete")).status_code in {403, 405}
    assert StandardRule.objects.get().is_active


def test_the_offer_of_a_rule_about_a_hidden_field_is_not_told(banks: Company) -> None:
    browser(banks.qian).post(NEW, form(repair="0510-85001234"))
    set_field_right(Role.objects.get(key="sales"), "account", "phone", Right.HIDDEN)
    assert not Access.for_user(banks.li).is_administrator
    entered = browser(banks.li).post("/accounts/new/", {"name": "江阴银行", "was": "{}"})
    page = entered.content.decode()
    assert "0510-85001234" not in page
