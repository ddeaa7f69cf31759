"""The worker: runs due jobs one by one, keeps the timetable, outlives any job and any outage."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)

from keqiao.jobs import store
from keqiao.jobs.execute import execute
from keqiao.jobs.lease import TICK_SECONDS, Keeper, Lease, Stop
from keqiao.jobs.log import ensure_configured, logger
from keqiao.jobs.models import RunOutcome
from keqiao.jobs.options import DEFAULT_TIME_LIMIT
from keqiao.jobs.schedule import run_due_schedules, sync_schedules
from keqiao.jobs.store import Lane

LEASE_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
LONGEST_OUTAGE_PAUSE = 10.0
SYNC_SECONDS = 600.0
STOPPING_TRIES = 3


def run_worker(
    stop: Stop | None = None,
    *,
    once: bool = False,
    lane: Lane | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> int:
    """Run jobs until `stop` is set, or with `once` until nothing is due; return how many were run.

    Safe to start in several threads and processes. With `once` it also works inside an open
    transaction, as in a test case.
    """
    ensure_configured()
    worker = Worker(stop or threading.Event(), lane or Lane(), lease_seconds)
    try:
        return worker.drain() if once else worker.loop()
    finally:
        worker.close()


class Worker:
    def __init__(self, stop: Stop, lane: Lane, lease_seconds: float) -> None:
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.stop = stop
        self.lane = lane
        self.lease_seconds = lease_seconds
        self.jobs = 0
        self._keeper: Keeper | None = None
        if not connection.in_atomic_block:
            self._keeper = Keeper(min(TICK_SECONDS, lease_seconds / 4))
            self._keeper.start()
        self._watch = Watch()
        self._last_sync: float | None = None
        self._last_chores: float | None = None

    def close(self) -> None:
        if self._keeper:
            self._keeper.stop()
        if threading.current_thread() is not threading.main_thread():
            connection.close()

    def drain(self) -> int:
        self._chores()
        self._work()
        return self.jobs

    def loop(self) -> int:
        logger.info("worker_started", worker=self.name, lane=self.lane.name)
        pause = FIRST_PAUSE
        while not self.stop.is_set():
            try:
                _drop_broken_connection()
                self._chores()
                before = self.jobs
                self._work()
                pause = FIRST_PAUSE if self.jobs > before else min(pause * 2, LONGEST_PAUSE)
            except (DatabaseError, InterfaceError) as problem:
                # A database that restarts or a full disk must not end the worker.
                self._wait_out(problem)
                pause = min(max(pause, 1.0) * 2, LONGEST_OUTAGE_PAUSE)
            self.stop.wait(pause)
        logger.info("worker_stopped", worker=self.name, jobs=self.jobs)
        return self.jobs

    def _work(self) -> None:
        """Run due jobs until none is left, keeping up with the timetable in between."""
        if not store.anything_due(self.lane):
            return
        claimed = self._claim()
        while claimed is not None:
            lease = Lease(claimed, self.stop, DEFAULT_TIME_LIMIT, alone=self._keeper is None)
            lease.gives_way = self.lane.gives_way
            self._hold(lease)
            try:
                ending = self._run(lease)
                claimed = self._settle(lease, ending)
            finally:
                self._hold(None)
            self._chores()

    def _claim(self) -> store.Claim | None:
        if self.stop.is_set():
            return None
        return store.claim(self.name, self.lease_seconds, self.lane)

    def _hold(self, lease: Lease | None) -> None:
        if self._keeper:
            self._keeper.hold(lease)

    def _run(self, lease: Lease) -> store.Ending | None:
        claimed = lease.claim
        self.jobs += 1
        started = time.monotonic()
        ending = execute(lease)
        logger.info(
            "job_ended",
            job_id=claimed.job_id,
            task=claimed.task,
            attempt=claimed.attempt,
            outcome=str(ending.outcome) if ending else "lost",
            exception=ending.exception if ending else "",
            seconds=round(time.monotonic() - started, 3),
        )
        # A task may leave a broken connection behind; its ending must still be written.
        _drop_broken_connection()
        return ending

    def _settle(self, lease: Lease, ending: store.Ending | None) -> store.Claim | None:
        """Write the ending, take the next job; the work is done, so an outage is waited out."""
        if ending is None:
            logger.warning("job_has_another_owner", job_id=lease.claim.job_id, worker=self.name)
            return self._claim()
        pause, tries = 0.5, 0
        while True:
            try:
                return self._settle_once(lease, ending)
            except (OperationalError, InterfaceError) as problem:
                tries += 1
                # A worker that must stop leaves the job to its lease after a few tries.
                if connection.in_atomic_block or (self.stop.is_set() and tries > STOPPING_TRIES):
                    raise
                self._wait_out(problem)
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_OUTAGE_PAUSE)
            except DatabaseError as problem:
                logger.error("ending_refused", job_id=lease.claim.job_id, error=str(problem))
                reason = f"The result could not be stored: {type(problem).__name__}"
                ending = store.Ending(RunOutcome.DEAD, reason=reason)
                lease.progress = None

    def _settle_once(self, lease: Lease, ending: store.Ending) -> store.Claim | None:
        """One transaction for this ending and the next claim: one disk sync per job."""
        with transaction.atomic():
            kept = store.settle(lease.claim, ending, lease.progress)
            following = self._claim()
        if not kept:
            logger.warning("late_result_refused", job_id=lease.claim.job_id, worker=self.name)
        return following

    def _wait_out(self, problem: Exception) -> None:
        """Note an outage: beats that did not move during it say nothing about other workers."""
        logger.error("worker_waits_for_database", worker=self.name, error=str(problem))
        connection.close()
        self._watch = Watch()

    def _chores(self) -> None:
        """Timetable and abandoned jobs, at most once a second."""
        moment = time.monotonic()
        if self._last_chores is not None and moment - self._last_chores < TICK_SECONDS:
            return
        self._last_chores = moment
        if self._last_sync is None or moment - self._last_sync >= SYNC_SECONDS:
            sync_schedules()
            self._last_sync = moment
        run_due_schedules()
        if self._keeper and self._keeper.outages:
            self._keeper.outages = 0
            self._watch = Watch()
        self._watch.look()


def _drop_broken_connection() -> None:
    if not connection.in_atomic_block:
        close_old_connections()


class Watch:
    """Finds jobs whose worker is dead.

    A job is taken back when its beat has not moved for a whole lease *on this watcher's own
    monotonic clock*. Wall clocks are never compared, so a machine whose clock runs a day ahead
    steals nothing (the rule Kubernetes' leader election follows).
    """

    def __init__(self) -> None:
        self._since: dict[store.Sighting, float] = {}

    def look(self) -> None:
        moment = time.monotonic()
        seen = store.running()
        self._since = {sight: self._since.get(sight, moment) for sight in seen}
        for sight, since in self._since.items():
            if moment - since > sight.lease_seconds:
                status = store.take_back(sight, "The worker stopped without finishing the job.")
                if status is not None:
                    logger.warning("job_taken_back", job_id=sight.job_id, status=str(status))
