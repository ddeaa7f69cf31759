"""Keeps the right to a running job alive and carries wishes to it: cancel, stop, too late."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from typing import Any, Protocol

from django.db import DatabaseError, connection

from keqiao.jobs import codec, store
from keqiao.jobs.log import logger
from keqiao.jobs.problems import JobCancelled, LeaseLost, TimeLimitExceeded, WorkerStopping

# A stopping worker lets its task finish for this long before asking it to hand the job back;
# a task that saved its state loses nothing and goes back at its next check.
STOP_GRACE_SECONDS = 10.0
TICK_SECONDS = 1.0
STEADY_SECONDS, TURN_SECONDS = 0.5, 0.11


class Stop(Protocol):
    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None, /) -> bool: ...


class Lease:
    """One running job as its task sees it; shared between the task's thread and the keeper."""

    def __init__(self, claimed: store.Claim, stop: Stop, time_limit: float, *, alone: bool) -> None:
        self.claim = claimed
        self.stop = stop
        # Inside an open transaction nobody else can see the row: no keeper, writes go out directly.
        self.alone = alone
        self.state: dict[str, Any] = codec.load(claimed.state) or {}
        self.progress: store.Progress | None = None
        self.written: store.Progress | None = None
        self.cancelled = False
        self.lost = False
        self.over_time = False
        self.ended = False
        self.gives_way = False
        self.time_limit = time_limit
        self._started = time.monotonic()
        self._last_beat = self._started
        self._gave_way = self._started
        self._state_saved = False
        self._stop_seen: float | None = None

    def give_way(self) -> None:
        """Pause between two steps of long work, so that whoever waits to write has a turn.

        SQLite has one write lock and no queue for it: who waits looks again every 100 ms at the
        longest, and work that takes the lock again at once is hardly ever found without it.
        """
        if not self.gives_way or connection.vendor != "sqlite" or connection.in_atomic_block:
            return
        if time.monotonic() - self._gave_way >= STEADY_SECONDS:
            time.sleep(TURN_SECONDS)
            self._gave_way = time.monotonic()

    def check(self) -> None:
        """Raise when the task should end now."""
        if self.alone:
            self.look()
        if self.lost:
            raise LeaseLost
        if self.over_time:
            raise TimeLimitExceeded
        if self.cancelled:
            raise JobCancelled
        if self.must_stop():
            raise WorkerStopping

    def must_stop(self) -> bool:
        if not self.stop.is_set():
            return False
        if self._stop_seen is None:
            self._stop_seen = time.monotonic()
        return self._state_saved or time.monotonic() - self._stop_seen >= STOP_GRACE_SECONDS

    def save_state(self, state: dict[str, Any]) -> None:
        if self.lost or not store.write_state(self.claim, codec.dump(state)):
            self.lost = True
            raise LeaseLost
        self.state = state
        self._state_saved = True
        self._last_beat = time.monotonic()

    def beat_due(self) -> bool:
        return time.monotonic() - self._last_beat >= self.claim.lease_seconds / 4

    def _over_time(self) -> bool:
        late = time.monotonic() - self._started > self.time_limit
        if late and not self.over_time and not self.ended:
            self.over_time = True
            logger.error("job_over_time_limit", job_id=self.claim.job_id, task=self.claim.task)
        return self.over_time

    def look(self) -> None:
        """Read the wishes for this job; renew when it is time or when there is progress to show."""
        self.must_stop()
        if self._over_time():
            # No more signs of life: if the task hangs, another worker takes its job over.
            return
        progress = self.progress
        if progress != self.written or self.beat_due():
            if not store.renew(self.claim, progress):
                self.lost = True
                return
            self.written = progress
            self._last_beat = time.monotonic()
        wish = store.cancel_requested(self.claim)
        self.cancelled = bool(wish)
        self.lost = wish is None


_current: ContextVar[Lease | None] = ContextVar("keqiao_job_lease", default=None)


def current_lease() -> Lease | None:
    return _current.get()


def enter(lease: Lease | None) -> None:
    _current.set(lease)


class Keeper:
    """The thread that looks after the job its worker is busy with; one per worker."""

    def __init__(self, tick: float) -> None:
        self._tick = tick
        self._lock = threading.Lock()
        self._lease: Lease | None = None
        self.outages = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keqiao-lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join(timeout=5)

    def hold(self, lease: Lease | None) -> None:
        with self._lock:
            self._lease = lease

    def _run(self) -> None:
        while not self._end.wait(self._tick):
            with self._lock:
                lease = self._lease
            if lease is None or lease.lost:
                continue
            try:
                lease.look()
            except DatabaseError as problem:
                # The job goes on: whether its result counts is decided by the token at the end.
                self.outages += 1
                logger.warning(
                    "lease_renewal_failed", job_id=lease.claim.job_id, error=str(problem)
                )
                connection.close()
        connection.close()
