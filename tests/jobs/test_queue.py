"""A job is part of the save that caused it, runs once, and says what became of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection, transaction
from django_tasks import TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist, TaskResultMismatch

from keqiao.base.clock import now
from keqiao.jobs.backend import load_task
from keqiao.jobs.models import Job, JobRun, RunOutcome, Status
from keqiao.jobs.options import acting_as, enqueue_coalesced, enqueue_unique, with_options
from keqiao.jobs.progress import check_cancelled, progress, resume_state, save_state
from keqiao.jobs.store import Lane
from keqiao.jobs.worker import run_worker
from tests.jobs import sample_tasks
from tests.jobs.conftest import only_job, run_now
from tests.jobs.sample_tasks import noted

pytestmark = pytest.mark.django_db


def test_a_job_runs_and_its_result_can_be_read() -> None:
    handle = sample_tasks.add.enqueue(2, right=3)
    assert handle.status == TaskResultStatus.READY
    assert run_now() == 1
    handle.refresh()
    assert handle.status == TaskResultStatus.SUCCESSFUL
    assert handle.return_value == 5
    assert handle.attempts == 1
    assert handle.enqueued_at <= handle.started_at <= handle.finished_at
    assert sample_tasks.add.get_result(handle.id).return_value == 5
    run = JobRun.objects.get()
    assert (run.outcome, run.attempt) == (RunOutcome.DONE, 1)
    assert run_now() == 0


def test_results_of_other_tasks_and_unknown_ids_are_refused() -> None:
    handle = sample_tasks.add.enqueue(1, 1)
    with pytest.raises(TaskResultMismatch):
        sample_tasks.give_up.get_result(handle.id)
    for unknown in ("0", "nonsense", "9" * 30):
        with pytest.raises(TaskResultDoesNotExist):
            sample_tasks.add.get_result(unknown)


def test_a_job_vanishes_with_the_transaction_that_enqueued_it(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    with pytest.raises(RuntimeError), transaction.atomic():
        sample_tasks.write.enqueue(file, "rolled-back")
        raise RuntimeError
    sample_tasks.write.enqueue(file, "kept")
    run_now()
    assert noted(file) == ["kept"]


def test_urgent_jobs_first_then_in_the_order_they_came(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    for text, priority in (("a", 0), ("b", 10), ("c", 0), ("d", -10), ("e", 10)):
        sample_tasks.write.using(priority=priority).enqueue(file, text)
    run_now()
    assert noted(file) == ["b", "e", "a", "c", "d"]


def test_a_deferred_job_waits_for_its_time() -> None:
    handle = with_options(sample_tasks.add, run_after=now() + timedelta(hours=1)).enqueue(1, 2)
    assert run_now() == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1, seconds=1)):
        assert run_now() == 1
    handle.refresh()
    assert handle.return_value == 3


def test_a_worker_serves_only_its_queues(tmp_path: Path) -> None:
    file = str(tmp_path / "lines")
    sample_tasks.write.using(queue_name="slow").enqueue(file, "slow")
    sample_tasks.write.enqueue(file, "default")
    assert run_worker(once=True, lane=Lane(only=("default", "mail"))) == 1
    assert noted(file) == ["default"]
    assert run_worker(once=True, lane=Lane(only=("slow",))) == 1
    assert noted(file) == ["default", "slow"]


def test_a_job_may_enqueue_another_and_keeps_its_actor() -> None:
    with acting_as(7):
        sample_tasks.enqueue_more.enqueue()
    assert run_now() == 2
    assert set(Job.objects.values_list("actor_id", flat=True)) == {7}
    with_options(sample_tasks.add, actor_id=9, title="Add for Ms Lin").enqueue(1, 1)
    job = Job.objects.latest("pk")
    assert (job.actor_id, job.title) == (9, "Add for Ms Lin")


def test_context_and_async_tasks() -> None:
    first, second = sample_tasks.who_am_i.enqueue(), sample_tasks.add_async.enqueue(20, 22)
    run_now()
    first.refresh()
    second.refresh()
    assert first.return_value == [1, first.id, int(first.id)]
    assert second.return_value == 42


@pytest.mark.parametrize("argument", [datetime(2026, 1, 1, tzinfo=UTC), object(), {1, 2}])
def test_arguments_json_cannot_carry_are_refused_at_once(argument: object) -> None:
    with pytest.raises(TypeError):
        sample_tasks.add.enqueue(argument, 1)
    assert not Job.objects.exists()


def test_any_text_survives_the_queue(tmp_path: Path) -> None:
    """NUL and lone surrogates come with pasted text; PostgreSQL refuses them in JSON columns."""
    handle = sample_tasks.fail.enqueue("苏州\x00博远\ud800")
    run_now()
    job = only_job()
    assert job.status == Status.DEAD
    assert job.reason == "ValueError: 苏州\\x00博远\\ud800"
    assert json.loads(job.arguments) == [["苏州\x00博远\ud800"], {}]
    handle.refresh()
    assert handle.errors[-1].exception_class is ValueError


def test_a_key_is_taken_while_its_job_waits_or_runs() -> None:
    first = enqueue_unique(sample_tasks.add, "account 5", 1, 1)
    second = enqueue_unique(sample_tasks.add, "account 5", 2, 2)
    other = enqueue_unique(sample_tasks.add, "account 6", 3, 3)
    assert first.id == second.id != other.id
    Job.objects.filter(pk=first.id).update(status=Status.RUNNING)
    assert enqueue_unique(sample_tasks.add, "account 5", 2, 2).id == first.id
    Job.objects.filter(pk=first.id).update(status=Status.DONE)
    assert enqueue_unique(sample_tasks.add, "account 5", 2, 2).id != first.id


def test_keys_belong_to_one_task_and_may_be_long() -> None:
    one = enqueue_unique(sample_tasks.add, "客" * 400, 1, 1)
    assert enqueue_unique(sample_tasks.add, "客" * 400, 1, 1).id == one.id
    assert enqueue_unique(sample_tasks.add, "客" * 401, 1, 1).id != one.id
    assert enqueue_unique(sample_tasks.add, "same", 1, 1).id != (
        enqueue_unique(sample_tasks.fail, "same").id
    )


def test_coalesced_work_is_enqueued_again_once_it_has_started() -> None:
    """A running recalculation may have read the data before the change that asks for the next."""
    waiting = enqueue_coalesced(sample_tasks.add, "scores", 1, 1)
    assert enqueue_coalesced(sample_tasks.add, "scores", 1, 1).id == waiting.id
    from keqiao.jobs import store

    claimed = store.claim("w", 30)
    assert claimed is not None and str(claimed.job_id) == waiting.id
    following = enqueue_coalesced(sample_tasks.add, "scores", 1, 1)
    assert following.id != waiting.id
    # The running one may still come back to the queue beside the new one.
    assert store.settle(claimed, store.Ending(RunOutcome.GIVEN_BACK))
    assert Job.objects.filter(status=Status.READY).count() == 2


def test_only_tasks_can_be_named_by_a_job() -> None:
    Job.objects.create(
        task="os.getcwd", queue="default", arguments="[[],{}]", enqueued_at=now(), run_after=now()
    )
    run_now()
    job = only_job()
    assert job.status == Status.DEAD
    assert "os.getcwd is not a task" in job.reason
    assert load_task("tests.jobs.sample_tasks.add") is sample_tasks.add


def test_progress_calls_are_harmless_outside_a_job() -> None:
    progress(1, 2)
    check_cancelled()
    save_state({"step": 1})
    assert resume_state() == {}


def test_the_claim_reads_only_the_index_of_waiting_jobs() -> None:
    """With a hundred thousand finished jobs in the table the claim must not look at them."""
    from keqiao.jobs import store

    statements: list[str] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        store.claim("w", 30)
    inner = statements[0].partition("(SELECT")[2].partition(")\nRETURNING")[0]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN SELECT{inner}", ["2026-01-01"])
        else:
            # PostgreSQL weighs indexes by what it knows of the table, so it must know a full one.
            moment = now()
            Job.objects.bulk_create(
                Job(
                    task="old",
                    queue="default",
                    arguments="{}",
                    status=status,
                    priority=number % 7,
                    enqueued_at=moment,
                    run_after=moment,
                )
                for status in (Status.DONE, Status.READY)
                for number in range(3000)
            )
            cursor.execute("ANALYZE jobs_job")
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN SELECT{inner}", [moment])
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert "job_claim" in plan
    assert "SORT" not in plan.upper().replace("SORT KEY", "")
