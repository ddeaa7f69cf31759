"""Long work and quick work do not wait for each other, and both survive whatever happens."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from keqiao.jobs import board, lanes, lease, schedule
from keqiao.jobs.lanes import LONG_LANE, QUICK_LANE, LaneDied, run_lanes
from keqiao.jobs.models import Job, JobRun, RunOutcome, Status
from keqiao.jobs.options import LONG
from keqiao.jobs.store import Lane
from keqiao.jobs.worker import run_worker
from tests.jobs import sample_tasks
from tests.jobs.conftest import wait_for
from tests.jobs.sample_tasks import noted

pytestmark = pytest.mark.django_db(transaction=True)

Start = Callable[..., "subprocess.Popen[bytes]"]
LONG_TASKS = {
    "keqiao.catalog.custom_index.build_index",
    "keqiao.customers.pool.returning.note_returns",
    "keqiao.customers.pool.returning.return_to_pools",
    "keqiao.importing.tasks.check_list",
    "keqiao.importing.tasks.import_list",
    "keqiao.importing.tasks.remove_expired",
    "keqiao.importing.tasks.undo_import",
    "keqiao.importing.tasks.write_export_file",
    "keqiao.jobs.tasks.remove_old_jobs",
    "keqiao.records.number_existing.number_existing",
    "keqiao.records.tasks.remove_old_events",
    "keqiao.ui.bulk_jobs.change_many",
    "keqiao.ui.bulk_jobs.delete_many",
}


def status_of(job_id: str) -> str:
    return Job.objects.values_list("status", flat=True).get(pk=job_id)


def long(task, *arguments: object):  # type: ignore[no-untyped-def]
    return task.using(queue_name=LONG).enqueue(*arguments)


def test_a_quick_job_does_not_wait_for_a_long_one(start_worker: Start, tmp_path: Path) -> None:
    file, other = str(tmp_path / "long"), str(tmp_path / "quick")
    worker = start_worker(lanes=True)
    lengthy = long(sample_tasks.patient, file, 60)
    behind = long(sample_tasks.write, file, "second")
    wait_for(lambda: noted(file) == ["start"])
    begun = time.monotonic()
    for number in range(20):
        sample_tasks.write.enqueue(other, str(number))
    wait_for(lambda: len(noted(other)) == 20, 10)
    assert time.monotonic() - begun < 5
    # Of the long ones there is one at a time, so that the machine stays usable.
    assert (status_of(lengthy.id), status_of(behind.id)) == (Status.RUNNING, Status.READY)
    board.cancel(int(lengthy.id))
    wait_for(lambda: status_of(behind.id) == Status.DONE)
    assert status_of(lengthy.id) == Status.CANCELLED
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0


def test_a_killed_worker_loses_nothing_in_either_lane(start_worker: Start, tmp_path: Path) -> None:
    files = [str(tmp_path / "long"), str(tmp_path / "quick")]
    victim = start_worker(lease_seconds=1.5, lanes=True)
    handles = [
        long(sample_tasks.sleepy, files[0], 60),
        sample_tasks.sleepy.enqueue(files[1], 60),
    ]
    wait_for(lambda: noted(files[0]) == noted(files[1]) == ["start"])
    victim.kill()
    start_worker(lease_seconds=1.5, lanes=True)
    wait_for(lambda: [status_of(one.id) for one in handles] == [Status.DONE] * 2)
    for file, handle in zip(files, handles, strict=True):
        assert noted(file) == ["start", "start", "end"]
        outcomes = JobRun.objects.filter(job_id=handle.id).order_by("pk")
        assert [run.outcome for run in outcomes] == [RunOutcome.LOST, RunOutcome.DONE]


def test_a_stopped_worker_hands_back_both_jobs_and_they_go_on_where_they_were(
    start_worker: Start, tmp_path: Path
) -> None:
    files = [str(tmp_path / "long"), str(tmp_path / "quick")]
    worker = start_worker(lanes=True)
    handles = [long(sample_tasks.stoppable, files[0]), sample_tasks.stoppable.enqueue(files[1])]
    wait_for(lambda: len(noted(files[0])) > 3 and len(noted(files[1])) > 3)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
    assert [status_of(one.id) for one in handles] == [Status.READY] * 2
    begun = [len(noted(file)) for file in files]
    start_worker(lanes=True)
    wait_for(lambda: all(len(noted(f)) > n + 3 for f, n in zip(files, begun, strict=True)))
    for file in files:
        steps = [int(step) for step in noted(file)]
        assert steps == list(range(1, len(steps) + 1))  # no step twice, none left out


def test_an_import_writing_in_batches_lets_quick_jobs_write_in_between(
    start_worker: Start, tmp_path: Path
) -> None:
    file, other = str(tmp_path / "long"), str(tmp_path / "quick")
    start_worker(lanes=True)
    rows = long(sample_tasks.import_rows, file, 3000, 10)
    wait_for(lambda: noted(file) == ["start"])
    waits = []
    while status_of(rows.id) != Status.DONE and len(waits) < 10:
        begun = time.monotonic()
        handle = sample_tasks.write.enqueue(other, "x")
        wait_for(lambda job=handle.id: status_of(job) == Status.DONE)
        waits.append(time.monotonic() - begun)
    assert max(waits) < 4, waits
    wait_for(lambda: status_of(rows.id) == Status.DONE)
    rows.refresh()
    assert rows.return_value == 3000


@pytest.mark.django_db
def test_each_lane_leaves_the_other_s_jobs_alone_and_a_strange_queue_is_quick(
    tmp_path: Path,
) -> None:
    file = str(tmp_path / "lines")
    long(sample_tasks.write, file, "long")
    sample_tasks.write.enqueue(file, "default")
    sample_tasks.write.using(queue_name="of-an-extension").enqueue(file, "strange")
    assert run_worker(once=True, lane=QUICK_LANE) == 2
    assert noted(file) == ["default", "strange"]
    assert run_worker(once=True, lane=LONG_LANE) == 1
    assert noted(file) == ["default", "strange", "long"]


def test_a_lane_that_breaks_down_ends_the_worker_so_that_it_starts_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(stop: object, *, lane: object, lease_seconds: float) -> int:
        if lane is LONG_LANE:
            raise ZeroDivisionError
        return run_worker(stop, lane=lane, lease_seconds=lease_seconds)  # type: ignore[arg-type]

    monkeypatch.setattr(lanes, "run_worker", breaks)
    with pytest.raises(LaneDied):
        run_lanes(threading.Event())


@pytest.mark.django_db
def test_what_may_take_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the product's own timetable instead of the test's
    from keqiao.jobs.backend import load_task

    assert {load_task(path).queue_name for path in LONG_TASKS} == {LONG}
    hand_out = "keqiao.records.tasks.hand_out_events"
    assert load_task(hand_out).queue_name != LONG
    assert hand_out in schedule.periodic_tasks()


@pytest.mark.django_db
def test_a_lane_finds_its_job_in_the_index_behind_many_of_the_other() -> None:
    """Thousands of waiting quick jobs must not make each look of the long lane read them all."""
    from keqiao.jobs import store

    statements: list[tuple[str, object]] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        store.anything_due(LONG_LANE)
    sql, params = statements[0]
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"{explain} {sql}", params)
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert "job_due" in plan


@pytest.mark.parametrize("lane", [LONG_LANE, QUICK_LANE])
def test_long_work_pauses_between_its_steps_to_let_others_write(
    monkeypatch: pytest.MonkeyPatch, lane: Lane
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(lease.time, "sleep", pauses.append)
    monkeypatch.setattr(lease, "STEADY_SECONDS", 0.0)
    task = sample_tasks.count_to.using(queue_name=LONG if lane is LONG_LANE else "default")
    task.enqueue(3)
    assert run_worker(once=True, lane=lane) == 1
    gives_way = lane is LONG_LANE and connection.vendor == "sqlite"
    assert len([one for one in pauses if one == lease.TURN_SECONDS]) == (3 if gives_way else 0)
