"""Starts an installation: prepares it, runs web server and worker, tells people where it is."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from types import FrameType
from typing import Any

import click

from keqiao.config.supervisor import CannotStart, Supervisor, open_socket


def serve_installation(host: str, port: int, *, with_demo: bool) -> int:
    listener = open_socket(host, port)
    prepared = _prepare(with_demo=with_demo)

    def announce() -> None:
        click.echo(_welcome(host, port, prepared["demo_sign_ins"]))

    return Supervisor(listener, announce).run()


def _prepare(*, with_demo: bool) -> dict[str, Any]:
    """Migrate in a process of its own, so that the supervisor itself stays a few megabytes."""
    command = [sys.executable, "-m", "keqiao.config.command_line", "prepare", "--json"]
    result = subprocess.run(  # noqa: S603
        command + (["--with-demo"] if with_demo else []), stdout=subprocess.PIPE, check=False
    )
    if result.returncode:
        raise CannotStart("The database could not be prepared; the lines above say why.")
    prepared: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return prepared


def _welcome(host: str, port: int, sign_ins: list[dict[str, str]]) -> str:
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


def work(*, once: bool) -> None:
    """Run the worker in this process until it is told to stop."""
    from keqiao.jobs.worker import run_worker

    stop = threading.Event()

    def stop_asked(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop_asked)
    run_worker(stop, once=once)
