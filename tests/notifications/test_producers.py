"""What the product tells by itself: records handed over, imports and background work that ended."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils.translation import gettext_noop, override
from django_tasks import task

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog.registry import object_type
from keqiao.catalog.words import field_named
from keqiao.importing import telling
from keqiao.importing.models import ImportRun
from keqiao.jobs.models import Job
from keqiao.jobs.options import with_options
from keqiao.jobs.worker import run_worker
from keqiao.notifications import producers
from keqiao.notifications.models import Notice
from keqiao.notifications.reading import lines_of, mark_all_read
from keqiao.records.models import Event, EventCursor
from keqiao.records.outbox import dispatch_events
from keqiao.records.save import Draft, Source, save_records
from keqiao.ui import bulk_jobs
from tests.company import Company, make, make_all

ACCOUNT = "account"


def hand_out() -> None:
    while dispatch_events():
        pass


def give(by: User, numbers: list[int], to: User, key: str = ACCOUNT) -> None:
    drafts = [Draft({"owner": to.pk}, record_id=number) for number in numbers]
    save_records(Access.for_user(by), object_type(key), drafts, source=Source("form"))


def told(user: User) -> list[str]:
    rows = list(Notice.objects.filter(user=user).order_by("pk"))
    return [line.title for line in lines_of(Access.for_user(user), rows)]


# --- records handed over --------------------------------------------------------------------------


def test_one_record_is_told_by_name(company: Company) -> None:
    number = make(ACCOUNT, owner=company.li, name="苏州甲公司")
    hand_out()
    give(company.qian, [number], company.zhou)
    hand_out()
    hand_out()
    [title] = told(company.zhou)
    assert "苏州甲公司" in title and "钱管理员" in title
    assert told(company.li) == told(company.qian) == []
    [line] = lines_of(Access.for_user(company.zhou), list(Notice.objects.all()))
    assert line.url == f"/accounts/{number}/"


def test_five_hundred_make_one_notice(company: Company) -> None:
    numbers = make_all(ACCOUNT, [{"level": "C"} for _ in range(500)], owner=company.li)
    hand_out()
    for start in range(0, 500, 200):
        give(company.qian, numbers[start : start + 200], company.zhou)
    hand_out()
    [title] = told(company.zhou)
    assert "500" in title and "钱管理员" in title
    notice = Notice.objects.get()
    assert (notice.record_id, notice.url) == (None, "/accounts/?where=owner:is_me")


def test_an_event_that_comes_twice_counts_once(company: Company) -> None:
    numbers = make_all(ACCOUNT, [{} for _ in range(3)], owner=company.li)
    hand_out()
    give(company.qian, numbers, company.zhou)
    hand_out()
    EventCursor.objects.filter(subscriber__contains="records_given").update(last_id=0)
    hand_out()
    [title] = told(company.zhou)
    assert "3" in title


def test_givers_types_and_what_was_read_stay_apart(company: Company) -> None:
    accounts = make_all(ACCOUNT, [{} for _ in range(4)], owner=company.li)
    lead = make("lead", owner=company.li)
    hand_out()
    give(company.qian, accounts[:1], company.zhou)
    give(company.qian, [lead], company.zhou, "lead")
    give(company.wang, accounts[1:2], company.zhou)
    hand_out()
    assert len(told(company.zhou)) == 3
    mark_all_read(Access.for_user(company.zhou))
    give(company.qian, accounts[2:3], company.zhou)
    hand_out()
    assert len(told(company.zhou)) == 4


def test_records_given_with_another_note_are_told_by_themselves(company: Company) -> None:
    numbers = make_all(ACCOUNT, [{} for _ in range(4)], owner=company.li)
    hand_out()
    notes = ["欠款，先别发货", "老客户，周五要回访", "欠款，先别发货", ""]
    for number, note in zip(numbers, notes, strict=True):
        draft = Draft({"owner": company.zhou.pk}, record_id=number)
        source = Source("form", note=note)
        save_records(Access.for_user(company.qian), object_type(ACCOUNT), [draft], source=source)
    hand_out()
    EventCursor.objects.filter(subscriber__contains="records_given").update(last_id=0)
    hand_out()
    found = Notice.objects.filter(user=company.zhou).order_by("pk")
    assert [(one.body, one.words.get("count", 1)) for one in found] == [
        (notes[0], 2),
        (notes[1], 1),
        ("", 1),
    ]


def test_only_what_another_person_gives_now_is_news(company: Company) -> None:
    mine = make(ACCOUNT, owner=company.li)  # by the system
    save_records(
        Access.for_user(company.zhou), object_type(ACCOUNT), [Draft({"name": "我的公司"})],
        source=Source("form"),
    )  # fmt: skip
    give(company.qian, [mine], company.zhou)
    Event.objects.update(at=now() - timedelta(days=2))
    hand_out()
    assert Notice.objects.count() == 0


def test_a_new_record_made_for_somebody_is_told(company: Company) -> None:
    draft = Draft({"name": "给李的公司", "owner": company.li.pk})
    save_records(
        Access.for_user(company.qian), object_type(ACCOUNT), [draft], source=Source("form")
    )
    hand_out()
    [title] = told(company.li)
    assert "给李的公司" in title


# --- background work ------------------------------------------------------------------------------


@task(title="Test work", retry_delays=())
def fails() -> None:
    message = "nothing works"
    raise RuntimeError(message)


def test_quick_work_is_noted_and_slow_work_is_told(company: Company) -> None:
    make(ACCOUNT, owner=company.li)
    for minutes in (0, 1):
        with_options(bulk_jobs.change_many, actor_id=company.li.pk, title="改级别").enqueue(
            user_id=company.li.pk, request_id="", object_key=ACCOUNT, where=[], search="",
            ids=None, values={"level": "A"},
        )  # fmt: skip
        Job.objects.filter(status="ready").update(enqueued_at=now() - timedelta(minutes=minutes))
        run_worker(once=True)
    quick, slow = Notice.objects.filter(user=company.li, kind="job_finished").order_by("pk")
    assert (quick.read_at is not None, slow.read_at is not None) == (True, False)
    assert "改级别" in told(company.li)[-1]
    assert slow.url == f"/jobs/{Job.objects.filter(task__endswith='change_many').latest('pk').pk}/"


def test_work_that_failed_is_told_at_once(company: Company) -> None:
    with_options(fails, actor_id=company.li.pk).enqueue()  # type: ignore[arg-type]
    run_worker(once=True)
    notice = Notice.objects.get(user=company.li)
    assert notice.read_at is None and notice.url.startswith("/jobs/")
    assert "Test work" in told(company.li)[0]


def test_work_of_nobody_is_told_nobody(company: Company) -> None:
    fails.enqueue()
    run_worker(once=True)
    assert Notice.objects.count() == 0


def test_a_listener_that_fails_does_not_keep_work_from_ending(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **more: object) -> int:
        raise RuntimeError

    monkeypatch.setattr(producers, "notify", broken)
    with_options(fails, actor_id=company.li.pk).enqueue()  # type: ignore[arg-type]
    run_worker(once=True)
    assert Job.objects.get(task__endswith="fails").status == "dead"


def test_an_import_tells_what_came_of_it(
    company: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from keqiao.importing.starting import start_import
    from keqiao.importing.tasks import enqueue_run

    monkeypatch.setattr(telling, "QUICK", timedelta(0))
    file = ContentFile("客户名称\n苏州甲公司\n苏州乙公司\n".encode())
    run, _found = start_import(
        Access.for_user(company.qian), object_type(ACCOUNT), "名单.csv", file.chunks()
    )
    for state in ("checking", "running"):
        run = ImportRun.objects.get(pk=run.pk)
        enqueue_run(run, _state(state), company.qian.pk)
        run_worker(once=True)
    found = told(company.qian)
    assert len(found) == 2 and all("名单.csv" in title for title in found)
    assert {one.kind for one in Notice.objects.all()} == {"import_finished"}
    assert {one.url for one in Notice.objects.all()} == {f"/import/{run.pk}/"}


def _state(name: str):  # type: ignore[no-untyped-def]
    from keqiao.importing.models import RunState

    return RunState(name)


def test_the_window_of_one_notice_closes(company: Company) -> None:
    numbers = make_all(ACCOUNT, [{} for _ in range(2)], owner=company.li)
    hand_out()
    give(company.qian, numbers[:1], company.zhou)
    hand_out()
    with time_machine.travel(now() + producers.TOGETHER + timedelta(seconds=1)):
        give(company.qian, numbers[1:], company.zhou)
        hand_out()
    assert len(told(company.zhou)) == 2


def test_work_is_called_in_the_language_of_who_is_told(company: Company) -> None:
    title = say(
        gettext_noop("Set “%(field)s” on many records"), field=field_named(ACCOUNT, "level")
    )
    with override("zh-hans"):
        with_options(fails, actor_id=company.li.pk, title=title).enqueue()  # type: ignore[arg-type]
    run_worker(once=True)
    with override("en"):
        [english] = told(company.li)
    with override("zh-hans"):
        [chinese] = told(company.li)
    assert english == "Set “level” on many records: failed"
    assert chinese == "批量修改“客户级别”：失败"
