"""An import in a process of its own, for tests that kill it at any moment."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main() -> None:
    import django

    django.setup()
    from django.conf import settings

    settings.DATABASES["default"].update(json.loads(os.environ["TEST_DATABASE"]))
    settings.DATA = Path(os.environ["TEST_DATA"])
    from keqiao.importing import running

    running.BATCH = 10
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if sys.argv[1] == "worker":
        from keqiao.jobs.worker import run_worker

        run_worker(lease_seconds=1.5)
    else:
        running.execute_run(int(sys.argv[1]), lambda done, total: None, lambda state: None)


if __name__ == "__main__":
    main()
