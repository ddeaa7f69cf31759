"""A worker in a process of its own, for tests that kill, freeze or race real processes."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import time_machine


def main() -> None:
    import django

    django.setup()
    from django.conf import settings

    settings.DATABASES["default"].update(json.loads(os.environ["TEST_DATABASE"]))
    from keqiao.jobs.lanes import run_lanes
    from keqiao.jobs.worker import run_worker

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    ahead = datetime.now(UTC) + timedelta(days=int(sys.argv[2]))
    with time_machine.travel(ahead) if int(sys.argv[2]) else nullcontext():
        if sys.argv[3] == "lanes":
            run_lanes(stop, lease_seconds=float(sys.argv[1]))
        else:
            run_worker(stop, lease_seconds=float(sys.argv[1]))


if __name__ == "__main__":
    main()
