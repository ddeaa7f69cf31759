"""The settings of the duplicate check: what holds, what is changed, what a trial says."""

from __future__ import annotations

import pytest
from django.test import Client

from keqiao.access.models import User
from keqiao.catalog.registry import object_type
from keqiao.quality.candidates.models import CrowdedKey
from keqiao.quality.scenarios.known import rules_for
from keqiao.quality.scenarios.models import Act, Scenario, ScenarioRule
from keqiao.records.models import ChangeEntry
from tests.company import Company, make
from tests.quality.scenarios.rules import ALIKE, BOYUAN, rule

ADDRESS = "/settings/duplicates/"
ACCOUNT = object_type("account")
GIVEN = {
    "object": "account", "name": "疑似重复", "scenario": "entry", "action": "warn",
    "by": "weight", "low": "8", "high": "", "scope": ["account"], "is_active": "on",
}  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_names_the_rules_that_hold_from_the_first_day(company: Company) -> None:
    html = signed_in(company.qian).get(ADDRESS).content.decode()
    assert html.count("replaces=") == 7
    for key in ("account", "contact", "lead"):
        assert f"?object={key}" in html
    assert signed_in(company.qian).get(f"{ADDRESS}?object=task").status_code == 404
    assert signed_in(company.li).get(ADDRESS).status_code == 403


def test_a_rule_of_the_product_is_changed_and_comes_back(company: Company) -> None:
    client = signed_in(company.qian)
    form = client.get(f"{ADDRESS}new/?object=account&replaces=entry_strong").content.decode()
    assert 'value="8"' in form
    given = {**GIVEN, "replaces": "entry_strong", "action": "block", "low": "12.5", "do": "save"}
    assert client.post(f"{ADDRESS}new/", given).status_code == 303
    [changed] = rules_for(ACCOUNT, Scenario.ENTRY)
    assert (changed.action, changed.low, changed.replaces) == (Act.BLOCK, 12.5, "entry_strong")
    # Sent twice, as by two tabs: still one rule in its place.
    assert client.post(f"{ADDRESS}new/", {**given, "low": "13"}).status_code == 303
    assert ScenarioRule.objects.count() == 1
    assert ChangeEntry.objects.filter(action="alike_rule").count() == 2
    client.post(f"{ADDRESS}{changed.pk}/", {**given, "do": "delete"})
    [brought] = rules_for(ACCOUNT, Scenario.ENTRY)
    assert (brought.pk, brought.action) == (None, Act.WARN)


def test_a_trial_counts_and_changes_nothing(company: Company) -> None:
    make("account", **BOYUAN)
    make("account", seed=9, uscc="", **ALIKE)
    make("account", seed=5, name="南京大华贸易有限公司")
    client = signed_in(company.qian)
    html = client.post(f"{ADDRESS}new/", {**GIVEN, "do": "try"}).content.decode()
    assert "苏州博源科技有限公司" in html
    assert "苏州博远科技有限公司" in html
    assert "南京大华贸易有限公司" not in html
    assert not ScenarioRule.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "}, {"scope": []}, {"low": "viel"}, {"low": "nan"}, {"low": "9", "high": "8"},
        {"high": "inf"},
    ],
)  # fmt: skip
def test_what_makes_no_rule_is_told(wrong: dict[str, object], company: Company) -> None:
    answer = signed_in(company.qian).post(f"{ADDRESS}new/", {**GIVEN, **wrong, "do": "save"})
    assert answer.status_code == 422
    assert not ScenarioRule.objects.exists()


def test_a_stranger_at_a_web_form_is_never_refused(company: Company) -> None:
    given = {**GIVEN, "scenario": "web_form", "action": "block", "do": "save"}
    assert signed_in(company.qian).post(f"{ADDRESS}new/", given).status_code == 303
    assert ScenarioRule.objects.get().action == Act.ATTACH


def test_what_too_many_share_stands_where_an_administrator_sees_it(company: Company) -> None:
    CrowdedKey.objects.create(
        object_key="account", key=1, rule="phone", value="+8613800000000", records=412,
        at="2026-01-01T00:00Z",
    )  # fmt: skip
    html = signed_in(company.qian).get(ADDRESS).content.decode()
    assert "+8613800000000" in html
    assert "412" in html


def test_without_reviewers_the_form_says_that_nothing_is_held(company: Company) -> None:
    made = rule(Act.REVIEW)
    html = signed_in(company.qian).get(f"{ADDRESS}{made.pk}/").content.decode()
    assert "/settings/review-rules/" in html
