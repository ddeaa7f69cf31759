"""How gunicorn runs the web part: sync workers that share one loaded copy of the program."""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path
from typing import Any

from keqiao.config import environment as env

wsgi_app = "keqiao.config.wsgi:application"
workers = env.number("KEQIAO_WEB_WORKERS", 2, low=1, high=64)
worker_class = "sync"
# Loaded once before the fork: the workers share its memory and a second start is quick.
preload_app = True
# The supervisor has opened the socket already (a taken port is then reported before anything runs).
bind = os.environ.get("KEQIAO_BIND", "127.0.0.1:8000")
timeout = env.number("KEQIAO_REQUEST_SECONDS", 60, low=5, high=3600)
graceful_timeout = 20
# A heart-beat file on a slow disk would stall workers.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108
control_socket_disable = True
accesslog = None  # RequestTrace writes one line per request, with the request id
errorlog = "-"
loglevel = "warning"
# Headers of proxies are judged in one place, keqiao.config.middleware.TrustedProxy.
forwarded_allow_ips = ""
limit_request_line = 8190
proc_name = "keqiao-web"


def when_ready(server: Any) -> None:
    from keqiao.config.warm_up import warm_up

    if told := env.text("KEQIAO_PREPARE"):
        prepare(Path(told))
    warm_up(server.app.wsgi())
    # What lives now lives until the end: the collector need not touch (and so copy) these pages.
    gc.collect()
    gc.freeze()


def prepare(told: Path) -> None:
    """Bring the database up to date for `keqiao serve` here instead of in one more process."""
    from keqiao.config.commands.install import NotPrepared, prepare_to_serve

    try:
        result = prepare_to_serve(with_demo=env.flag("KEQIAO_DEMO", default=False))
    except NotPrepared as problem:
        raise SystemExit(str(problem)) from None
    told.write_text(json.dumps(result), encoding="utf-8")


def post_fork(server: Any, worker: Any) -> None:
    from django.db import connections

    # A connection opened while loading belongs to the parent.
    connections.close_all()
