"""The quality desk shows each person exactly the figures of his own reach, and opens the rows behind them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.base.clock import now
from keqiao.catalog.filter import Condition
from keqiao.catalog.registry import object_type
from keqiao.notifications.models import Notice
from keqiao.quality.scores.figures import figures_of, sight, worth_fixing
from keqiao.quality.scores.models import Grouping, QualityDay, ScoreSettings
from keqiao.quality.scores.nightly import count_all
from keqiao.quality.scores.recount import count_past_days, recount
from keqiao.quality.scores.telling import tell_if_it_fell, weekly_letters
from keqiao.records.query import ListQuery, count_records, records, run_list
from tests.company import SYSTEM, Company, make_all


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def counted(company: Company) -> Company:
    """Twelve accounts of 李销售 (east) without telephone, eleven of 周销售 (west); counted."""
    make_all("account", [{"phone": ""} for _n in range(12)], owner=company.li)
    make_all("account", [{} for _n in range(11)], owner=company.zhou, seed=40)
    recount(object_type("account"))
    return company


@pytest.mark.parametrize(
    ("who", "records_seen"), [("li", 12), ("zhou", 11), ("wang", 12), ("qian", 23), ("sun", 23)]
)
def test_everybody_sees_the_figures_of_the_own_reach(
    counted: Company, who: str, records_seen: int
) -> None:
    user: User = getattr(counted, who)
    access, declared = Access.for_user(user), object_type("account")
    seen = sight(access, declared)
    assert seen is not None
    assert figures_of(declared, seen, now().date()).records == records_seen
    assert records(access, declared).count() == records_seen


def test_the_page_names_no_colleague_out_of_reach(counted: Company) -> None:
    manager = _client(counted.wang).get("/quality/desk/").content.decode()
    assert "周销售" not in manager
    administrator = _client(counted.qian).get("/quality/desk/").content.decode()
    assert "周销售" in administrator
    assert "owner%3Aequals%3A" in administrator
    assert "phone%3Ais_empty" in administrator


def test_a_figure_opens_as_many_rows_as_it_says(counted: Company) -> None:
    row = QualityDay.objects.get(object_key="account", grouping=Grouping.ALL)
    declared = object_type("account")
    behind = ListQuery(object_type=declared, filter=Condition("phone", "is_empty"))
    assert row.missing["phone"] == count_records(SYSTEM, behind) == 12
    low = ListQuery(
        object_type=declared, columns=("name", "quality_score"), sort="quality_score",
        filter=Condition("quality_score", "less_than", 95),
    )  # fmt: skip
    scores = [one.cells["quality_score"].value for one in run_list(SYSTEM, low).rows]
    assert scores and scores == sorted(scores) and scores[-1] < 95


def test_a_hidden_field_is_not_told_as_missing(counted: Company) -> None:
    [role] = counted.li.roles.all()
    set_field_right(role, "account", "phone", Right.HIDDEN)
    access, declared = Access.for_user(counted.li), object_type("account")
    seen = sight(access, declared)
    assert seen is not None
    figures = figures_of(declared, seen, now().date())
    assert "phone" not in [one.name for one, _n, _g in worth_fixing(access, declared, figures)]
    assert "phone%3Ais_empty" not in _client(counted.li).get("/quality/desk/").content.decode()


def test_whoever_may_not_read_the_score_has_no_desk(counted: Company) -> None:
    [role] = counted.li.roles.all()
    for key in ("account", "contact", "lead"):
        set_field_right(role, key, "quality_score", Right.HIDDEN)
    assert _client(counted.li).get("/quality/desk/").status_code == 403


def test_a_dimension_measured_of_few_records_has_no_figure(counted: Company) -> None:
    day = QualityDay.objects.get(object_key="account", grouping=Grouping.ALL)
    assert day.records < 30
    page = _client(counted.qian).get("/quality/desk/").content.decode()
    assert page.count("未测量") == 6


def test_the_leaderboard_can_be_switched_off(counted: Company) -> None:
    assert "排行榜" in _client(counted.qian).get("/quality/desk/").content.decode()
    assert _client(counted.li).post("/settings/quality-scores/").status_code == 403
    answer = _client(counted.qian).post("/settings/quality-scores/", {"has_weekly_letter": "on"})
    assert answer.status_code == 303
    assert ScoreSettings.objects.get().has_leaderboard is False
    assert "排行榜" not in _client(counted.qian).get("/quality/desk/").content.decode()


def test_before_the_first_count_the_page_says_so(company: Company) -> None:
    assert "还没有统计" in _client(company.qian).get("/quality/desk/").content.decode()


def test_administrators_are_told_once_a_week_that_the_score_fell(counted: Company) -> None:
    declared, day = object_type("account"), now().date()
    row = QualityDay.objects.get(object_key="account", grouping=Grouping.ALL)
    assert not tell_if_it_fell(declared, day)
    earlier = QualityDay(
        object_key="account", day=day - timedelta(days=8), grouping=Grouping.ALL,
        records=row.records, measured=row.measured, points=row.points + 2 * row.measured,
        parts=row.parts,
    )  # fmt: skip
    earlier.save()
    assert tell_if_it_fell(declared, day)
    tell_if_it_fell(declared, day)
    assert list(Notice.objects.filter(kind="quality_fell").values_list("user_id", flat=True)) == [
        counted.qian.pk
    ]


def test_the_weekly_letter_tells_each_the_own_figures(counted: Company) -> None:
    weekly_letters(now().date())
    told = {one.user_id: one for one in Notice.objects.filter(kind="quality_week")}
    assert {counted.li.pk, counted.wang.pk, counted.qian.pk} <= told.keys()
    mine, whole = told[counted.li.pk].words, told[counted.qian.pk].words
    assert mine != whole
    assert weekly_letters(now().date()) >= 0
    assert Notice.objects.filter(kind="quality_week", user_id=counted.li.pk).count() == 1


def test_count_all_measures_what_has_no_score_yet(company: Company) -> None:
    declared = object_type("contact")
    make_all("contact", [{} for _n in range(3)])
    declared.model._default_manager.update(quality_score=None, quality_facts=None)
    found = count_all()
    assert found["contact"]["records"] == 3
    assert found["contact"]["differences"] == 0
    assert records(SYSTEM, declared).filter(quality_score=None).count() == 0


def test_past_days_leave_out_what_did_not_exist_yet(company: Company) -> None:
    make_all("lead", [{} for _n in range(2)])
    yesterday = now().date() - timedelta(days=1)
    count_past_days(object_type("lead"), [yesterday])
    recount(object_type("lead"))
    days = dict(
        QualityDay.objects.filter(object_key="lead", grouping=Grouping.ALL)
        .values_list("day", "records")
    )  # fmt: skip
    assert days[now().date()] == 2
    assert days[yesterday] == 0


def test_the_ring_and_the_fix_list_stand_on_the_record(company: Company) -> None:
    [pk] = make_all("account", [{"phone": "", "address": ""}], owner=company.li)
    client = _client(company.li)
    page: Any = client.get(f"/accounts/{pk}/").content.decode()
    assert "qring" in page
    fixes = client.get(f"/accounts/{pk}/?tab=quality").content.decode()
    assert 'data-quality-line="phone"' in fixes
    assert 'data-f="phone"' in fixes
    assert client.get(f"/accounts/{pk}/quality/ring/").status_code == 200
    assert _client(company.zhou).get(f"/accounts/{pk}/quality/ring/").status_code == 404
