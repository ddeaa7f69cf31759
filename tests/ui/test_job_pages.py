"""The page of background work shows what people started; the rest is one tab away, for administrators."""

from __future__ import annotations

from django.test import Client

from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.jobs.models import Job, Schedule
from keqiao.jobs.schedule import sync_schedules
from tests.company import Company, make_all

CHORE = "keqiao.records.tasks.hand_out_events"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def job(title: str, status: str = "done", **more: object) -> Job:
    moment = now()
    return Job.objects.create(
        task=CHORE, queue="default", title=title, arguments="[[],{}]", status=status,
        enqueued_at=moment, run_after=moment, finished_at=moment, **more,
    )  # fmt: skip


def test_the_timetable_does_not_bury_what_people_started(company: Company) -> None:
    job("李的导入", actor_id=company.li.pk)
    for number in range(70):
        job(f"例行{number}", schedule=CHORE)
    job("例行失败", status="dead", schedule=CHORE)
    qian = browser(company.qian)
    first = qian.get("/jobs/").content.decode()
    assert "李的导入" in first
    assert "例行失败" in first  # a fault is shown, whoever started it
    assert "例行69" not in first
    everything = qian.get("/jobs/?status=all").content.decode()
    assert "例行69" in everything
    assert 'href="/jobs/?status=all"' in first


def test_only_administrators_look_at_housekeeping(company: Company) -> None:
    job("李的导入", actor_id=company.li.pk)
    job("例行", schedule=CHORE)
    for address in ("/jobs/", "/jobs/?status=all", "/jobs/?status=timetable"):
        page = browser(company.li).get(address).content.decode()
        assert "李的导入" in page
        assert "例行" not in page
        assert 'href="/jobs/?status=all"' not in page


def test_the_timetable_says_how_each_line_ended_last(company: Company) -> None:
    sync_schedules()
    last = job("", status="dead", schedule=CHORE)
    Schedule.objects.filter(name=CHORE).update(last_slot=now(), last_job_id=last.pk)
    page = browser(company.qian).get("/jobs/?status=timetable").content.decode()
    assert f'href="/jobs/{last.pk}/" class="late"' in page


def test_a_colleague_reads_the_work_of_others_in_the_own_language(company: Company) -> None:
    make_all("account", [{}, {}], owner=company.li)
    User.objects.filter(pk=company.qian.pk).update(language="en")
    given = {"action": "edit", "field": "level", "value": "A", "go": "1", "all": "1", "state": ""}
    started = browser(company.li).post("/accounts/bulk/", given, headers={"HX-Request": "true"})
    assert "批量" in started.content.decode()
    number = Job.objects.get(actor_id=company.li.pk).pk
    for address in ("/jobs/", f"/jobs/{number}/"):
        theirs = browser(company.li).get(address).content.decode()
        read = browser(company.qian).get(address).content.decode()
        assert "Set “level” on many records" in read, address
        assert "批量修改“客户级别”" in theirs, address
