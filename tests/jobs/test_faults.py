"""Workers are killed, frozen, stopped and raced; every job still counts exactly once."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction

from keqiao.jobs import board, store
from keqiao.jobs.models import Job, JobRun, RunOutcome, Schedule, Status
from keqiao.jobs.options import enqueue_unique
from keqiao.jobs.problems import LeaseLost
from keqiao.jobs.worker import run_worker
from tests.jobs import sample_tasks
from tests.jobs.conftest import await_ready, only_job, wait_for
from tests.jobs.sample_tasks import noted

pytestmark = pytest.mark.django_db(transaction=True)

Start = Callable[..., "subprocess.Popen[bytes]"]


def in_thread(target: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            target()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def status_of(job_id: str) -> str:
    return Job.objects.values_list("status", flat=True).get(pk=job_id)


def test_three_processes_run_every_job_exactly_once(start_worker: Start, tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    workers = [start_worker(wait=False) for _ in range(3)]
    for worker in workers:
        await_ready(worker)
    for number in range(300):
        sample_tasks.write_slowly.enqueue(file, str(number))
    wait_for(lambda: Job.objects.filter(status=Status.DONE).count() == 300)
    assert Counter(noted(file)) == Counter(str(number) for number in range(300))
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(15) for worker in workers] == [0, 0, 0]
    assert JobRun.objects.count() == 300
    assert JobRun.objects.values("worker").distinct().count() == 3
    assert set(Job.objects.values_list("attempts", "token")) == {(1, 1)}


def test_three_threads_run_every_job_exactly_once(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    for number in range(150):
        sample_tasks.write_slowly.enqueue(file, str(number))
    threads = [in_thread(lambda: run_worker(once=True)) for _ in range(3)]
    for thread in threads:
        thread.join(60)
    assert Counter(noted(file)) == Counter(str(number) for number in range(150))
    assert JobRun.objects.values("worker").distinct().count() == 3


def test_a_killed_worker_s_job_runs_again_elsewhere(start_worker: Start, tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    victim = start_worker(lease_seconds=1.5)
    handle = sample_tasks.sleepy.enqueue(file, 60)
    wait_for(lambda: noted(file) == ["start"])
    victim.kill()
    victim.wait()
    start_worker(lease_seconds=1.5)
    wait_for(lambda: status_of(handle.id) == Status.DONE)
    assert noted(file) == ["start", "start", "end"]
    detail = board.job_detail(int(handle.id))
    assert [run.outcome for run in detail.runs] == [RunOutcome.LOST, RunOutcome.DONE]
    assert (detail.result, detail.job.attempts) == ("second", 2)


def test_an_import_killed_again_and_again_writes_each_row_once(
    start_worker: Start, tmp_path: Path
) -> None:
    """A row written twice would break the unique name and end the job; a lost one the count."""
    file = str(tmp_path / "lines")
    handle = sample_tasks.import_rows.enqueue(file, 1500, 10)
    dice = random.Random(20261122)
    for kills in range(1, 5):
        victim = start_worker(lease_seconds=1)
        wait_for(lambda kills=kills: len(noted(file)) == kills)  # type: ignore[misc]
        time.sleep(dice.uniform(0.0, 0.3))
        victim.kill()
        victim.wait()
    assert status_of(handle.id) != Status.DONE
    start_worker(lease_seconds=1)
    wait_for(lambda: status_of(handle.id) == Status.DONE)
    detail = board.job_detail(int(handle.id))
    assert (detail.result, detail.state) == (1500, {"row": 1500})
    assert [run.outcome for run in detail.runs] == [RunOutcome.LOST] * 4 + [RunOutcome.DONE]


def test_a_worker_whose_clock_runs_a_day_ahead_steals_nothing(
    start_worker: Start, tmp_path: Path
) -> None:
    file = str(tmp_path / "lines")
    stop = threading.Event()
    handle = sample_tasks.patient.enqueue(file, 60)
    thread = in_thread(lambda: run_worker(stop, lease_seconds=1))
    try:
        wait_for(lambda: noted(file) == ["start"])
        ahead = start_worker(lease_seconds=1, days_ahead=1)
        witness = sample_tasks.write.enqueue(str(tmp_path / "other"), "alive")
        wait_for(lambda: status_of(witness.id) == Status.DONE)
        time.sleep(2)  # two leases
        assert status_of(handle.id) == Status.RUNNING
        board.cancel(int(handle.id))
        wait_for(lambda: status_of(handle.id) == Status.CANCELLED)
    finally:
        stop.set()
        thread.join(15)
    ahead.send_signal(signal.SIGTERM)
    assert ahead.wait(15) == 0
    assert noted(file) == ["start"]


def test_a_frozen_worker_s_late_result_is_refused(start_worker: Start, tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    zombie = start_worker(lease_seconds=1)
    handle = sample_tasks.sleepy.enqueue(file, 1.5)
    wait_for(lambda: noted(file) == ["start"])
    zombie.send_signal(signal.SIGSTOP)
    start_worker(lease_seconds=1)
    wait_for(lambda: status_of(handle.id) == Status.DONE)
    zombie.send_signal(signal.SIGCONT)
    wait_for(lambda: noted(file) == ["start", "start", "end", "end"])
    zombie.send_signal(signal.SIGTERM)
    assert zombie.wait(15) == 0
    detail = board.job_detail(int(handle.id))
    assert detail.result == "second"
    assert [run.outcome for run in detail.runs] == [RunOutcome.LOST, RunOutcome.DONE]
    assert zombie.stderr is not None
    assert b"late_result_refused" in zombie.stderr.read()


def test_a_frozen_worker_s_late_transaction_is_rolled_back(
    start_worker: Start, tmp_path: Path
) -> None:
    """The place saved with the work fences off the work itself, not only the job's result."""
    file = str(tmp_path / "lines")
    zombie = start_worker(lease_seconds=1)
    handle = sample_tasks.late_writer.enqueue(file, 1.5)
    wait_for(lambda: noted(file) == ["start"])
    zombie.send_signal(signal.SIGSTOP)
    start_worker(lease_seconds=1)
    wait_for(lambda: status_of(handle.id) == Status.DONE)
    zombie.send_signal(signal.SIGCONT)
    time.sleep(1.8)
    zombie.send_signal(signal.SIGTERM)
    assert zombie.wait(15) == 0
    written = Schedule.objects.filter(name__startswith="written by")
    assert [row.name for row in written] == ["written by second"]
    assert board.job_detail(int(handle.id)).state == {"by": "second"}
    assert noted(file) == ["start", "start", "end"]


@pytest.mark.parametrize("lease", [1, 8])
def test_a_long_job_keeps_its_lease_beside_an_idle_worker(tmp_path: Path, lease: int) -> None:
    """Also when the idle worker looks several times between two signs of life."""
    file = str(tmp_path / "lines")
    handle = sample_tasks.patient.enqueue(file, 4)
    stop = threading.Event()
    threads = [in_thread(lambda: run_worker(stop, lease_seconds=lease)) for _ in range(2)]
    wait_for(lambda: status_of(handle.id) == Status.DONE)
    stop.set()
    for thread in threads:
        thread.join(15)
    assert noted(file) == ["start", "end"]
    assert only_job().beat > 8 / lease


def test_a_job_that_kills_its_workers_becomes_a_dead_letter(tmp_path: Path) -> None:
    handle = sample_tasks.sleepy.enqueue("unused", 1)
    for attempt in range(1, 5):
        claimed = store.claim("doomed", 0.1)
        assert claimed is not None and claimed.attempt == attempt
        assert store.take_back(store.running()[0], "The worker stopped.") is not None
    assert store.claim("other", 0.1) is None
    (letter,) = board.dead_letters()
    assert (letter.id, letter.attempts) == (int(handle.id), 4)
    assert letter.reason == "The worker stopped."


def test_a_sign_of_life_after_the_last_look_keeps_the_job() -> None:
    sample_tasks.add.enqueue(1, 1)
    claimed = store.claim("slow", 0.1)
    assert claimed is not None
    (seen,) = store.running()
    assert store.renew(claimed)
    assert store.take_back(seen, "gone") is None
    (seen,) = store.running()
    assert store.write_state(claimed, "{}")
    assert store.take_back(seen, "gone") is None
    assert store.settle(claimed, store.Ending(RunOutcome.DONE, result="2"))


def test_every_late_write_is_refused_once_the_job_has_another_owner() -> None:
    sample_tasks.add.enqueue(1, 1)
    old = store.claim("old", 0.1)
    assert old is not None
    store.take_back(store.running()[0], "gone")
    done = store.Ending(RunOutcome.DONE, result="2")
    for _ in range(2):  # first while it waits, then while another worker has it
        assert not store.renew(old, (9, 9, "late"))
        assert not store.write_state(old, '{"late":1}')
        assert not store.settle(old, done)
        assert store.cancel_requested(old) is None
        new = store.claim("new", 0.1)
    job = only_job()
    assert (job.progress_done, job.state, job.worker) == (0, "", "new")
    assert new is None and JobRun.objects.count() == 1


def test_cancel_reaches_a_running_job(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    handle = sample_tasks.patient.enqueue(file, 60)
    stop = threading.Event()
    thread = in_thread(lambda: run_worker(stop))
    wait_for(lambda: noted(file) == ["start"])
    board.cancel(int(handle.id))
    wait_for(lambda: status_of(handle.id) == Status.CANCELLED, seconds=3)
    stop.set()
    thread.join(15)
    assert noted(file) == ["start"]


def test_progress_is_visible_while_the_job_runs(tmp_path: Path) -> None:
    gate = threading.Event()
    handle = sample_tasks.count_and_wait.enqueue(40)
    sample_tasks.GATES[40] = gate
    thread = in_thread(lambda: run_worker(once=True))
    wait_for(lambda: board.job_line(int(handle.id)).progress_percent == 50)
    assert board.job_line(int(handle.id)).status == Status.RUNNING
    gate.set()
    thread.join(15)
    assert board.job_line(int(handle.id)).progress_percent == 100


def test_a_stopped_worker_hands_back_resumable_work(start_worker: Start, tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    worker = start_worker()
    handle = sample_tasks.stoppable.enqueue(file)
    wait_for(lambda: len(noted(file)) > 3)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 0
    line = board.job_line(int(handle.id))
    assert (line.status, line.attempts) == (Status.READY, 0)
    done = len(noted(file))
    second = start_worker()
    wait_for(lambda: len(noted(file)) > done + 3)
    second.send_signal(signal.SIGTERM)
    assert second.wait(5) == 0
    steps = [int(step) for step in noted(file)]
    assert steps == list(range(1, len(steps) + 1))


def test_a_stopped_worker_lets_other_work_end(start_worker: Start, tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    worker = start_worker()
    handle = sample_tasks.patient.enqueue(file, 1.5)
    sample_tasks.write.using(priority=-1).enqueue(file, "next")
    wait_for(lambda: noted(file) == ["start"])
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(8) == 0
    assert status_of(handle.id) == Status.DONE
    assert noted(file) == ["start", "end"]


def test_a_job_over_its_time_limit_is_ended(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    handle = sample_tasks.endless.enqueue(file)
    stop = threading.Event()
    thread = in_thread(lambda: run_worker(stop, lease_seconds=1))
    wait_for(lambda: status_of(handle.id) == Status.DEAD)
    stop.set()
    thread.join(15)
    assert noted(file) == ["start", "stopped"]
    assert board.dead_letters()[0].reason == "Took longer than its limit of 0 seconds."


def test_a_waiting_worker_starts_new_work_within_a_second(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    stop = threading.Event()
    thread = in_thread(lambda: run_worker(stop))
    time.sleep(2.5)
    started = time.monotonic()
    sample_tasks.write.enqueue(file, "now")
    wait_for(lambda: noted(file) == ["now"])
    assert time.monotonic() - started < 1.3
    stop.set()
    thread.join(15)


def test_a_worker_outlives_a_database_outage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = str(tmp_path / "lines")
    sample_tasks.write.enqueue(file, "after")
    real, refused = store.anything_due, []

    def broken(lane: object = None) -> bool:
        if not refused:
            refused.append(1)
            raise OperationalError("the connection is closed")
        return real()

    monkeypatch.setattr(store, "anything_due", broken)
    stop = threading.Event()
    thread = in_thread(lambda: run_worker(stop))
    wait_for(lambda: noted(file) == ["after"])
    stop.set()
    thread.join(15)
    assert refused


def test_an_ending_that_cannot_be_written_at_once_is_written_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The work is done; a database hiccup at that moment must not make it run a second time."""
    file = str(tmp_path / "lines")
    handle = sample_tasks.write.enqueue(file, "once")
    real, refused = store.settle, []

    def broken(*args: object, **kwargs: object) -> bool:
        if len(refused) < 2:
            refused.append(1)
            raise OperationalError("database or disk is full")
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "settle", broken)
    stop = threading.Event()
    thread = in_thread(lambda: run_worker(stop, lease_seconds=5))
    wait_for(lambda: status_of(handle.id) == Status.DONE)
    stop.set()
    thread.join(15)
    assert (noted(file), len(refused)) == (["once"], 2)


def test_racing_enqueues_of_one_key_make_one_job() -> None:
    barrier = threading.Barrier(4)
    found: list[str] = []

    def race() -> None:
        barrier.wait()
        for _ in range(5):
            found.append(enqueue_unique(sample_tasks.add, "nightly", 1, 1).id)

    threads = [in_thread(race) for _ in range(4)]
    for thread in threads:
        thread.join(60)
    assert len(found) == 20 and len(set(found)) == 1
    assert Job.objects.count() == 1


def test_the_state_is_rolled_back_with_its_work() -> None:
    from keqiao.jobs.lease import Lease

    sample_tasks.add.enqueue(1, 1)
    claimed = store.claim("w", 30)
    assert claimed is not None
    lease = Lease(claimed, threading.Event(), 60, alone=False)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        lease.save_state({"step": 5})
        raise ZeroDivisionError
    assert only_job().state == ""
    store.take_back(store.running()[0], "gone")
    with pytest.raises(LeaseLost):
        lease.save_state({"step": 6})
