"""Administrators see versions with their figures, publish and go back; nobody else gets near them."""

from __future__ import annotations

import pytest
from django.test import Client

from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.jobs.models import Job
from keqiao.quality.match_models.day_one import day_one_model, plan_of
from keqiao.quality.match_models.in_force import in_force
from keqiao.quality.match_models.models import MatchModel, ModelSource
from keqiao.quality.match_models.publishing import keep_version
from tests.company import Company

ADDRESS = "/settings/match-models/"


@pytest.fixture
def admin(client: Client, company: Company) -> Client:
    client.force_login(company.qian)
    return client


def version(prior: float, *, was_published: bool) -> MatchModel:
    declared = object_type("account")
    model = day_one_model(plan_of(declared)).with_(prior=prior)
    row = keep_version(declared, model, ModelSource.LEARNED)
    if was_published:
        MatchModel.objects.filter(pk=row.pk).update(published_at=now())
    return row


def test_day_one_is_shown_with_its_figures(admin: Client) -> None:
    page = admin.get(ADDRESS).content.decode()
    assert page.count('class="tag jade"') == 1
    assert "%</td>" in page


def test_a_version_that_was_in_force_comes_back_and_day_one_too(admin: Client) -> None:
    version(-11.0, was_published=True)
    assert admin.post(ADDRESS, {"object": "account", "number": "1"}).status_code == 303
    assert in_force(object_type("account")).number == 1
    admin.post(ADDRESS, {"object": "account", "number": "0"})
    assert in_force(object_type("account")).number == 0


def test_a_worse_version_is_refused_in_words(admin: Client) -> None:
    version(30.0, was_published=False)
    answer = admin.post(ADDRESS, {"object": "account", "number": "1"}, follow=True)
    assert "当前版本保持不变" in answer.content.decode()
    assert in_force(object_type("account")).number == 0


def test_a_version_of_another_type_does_not_come_into_force_here(admin: Client) -> None:
    version(-11.0, was_published=True)
    admin.post(ADDRESS, {"object": "contact", "number": "1"})
    assert in_force(object_type("contact")).number == 0
    assert in_force(object_type("account")).number == 0


def test_learning_is_a_job_and_one_at_a_time(admin: Client) -> None:
    first = admin.post(ADDRESS, {"object": "account", "do": "train"})
    again = admin.post(ADDRESS, {"object": "account", "do": "train"})
    assert first["Location"] == again["Location"]
    assert Job.objects.filter(task__endswith="train_now").count() == 1


@pytest.mark.parametrize("values", [{"object": "task"}, {"number": "x"}, {"number": ""}])
def test_nonsense_is_refused(admin: Client, values: dict[str, str]) -> None:
    assert admin.post(ADDRESS, {"object": "account", **values}).status_code == 400


def test_nobody_but_administrators_gets_near(client: Client, company: Company) -> None:
    version(-11.0, was_published=True)
    for person in (company.li, company.wang, company.sun):
        client.force_login(person)
        assert client.get(ADDRESS).status_code == 403
        assert client.post(ADDRESS, {"object": "account", "number": "1"}).status_code == 403
    assert in_force(object_type("account")).number == 0
