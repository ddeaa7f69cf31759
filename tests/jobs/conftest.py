"""A timetable of the test's own, and real worker processes on the test's database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from keqiao.jobs import schedule
from keqiao.jobs.models import Job
from keqiao.jobs.worker import run_worker

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def empty_timetable(monkeypatch: pytest.MonkeyPatch) -> dict[str, schedule.Periodic]:
    """Only what a test puts on the timetable runs, whatever the installed packages declare."""
    schedule.periodic_tasks()
    registry: dict[str, schedule.Periodic] = {}
    monkeypatch.setattr(schedule, "_registry", registry)
    return registry


@pytest.fixture
def start_worker() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    settings = connection.settings_dict
    database = {key: settings[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    database["NAME"] = str(database["NAME"])

    def start(
        lease_seconds: float = 30, days_ahead: int = 0, *, wait: bool = True, lanes: bool = False
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.jobs.worker_process",
                str(lease_seconds),
                str(days_ahead),
                "lanes" if lanes else "one",
            ],
            cwd=ROOT,
            env={**os.environ, "TEST_DATABASE": json.dumps(database)},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        if wait:
            await_ready(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.communicate()


def await_ready(process: subprocess.Popen[bytes]) -> None:
    """Return when the worker has set its signals and is about to look for work."""
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is true, and fail when it never is."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this did not happen in time"
        time.sleep(0.02)


def run_now() -> int:
    return run_worker(once=True)


def only_job() -> Job:
    return Job.objects.get()
