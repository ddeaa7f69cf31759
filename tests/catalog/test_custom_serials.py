"""Serial numbers of a company's own: given by a rule, never typed, and to old records when wanted."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.catalog.models import CustomField, NumberingRule
from keqiao.catalog.registry import object_type
from keqiao.importing.starting import importable_fields
from keqiao.jobs.worker import run_worker
from keqiao.records import number_existing
from keqiao.records.audit import history, verify_chain
from keqiao.records.number_existing import number_existing as job
from keqiao.records.query import get_record
from keqiao.records.save import Rejected, Saved
from tests.company import SYSTEM, Company, make, make_all, save_one
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db
ASKED = {
    "object": "account", "label": "档案号", "kind": "serial", "prefix": "DA", "date_format": "",
    "digits": "4", "restart": "never", "sensitivity": "internal", "filterable": "on",
    "required": "on", "unique": "on",
}  # fmt: skip


def number(record_id: int) -> Any:
    row = CustomField.objects.get(label="档案号")
    declared = object_type("account")
    return declared.field(row.key).value(get_record(SYSTEM, declared, record_id))


def add(client: Client, **more: str) -> CustomField:
    answer = client.post("/settings/fields/new/", {**ASKED, **more})
    assert answer.status_code == 303, answer.content.decode()
    return CustomField.objects.get(label="档案号")


def test_new_records_get_numbers_and_old_ones_stay_without(company: Company) -> None:
    old = make("account", owner=company.li)
    row = add(browser(company.qian))
    assert (row.required, row.unique) == (False, False)
    new = [save_one(Access.for_user(company.li), "account", {"name": name}) for name in "甲乙"]
    assert [number(one.record_id) for one in new] == ["DA0001", "DA0002"]
    assert not number(old)
    typed = save_one(SYSTEM, "account", {"name": "丙", row.key: "DA0009"})
    assert isinstance(typed, Rejected)
    assert isinstance(save_one(SYSTEM, "account", {"level": "A"}, record_id=old), Saved)
    form = browser(company.li).get("/accounts/new/").content.decode()
    assert f'name="{row.key}"' not in form
    offered = importable_fields(Access.for_user(company.li), object_type("account"))
    assert row.key in {field.name for field in offered}  # a key to find records by, as "number"


def test_the_rule_is_asked_with_the_field_and_changed_with_the_others(company: Company) -> None:
    client = browser(company.qian)
    form = client.get("/settings/fields/new/?object=account").content.decode()
    for name in ("prefix", "date_format", "digits", "restart", "number_existing"):
        assert f'name="{name}"' in form
    wrong = client.post("/settings/fields/new/", {**ASKED, "restart": "year"})
    assert wrong.status_code == 422
    assert not CustomField.objects.exists()
    assert not NumberingRule.objects.filter(prefix="DA").exists()
    row = add(client, date_format="YYYYMM", restart="month")
    assert f"account.{row.key}" in client.get("/settings/numbering/").content.decode()
    looks = {"rule": f"account.{row.key}", "prefix": "N", "digits": "3", "restart": "never"}
    client.post("/settings/numbering/", {**looks, "date_format": ""})
    outcome = save_one(SYSTEM, "account", {"name": "甲"})
    assert number(outcome.record_id) == "N001"


def test_existing_records_are_numbered_oldest_first_and_the_log_says_so(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(number_existing, "ROWS_AT_ONCE", 2)
    old = make_all("account", [{}] * 5, owner=company.li)
    row = add(browser(company.qian))
    outcome = save_one(SYSTEM, "account", {"name": "在编号之前已有号"})
    assert number(outcome.record_id) == "DA0001"
    assert job.call(row.pk) == {"numbered": 5}
    assert [number(one) for one in old] == [f"DA{index:04}" for index in range(2, 7)]
    assert job.call(row.pk) == {"numbered": 0}
    newest = history(SYSTEM, object_type("account"), old[0])[0]
    assert (newest.action, newest.source) == ("change", "numbering")
    assert [(one.name, one.after) for one in newest.fields] == [(row.key, "DA0002")]
    assert verify_chain().sound


def test_the_page_offers_to_number_what_has_none(company: Company) -> None:
    client = browser(company.qian)
    old = make("account", owner=company.li)
    row = add(client)
    page = client.get(f"/settings/fields/{row.pk}/").content.decode()
    assert f"/settings/fields/{row.pk}/number/" in page
    assert browser(company.wang).post(f"/settings/fields/{row.pk}/number/").status_code == 403
    assert not number(old)
    assert client.post(f"/settings/fields/{row.pk}/number/").status_code == 303
    run_worker(once=True)
    assert number(old) == "DA0001"
    page = client.get(f"/settings/fields/{row.pk}/").content.decode()
    assert f"/settings/fields/{row.pk}/number/" not in page


def test_ticked_at_the_start_the_existing_records_are_numbered_too(company: Company) -> None:
    old = make("account", owner=company.li)
    add(browser(company.qian), number_existing="on")
    run_worker(once=True)
    assert number(old) == "DA0001"
