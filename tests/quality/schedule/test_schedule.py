"""The cleaning schedule tells what ran and what came of it, runs a job now, and switches it off."""

from __future__ import annotations

import pytest
from django.test import Client

from keqiao.base.clock import now
from keqiao.jobs.models import Job, Schedule
from keqiao.jobs.schedule import sync_schedules
from keqiao.jobs.worker import run_worker
from keqiao.quality.cleaning.batches import correct_nightly
from keqiao.quality.schedule.pages import effect_of
from keqiao.quality.schedule.registry import cleaning_job, cleaning_jobs
from keqiao.quality.standards import known
from keqiao.quality.standards.models import StandardRule
from keqiao.quality.standards.nightly import check_all
from tests.company import Company, make

ADDRESS = "/settings/cleaning-schedule/"
NIGHTLY = correct_nightly.module_path


@pytest.fixture
def planned(company: Company) -> Company:
    sync_schedules()
    return company


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_job_runs_now_and_its_effect_is_told_in_words(planned: Company) -> None:
    make("account", owner=planned.li, name="博远 科技有限 公司", region="", phone="",
         more_phones=[], address="江苏省苏州市吴中区人民路1号")  # fmt: skip
    client = browser(planned.qian)
    page = client.get(ADDRESS).content.decode()
    assert "还没有运行过" in page and "每天 01:30" in page
    assert client.post(f"{ADDRESS}run/", {"name": NIGHTLY}).status_code == 303
    client.post(f"{ADDRESS}run/", {"name": NIGHTLY})
    assert Job.objects.filter(task=NIGHTLY).count() == 1  # twice asked is once done
    run_worker(once=True)
    page = client.get(ADDRESS).content.decode()
    assert "修复 2 处" in page and "没有数据丢失" in page


def test_a_job_is_switched_off_and_on(planned: Company) -> None:
    client = browser(planned.qian)
    client.post(f"{ADDRESS}switch/", {"name": NIGHTLY, "enabled": "0"})
    assert not Schedule.objects.get(name=NIGHTLY).enabled
    assert "已停用" in client.get(ADDRESS).content.decode()
    client.post(f"{ADDRESS}switch/", {"name": NIGHTLY, "enabled": "1"})
    assert Schedule.objects.get(name=NIGHTLY).enabled


def test_only_cleaning_jobs_can_be_named_here(planned: Company) -> None:
    client = browser(planned.qian)
    for name in ("", "keqiao.jobs.tasks.remove_old_jobs", "os.system"):
        assert client.post(f"{ADDRESS}run/", {"name": name}).status_code == 404
        assert client.post(f"{ADDRESS}switch/", {"name": name}).status_code == 404
    assert not Job.objects.exists()


def test_administrators_alone(planned: Company) -> None:
    for person in (planned.li, planned.wang, planned.sun):
        client = browser(person)
        assert client.get(ADDRESS).status_code == 403
        assert client.post(f"{ADDRESS}run/", {"name": NIGHTLY}).status_code == 403
        assert client.post(f"{ADDRESS}switch/", {"name": NIGHTLY}).status_code == 403
    assert not Job.objects.exists()


def test_every_job_tells_what_it_returns(planned: Company) -> None:
    make("account", owner=planned.li)
    for job in cleaning_jobs():
        assert effect_of(job, job.task.func()), job.name
        assert effect_of(job, None) == "", "an old result breaks no page"
    assert cleaning_job("no.such.job") is None


def test_the_night_counts_what_breaks_a_standard(planned: Company) -> None:
    known.forget()
    StandardRule.objects.create(
        object_key="account", name="必须有电话", field="phone", severity="hint",
        where={"field": "phone", "operator": "is_empty"}, message_zh="请填写电话。",
        is_active=True, changed_at=now(),
    )  # fmt: skip
    known.standards_changed()
    make("account", owner=planned.li, seed=1, phone="", more_phones=[])
    make("account", owner=planned.li, seed=2)
    found = check_all.func()["account"]
    rule = StandardRule.objects.get()
    assert found["records"] == 2 and found["by_rule"][f"standard-{rule.pk}"] == 1
    known.forget()
