"""The timetable runs each line once per slot, however many schedulers look at it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from keqiao.base.clock import now
from keqiao.jobs import board, schedule
from keqiao.jobs.models import Job, JobRun, RunOutcome, Schedule, Status
from keqiao.jobs.options import with_options
from keqiao.jobs.problems import JobProblem
from keqiao.jobs.schedule import Daily, Interval, Periodic, every
from keqiao.jobs.tasks import remove_old_jobs
from tests.jobs import sample_tasks
from tests.jobs.conftest import run_now

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 1, 12, 0, 30, tzinfo=SHANGHAI)
Timetable = dict[str, Periodic]
NAME = "tests.jobs.sample_tasks.tick"


@pytest.mark.django_db
def test_a_line_runs_at_its_moments_and_not_before(empty_timetable: Timetable) -> None:
    every(minutes=15)(sample_tasks.tick)
    with time_machine.travel(NOON, tick=False) as clock:
        assert run_now() == 0
        (line,) = board.schedules()
        assert (line.title, line.rule) == ("Tick", "every 15 min")
        assert line.next_at == NOON.replace(minute=15, second=0)
        clock.shift(timedelta(minutes=14, seconds=29))
        assert run_now() == 0
        clock.shift(timedelta(seconds=1))
        assert run_now() == 1
        assert run_now() == 0
        (line,) = board.schedules()
        assert line.last_slot == NOON.replace(minute=15, second=0)
        assert line.last_job_id == Job.objects.get().pk


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_run_a_slot_once(empty_timetable: Timetable) -> None:
    every(minutes=15)(sample_tasks.tick)
    schedule.sync_schedules()
    for _ in range(5):
        Schedule.objects.update(next_at=now() - timedelta(minutes=1))
        Job.objects.all().delete()
        barrier, ran = threading.Barrier(3), []

        def look(barrier: threading.Barrier = barrier, ran: list[int] = ran) -> None:
            try:
                barrier.wait()
                ran.append(schedule.run_due_schedules())
            finally:
                connection.close()

        threads = [threading.Thread(target=look) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(ran) == [0, 0, 1]
        assert Job.objects.count() == 1


@pytest.mark.django_db
def test_after_an_outage_one_run_makes_up_for_all_missed_ones(empty_timetable: Timetable) -> None:
    every(daily_at="02:30")(sample_tasks.tick)
    with time_machine.travel(NOON, tick=False) as clock:
        schedule.sync_schedules()
        clock.shift(timedelta(days=5))
        assert run_now() == 1
        job = Job.objects.get()
        assert job.slot == datetime(2026, 3, 6, 2, 30, tzinfo=SHANGHAI)
        assert board.schedules()[0].next_at == datetime(2026, 3, 7, 2, 30, tzinfo=SHANGHAI)


@pytest.mark.django_db
def test_a_clock_that_was_ahead_neither_doubles_nor_skips(empty_timetable: Timetable) -> None:
    every(daily_at="02:30")(sample_tasks.tick)
    with time_machine.travel(NOON, tick=False) as clock:
        schedule.sync_schedules()
        clock.shift(timedelta(days=1))
        assert run_now() == 1  # the slot of the 2nd, a day too early
        clock.shift(timedelta(days=-1))
        assert run_now() == 0
        clock.shift(timedelta(days=1))
        assert run_now() == 0  # the 2nd again: this slot has been served
        clock.shift(timedelta(days=1))
        assert run_now() == 1  # the 3rd is not skipped
    assert set(Job.objects.values_list("slot__day", flat=True)) == {2, 3}


@pytest.mark.django_db
def test_a_run_longer_than_its_period_is_not_joined_by_a_second(empty_timetable: Timetable) -> None:
    every(minutes=1)(sample_tasks.tick)
    with time_machine.travel(NOON, tick=False) as clock:
        schedule.sync_schedules()
        for _ in range(3):
            clock.shift(timedelta(minutes=1))
            schedule.run_due_schedules()
        assert Job.objects.count() == 1
        Job.objects.update(status=Status.DONE)
        clock.shift(timedelta(minutes=1))
        assert schedule.run_due_schedules() == 1


@pytest.mark.django_db
def test_lines_can_be_switched_off_and_follow_a_changed_rule(empty_timetable: Timetable) -> None:
    every(minutes=15)(sample_tasks.tick)
    with time_machine.travel(NOON, tick=False) as clock:
        schedule.sync_schedules()
        board.switch_schedule(NAME, enabled=False)
        clock.shift(timedelta(hours=1))
        assert run_now() == 0
        every(minutes=2)(sample_tasks.tick)
        schedule.sync_schedules()
        (line,) = board.schedules()
        assert (line.rule, line.enabled) == ("every 2 min", False)
        board.switch_schedule(NAME, enabled=True)
        assert run_now() == 0
        clock.shift(timedelta(minutes=2))
        assert run_now() == 1
        with pytest.raises(JobProblem):
            board.switch_schedule("no.such.task", enabled=True)


@pytest.mark.parametrize("wrong", [{}, {"minutes": 5, "daily_at": "02:30"}, {"minutes": 0}])
def test_a_rule_must_make_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"every\(\)|minute"):
        every(**wrong)  # type: ignore[arg-type]


def test_interval_slots_stand_on_the_clock() -> None:
    rule = Interval(15)
    assert rule.slot(NOON) == NOON.replace(second=0)
    assert rule.after(NOON.replace(second=0)) == NOON.replace(minute=15, second=0)


@pytest.mark.parametrize(
    ("moment", "following"),
    [
        # 02:30 does not exist on 29 March in Berlin; the line runs right after the gap.
        ("2026-03-29T00:00+01:00", "2026-03-29T01:30+00:00"),
        # 02:30 comes twice on 25 October; only the first one counts.
        ("2026-10-25T00:00+02:00", "2026-10-25T00:30+00:00"),
        ("2026-10-25T02:30+02:00", "2026-10-26T01:30+00:00"),
        ("2026-10-25T02:30+01:00", "2026-10-26T01:30+00:00"),
    ],
)
def test_a_daily_line_survives_summer_time(moment: str, following: str) -> None:
    with timezone.override("UTC"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "get_default_timezone", lambda: ZoneInfo("Europe/Berlin"))
        rule = Daily(time(2, 30))
        start = datetime.fromisoformat(moment)
        assert rule.after(start) == datetime.fromisoformat(following)
        assert rule.slot(rule.after(start)) == rule.after(start)
        assert rule.slot(start) <= start


@pytest.mark.django_db
def test_finished_jobs_are_removed_after_thirty_days() -> None:
    def ended(status: Status, days: int) -> int:
        moment = datetime.now(UTC) - timedelta(days=days)
        job = Job.objects.create(
            task="x",
            queue="default",
            arguments="[[],{}]",
            status=status,
            enqueued_at=moment,
            run_after=moment,
            finished_at=moment,
        )
        JobRun.objects.create(
            job=job, attempt=1, started_at=moment, finished_at=moment, outcome=RunOutcome.DONE
        )
        return job.pk

    kept = {
        ended(Status.DONE, 29),
        ended(Status.CANCELLED, 29),
        ended(Status.DEAD, 31),
        Job.objects.get(pk=sample_tasks.add.enqueue(1, 1).id).pk,
    }
    for status, days in ((Status.DONE, 31), (Status.CANCELLED, 31), (Status.DEAD, 181)):
        ended(status, days)
    assert remove_old_jobs.call() == 3
    assert set(Job.objects.values_list("pk", flat=True)) == kept
    assert JobRun.objects.count() == 3


def test_the_product_s_own_housekeeping_is_on_the_timetable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    assert str(schedule.periodic_tasks()["keqiao.jobs.tasks.remove_old_jobs"].rule) == (
        "daily at 03:40"
    )


@pytest.mark.django_db
def test_only_the_last_runs_of_a_line_are_kept_and_failures_with_them(
    empty_timetable: Timetable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "KEPT_RUNS", 3)
    every(minutes=1)(sample_tasks.tick)
    other = sample_tasks.add.enqueue(1, 1)
    with time_machine.travel(NOON, tick=False) as clock:
        for minute in range(8):
            run_now()
            if minute == 1:  # long before the others
                failed = Job.objects.get(schedule=NAME)
                Job.objects.filter(pk=failed.pk).update(status=Status.DEAD)
            clock.shift(timedelta(minutes=1))
        run_now()
    kept = Job.objects.filter(schedule=NAME, status=Status.DONE).order_by("slot")
    # The three that were done when the last one was planned, and that one.
    assert [job.slot.minute for job in kept] == [5, 6, 7, 8]
    assert Job.objects.filter(pk__in=[failed.pk, other.id]).count() == 2
    logged = set(JobRun.objects.values_list("job_id", flat=True))
    assert logged == {failed.pk, *(job.pk for job in kept)}


@pytest.mark.django_db
def test_what_people_started_is_not_buried_by_the_timetable(empty_timetable: Timetable) -> None:
    every(minutes=1)(sample_tasks.tick)
    mine = with_options(sample_tasks.add, actor_id=7).enqueue(1, 1)
    unnamed = sample_tasks.add.enqueue(2, 2)
    with time_machine.travel(NOON, tick=False) as clock:
        for _minute in range(5):
            run_now()
            clock.shift(timedelta(minutes=1))
    quiet = board.recent_jobs(with_housekeeping=False)
    assert [line.id for line in quiet] == [int(unnamed.id), int(mine.id)]
    assert len(board.recent_jobs()) == 6
    broken = Job.objects.filter(schedule=NAME).first()
    assert broken is not None
    Job.objects.filter(pk=broken.pk).update(status=Status.DEAD)
    assert broken.pk in [line.id for line in board.recent_jobs(with_housekeeping=False)]
    (line,) = board.schedules()
    assert line.last_status == Status.DONE
