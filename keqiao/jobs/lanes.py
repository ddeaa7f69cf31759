"""The lanes of a worker: an import that takes an hour never keeps a notification waiting.

Both lanes are threads of one process with a database connection each. Decision 5 says why.
"""

from __future__ import annotations

import threading
from typing import Protocol

from keqiao.jobs.log import logger
from keqiao.jobs.options import LONG
from keqiao.jobs.schedule import periodic_tasks
from keqiao.jobs.store import Lane
from keqiao.jobs.worker import LEASE_SECONDS, run_worker

# "All but": a job of a queue nobody knows is run rather than forgotten.
QUICK_LANE = Lane("quick", but=(LONG,))
LONG_LANE = Lane("long", only=(LONG,), gives_way=True)
LANES = {lane.name: lane for lane in (QUICK_LANE, LONG_LANE)}


class Stopper(Protocol):
    def is_set(self) -> bool: ...

    def set(self) -> None: ...

    def wait(self, timeout: float | None = None, /) -> bool: ...


class LaneDied(RuntimeError):
    """A lane ended by a fault of the program; the process ends too, so that both start anew."""


def run_lanes(stop: Stopper, *, lease_seconds: float = LEASE_SECONDS) -> None:
    """Run the quick lane here and the long one in a thread beside it, until `stop` is set."""
    periodic_tasks()  # loads every task before two threads might load the same module at once
    fault: list[BaseException] = []

    def long_lane() -> None:
        try:
            run_worker(stop, lane=LONG_LANE, lease_seconds=lease_seconds)
        except BaseException as problem:
            logger.exception("lane_died", lane=LONG_LANE.name)
            fault.append(problem)
        finally:
            stop.set()

    beside = threading.Thread(target=long_lane, name="keqiao-long")
    beside.start()
    try:
        run_worker(stop, lane=QUICK_LANE, lease_seconds=lease_seconds)
    finally:
        stop.set()
        beside.join()
    if fault:
        raise LaneDied(LONG_LANE.name) from fault[0]
