"""Fault 2: an import killed at any moment goes on, and every row of the list lands exactly once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from keqiao.customers.account import Account
from keqiao.importing.models import ImportRow, ImportRun, RunState
from keqiao.importing.tasks import enqueue_run
from keqiao.jobs.models import Job, Status
from keqiao.records.audit import verify_chain
from keqiao.records.models import ChainHead, ChangeEntry, Event
from tests.company import SYSTEM
from tests.importing.helpers import adds_up, upload

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
ROWS = 700
KILLS = 14


@pytest.fixture
def run() -> ImportRun:
    ChainHead.objects.get_or_create(pk=1)
    lines = [
        f"客户{n}号有限公司,{13_800_000_000 + (n - 3 if n % 10 == 9 else n)},{'特级' if n % 25 == 1 else 'A'}"
        for n in range(ROWS)
    ]
    return upload(SYSTEM, "客户名称,手机,级别\n" + "\n".join(lines))


def start(what: str) -> subprocess.Popen[bytes]:
    database = {
        key: str(connection.settings_dict[key] or "")
        for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.importing.import_process", what],
        cwd=ROOT,
        env={
            **os.environ,
            "TEST_DATABASE": json.dumps(database),
            "TEST_DATA": str(settings.DATA),
        },
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def assert_each_row_once(run: ImportRun) -> None:
    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert run.rows_read == ROWS
    assert adds_up(run)
    rejected = sum(n % 25 == 1 for n in range(ROWS))
    # A tenth row repeats the number of an earlier one, unless that one was refused itself.
    duplicates = sum(n % 10 == 9 and (n - 3) % 25 != 1 and n % 25 != 1 for n in range(ROWS))
    assert (run.rejected, run.duplicates) == (rejected, duplicates)
    names = Counter(Account.objects.values_list("name", flat=True))
    assert len(names) == run.created == ROWS - rejected - duplicates
    assert set(names.values()) == {1}
    created = ImportRow.objects.filter(run=run, state="created")
    assert created.values("record_id").distinct().count() == run.created
    assert ChangeEntry.objects.filter(action="create").count() == run.created
    assert Event.objects.filter(name="account.created").count() == run.created
    assert verify_chain().sound


def test_import_killed_many_times_lands_each_row_once(run: ImportRun) -> None:
    chance = random.Random(7)
    interrupted = 0
    for _ in range(KILLS):
        before = run.rows_read
        process = start(str(run.pk))
        # Let it begin, however busy the machine is, then strike at a random moment.
        while process.poll() is None and ImportRun.objects.get(pk=run.pk).rows_read == before:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.wait(10)
        run.refresh_from_db()
        interrupted += 0 < run.rows_read < ROWS
        if run.state == RunState.DONE:
            break
    assert interrupted >= 5
    last = start(str(run.pk))
    assert last.wait(60) == 0
    assert_each_row_once(run)


def test_killed_worker_leaves_the_job_to_the_next_one(run: ImportRun) -> None:
    enqueue_run(run, RunState.RUNNING, None)
    for _ in range(2):
        worker = start("worker")
        end = time.monotonic() + 20
        before = ImportRun.objects.get(pk=run.pk).rows_read
        while ImportRun.objects.get(pk=run.pk).rows_read < before + 30:
            assert time.monotonic() < end
            time.sleep(0.01)
        worker.kill()
        worker.wait(10)
    worker = start("worker")
    try:
        end = time.monotonic() + 60
        # The workers also run what stands on the timetable.
        while Job.objects.get(task__startswith="keqiao.importing.").status != Status.DONE:
            assert time.monotonic() < end, Job.objects.values("status", "reason", "attempts")
            time.sleep(0.05)
    finally:
        worker.kill()
        worker.wait(10)
    assert_each_row_once(run)
