"""Starts an installation: prepares it, runs web server and worker, tells people where it is."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

import click

from keqiao.config import environment as env
from keqiao.config.supervisor import CannotStart, Supervisor, open_socket


def serve_installation(host: str, port: int, *, with_demo: bool) -> int:
    listener = open_socket(host, port)
    with tempfile.TemporaryDirectory(prefix="keqiao-") as folder:
        told = Path(folder) / "prepared.json"
        supervisor = Supervisor(listener, lambda: click.echo(_welcome(host, port, told)))
        if _is_new():
            _prepare(told, with_demo=with_demo)
        else:
            supervisor.environment["KEQIAO_PREPARE"] = str(told)
            supervisor.environment["KEQIAO_DEMO"] = "1" if with_demo else "0"
        return supervisor.run()


def _is_new() -> bool:
    """True when the embedded database does not exist yet."""
    try:
        database = env.database(env.data_folder())
    except env.ConfigurationError as problem:
        raise CannotStart(str(problem)) from None
    is_embedded = str(database["ENGINE"]).endswith("sqlite3")
    return is_embedded and not Path(str(database["NAME"])).exists()


def _prepare(told: Path, *, with_demo: bool) -> None:
    """Make the database in a process of its own: what that loads the servers need not carry."""
    command = [sys.executable, "-m", "keqiao.config.command_line", "prepare", "--json"]
    result = subprocess.run(  # noqa: S603
        command + (["--with-demo"] if with_demo else []), stdout=subprocess.PIPE, check=False
    )
    if result.returncode:
        raise CannotStart("The database could not be prepared; the lines above say why.")
    told.write_bytes(result.stdout.splitlines()[-1])


def _welcome(host: str, port: int, told: Path) -> str:
    sign_ins: list[dict[str, str]] = json.loads(told.read_text(encoding="utf-8"))["demo_sign_ins"]
    name = f"[{host}]" if ":" in host else host
    lines = ["", f"Keqiao 客桥 is running: http://{name}:{port}"]
    if sign_ins:
        lines += ["", "Demo sign-ins (name / password):"]
        lines += [
            f"  {person['username']:<12} {person['password']:<16} {person['role']}"
            for person in sign_ins
        ]
    lines += ["", "Ctrl+C stops it.", ""]
    return "\n".join(lines)


def work(*, once: bool, lane: str) -> None:
    """Run the worker in this process until it is told to stop: both lanes, or one alone."""
    from keqiao.jobs.lanes import LANES, run_lanes
    from keqiao.jobs.worker import run_worker

    stop = threading.Event()

    def stop_asked(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop_asked)
    if once or lane:
        run_worker(stop, once=once, lane=LANES.get(lane))
    else:
        run_lanes(stop)
