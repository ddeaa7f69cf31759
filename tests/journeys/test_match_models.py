"""An administrator looks at the versions of the duplicate model, goes back to one and to day one again."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.match_models.day_one import day_one_model, plan_of
from keqiao.quality.match_models.figures import measure
from keqiao.quality.match_models.models import MatchModel, ModelSource
from keqiao.quality.match_models.publishing import keep_version
from keqiao.quality.match_models.shipped import shipped_pairs
from tests.company import Company
from tests.journeys.conftest import SitDown
from tests.journeys.looking import settle


def test_versions_are_compared_and_taken_back(sit_down: SitDown, staff: Company) -> None:
    declared = object_type("account")
    plan = plan_of(declared)
    model = day_one_model(plan)
    for prior, source in ((-11.0, ModelSource.LEARNED), (-30.0, ModelSource.DECISIONS)):
        row = keep_version(declared, model.with_(prior=prior), source, 412)
        row.figures = {"shipped": measure(model.with_(prior=prior), shipped_pairs(plan)).as_json()}
        row.rival = {"shipped": measure(model, shipped_pairs(plan)).as_json()}
        row.save()
    MatchModel.objects.filter(number=1).update(published_at=now())
    desk = sit_down(staff.qian)
    page = desk.open("/settings/match-models/")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.locator("tbody tr").nth(1).locator("button").click()
    settle(page)
    expect(page.locator("tbody tr").nth(1).locator(".tag")).to_be_visible()
    page.locator("tbody tr").nth(0).locator("button").click()
    settle(page)
    expect(page.locator(".toast, [role=alert], [role=status]").first).to_contain_text(
        "当前版本保持不变"
    )
    page.locator("tbody tr").nth(2).locator("button").click()
    settle(page)
    expect(page.locator("tbody tr").nth(2).locator(".tag")).to_be_visible()
    page.get_by_role("button", name="立即训练").click()
    page.wait_for_url("**/jobs/**")
    expect(page).to_have_title(re.compile("训练查重模型：客户"))
