"""A job that fails is tried again, then laid aside with its reason; it never holds up others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django_tasks import TaskResultStatus

from keqiao.jobs import board
from keqiao.jobs.models import Job, JobRun, RunOutcome, Status
from keqiao.jobs.options import enqueue_unique
from keqiao.jobs.problems import JobProblem
from tests.jobs import sample_tasks
from tests.jobs.conftest import only_job, run_now
from tests.jobs.sample_tasks import noted

pytestmark = pytest.mark.django_db


def test_one_poison_job_becomes_a_dead_letter_and_the_others_pass(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    for text in ("a", "b"):
        sample_tasks.write.enqueue(file, text)
    poison = sample_tasks.fail.using(priority=50).enqueue("wrong number of columns")
    for text in ("c", "d"):
        sample_tasks.write.enqueue(file, text)
    run_now()
    assert sorted(noted(file)) == ["a", "b", "c", "d"]
    (letter,) = board.dead_letters()
    assert letter.id == int(poison.id)
    assert letter.reason == "ValueError: wrong number of columns"
    assert (letter.attempts, letter.can_retry, letter.can_cancel) == (3, True, False)
    detail = board.job_detail(letter.id)
    assert [run.outcome for run in detail.runs] == ["failed", "failed", "dead"]
    assert "raise ValueError(message)" in detail.runs[-1].error
    poison.refresh()
    assert poison.status == TaskResultStatus.FAILED
    assert [error.exception_class for error in poison.errors] == [ValueError] * 3


def test_pauses_between_attempts_grow() -> None:
    sample_tasks.fail_slowly.enqueue()
    assert run_now() == 1
    first = datetime.now(UTC)
    job = only_job()
    assert job.status == Status.READY
    assert timedelta(seconds=595) < job.run_after - first < timedelta(seconds=665)
    assert run_now() == 0
    with time_machine.travel(first + timedelta(seconds=700)):
        assert run_now() == 1
        job.refresh_from_db()
        assert job.run_after - datetime.now(UTC) > timedelta(seconds=1195)


def test_a_task_may_say_when_to_come_back_or_that_it_is_hopeless() -> None:
    sample_tasks.busy_partner.enqueue(5000)
    hopeless = sample_tasks.give_up.enqueue()
    run_now()
    (waiting,) = board.recent_jobs(status=Status.READY)
    assert waiting.run_after - datetime.now(UTC) > timedelta(seconds=4990)
    assert waiting.reason == "RetryLater: 429"
    (letter,) = board.dead_letters()
    assert (letter.id, letter.attempts) == (int(hopeless.id), 1)
    assert letter.reason == "GiveUp: the file is not a table"


def test_a_task_cannot_end_the_worker_or_return_what_cannot_be_kept(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    sample_tasks.leave.enqueue()
    sample_tasks.return_a_thing.enqueue()
    sample_tasks.write.enqueue(file, "after")
    run_now()
    assert noted(file) == ["after"]
    (letter,) = board.dead_letters()
    assert letter.reason.startswith("UnstorableResult")
    assert board.recent_jobs(status=Status.READY)[0].reason == "SystemExit: 3"


def test_a_job_of_a_newer_version_waits_for_a_worker_that_knows_it() -> None:
    job = sample_tasks.add.enqueue(1, 1)
    Job.objects.filter(pk=job.id).update(task="tests.jobs.sample_tasks.not_yet_written")
    run_now()
    line = board.job_line(int(job.id))
    assert line.status == Status.READY
    assert "has no task tests.jobs.sample_tasks.not_yet_written" in line.reason
    assert line.title == "Not yet written"


def test_arguments_that_cannot_be_read_fail_alone() -> None:
    job = sample_tasks.give_up.enqueue()
    Job.objects.filter(pk=job.id).update(arguments='["broken', max_attempts=1)
    run_now()
    assert board.job_detail(int(job.id)).arguments == (['["broken'], {})
    assert board.dead_letters()[0].reason.startswith("JSONDecodeError")


def test_a_dead_letter_runs_again_after_the_fix() -> None:
    handle = sample_tasks.fail.enqueue()
    run_now()
    Job.objects.filter(pk=handle.id).update(
        task="tests.jobs.sample_tasks.add", arguments="[[1,2],{}]"
    )
    line = board.retry(int(handle.id))
    assert (line.status, line.attempts, line.reason) == (Status.READY, 0, "")
    run_now()
    assert board.job_detail(int(handle.id)).result == 3
    with pytest.raises(JobProblem) as refused:
        board.retry(int(handle.id))
    assert refused.value.code == "not_ended"


def test_a_dead_letter_does_not_come_back_beside_its_twin() -> None:
    dead = enqueue_unique(sample_tasks.fail, "report 1")
    run_now()
    twin = enqueue_unique(sample_tasks.fail, "report 1")
    assert twin.id != dead.id
    with pytest.raises(JobProblem) as refused:
        board.retry(int(dead.id))
    assert refused.value.code == "duplicate"
    assert board.job_line(int(dead.id)).status == Status.DEAD


def test_work_goes_on_where_the_broken_attempt_stopped(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    handle = sample_tasks.resumable.enqueue(file)
    run_now()
    handle.refresh()
    assert (handle.return_value, handle.attempts) == ([3], 2)
    assert noted(file) == ["0", "1", "2"]
    assert board.job_detail(int(handle.id)).state == {"step": 3}


def test_cancelling_a_waiting_job_keeps_it_from_running(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    handle = sample_tasks.write.enqueue(file, "no")
    line = board.cancel(int(handle.id))
    assert (line.status, line.can_cancel, line.can_retry) == (Status.CANCELLED, False, True)
    assert line.finished_at is not None  # else the clean-up would never find it
    assert run_now() == 0
    assert noted(file) == []
    with pytest.raises(JobProblem) as refused:
        board.cancel(int(handle.id))
    assert refused.value.code == "already_ended"
    board.retry(int(handle.id))
    run_now()
    assert noted(file) == ["no"]


def test_a_failing_job_that_was_cancelled_is_not_tried_again() -> None:
    from keqiao.jobs import store

    sample_tasks.fail_slowly.enqueue()
    claimed = store.claim("w", 30)
    assert claimed is not None
    line = board.cancel(claimed.job_id)
    assert (line.status, line.cancel_requested, line.can_cancel) == (Status.RUNNING, True, False)
    assert store.settle(claimed, store.Ending(RunOutcome.FAILED, reason="x"))
    assert board.job_line(claimed.job_id).status == Status.CANCELLED
    assert JobRun.objects.get().outcome == RunOutcome.CANCELLED


def test_unknown_jobs_are_explained() -> None:
    for action in (board.cancel, board.retry, board.job_detail):
        with pytest.raises(JobProblem) as refused:
            action(12345)
        assert refused.value.code == "not_found"


def test_the_numbers_monitoring_watches() -> None:
    sample_tasks.give_up.enqueue()
    run_now()
    sample_tasks.fail_slowly.enqueue()
    run_now()
    sample_tasks.add.enqueue(1, 1)
    numbers = board.queue_numbers()
    assert (numbers.waiting, numbers.due, numbers.running, numbers.dead) == (2, 1, 0, 1)
    assert numbers.oldest_due_since == Job.objects.latest("pk").run_after


def test_progress_is_shown_and_titles_speak_to_people() -> None:
    counted, added = sample_tasks.count_to.enqueue(8), sample_tasks.add.enqueue(1, 1)
    run_now()
    line = board.job_line(int(counted.id))
    assert (line.progress_done, line.progress_total, line.progress_percent) == (8, 8, 100)
    assert line.progress_note == "row 8"
    assert line.title == "Count to"
    assert board.job_line(int(added.id)).title == "Add two numbers"
    assert [entry.id for entry in board.recent_jobs(limit=1)] == [int(added.id)]
