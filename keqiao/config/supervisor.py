"""Runs a whole installation from one command: web server, worker with scheduler, clean stop."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

START_SECONDS = 60
STOP_SECONDS = 25
RESTART_PAUSE_SECONDS = 2
PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """The installation could not be started; the message says why and what to do."""


def open_socket(host: str, port: int) -> socket.socket:
    """Bind the address before anything else runs, so that a taken port is reported at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(512)
    except OSError as error:
        opened.close()
        raise CannotStart(_bind_problem(error, host, port)) from None
    opened.set_inheritable(True)
    return opened


def _bind_problem(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken: another program, perhaps a Keqiao that is already running, "
            f"answers there. Stop it, or choose another port: PORT={port + 1} make run"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} needs administrator rights. Choose one above 1023: PORT=8000 make run"
    return f"The address {host}:{port} cannot be opened: {error.strerror}."


def _die_with_parent() -> None:
    # Linux only: a supervisor killed with -9 must not leave a web server behind on the port.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _child_environment() -> dict[str, str]:
    environment = dict(os.environ)
    if sys.stderr.isatty():
        # At a terminal a person reads along; a service manager collects JSON lines.
        environment.setdefault("KEQIAO_LOG", "plain")
    return environment


@dataclass
class Supervisor:
    """Holds the child processes: a dead worker starts again, a dead web server ends all."""

    listener: socket.socket
    announce: Callable[[], None]
    web: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None
    is_stopping: bool = False
    environment: dict[str, str] = field(default_factory=_child_environment)

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_asked)
        self.web = self._start_web()
        try:
            self._wait_until_ready()
            if not self.is_stopping:
                # After the web server, which brings the database up to date.
                self.worker = self._start_worker()
                self.announce()
            return self._watch()
        finally:
            self._stop_children()

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl+C reaches only the supervisor, which then stops both in order.
        return subprocess.Popen(  # noqa: S603
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            pass_fds=(self.listener.fileno(),),
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    def _start_web(self) -> subprocess.Popen[bytes]:
        self.environment["KEQIAO_BIND"] = f"fd://{self.listener.fileno()}"
        settings = "python:keqiao.config.gunicorn_settings"
        return self._spawn([sys.executable, "-m", "gunicorn", "-c", settings])

    def _start_worker(self) -> subprocess.Popen[bytes]:
        return self._spawn([sys.executable, "-m", "keqiao.config.command_line", "worker"])

    def _wait_until_ready(self) -> None:
        host, port = self.listener.getsockname()[:2]
        name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not self.is_stopping:
            if self.web is None or self.web.poll() is not None:
                raise CannotStart("The web server did not start; the lines above say why.")
            if _answers(name, port):
                return
            time.sleep(0.05)
        if not self.is_stopping:
            raise CannotStart(f"The web server did not answer within {START_SECONDS} seconds.")

    def _watch(self) -> int:
        while not self.is_stopping:
            time.sleep(0.2)
            if self.web is not None and self.web.poll() is not None:
                return 1
            if self.worker is not None and self.worker.poll() is not None:
                # The queue is durable: what it was doing runs again when its lease ends.
                time.sleep(RESTART_PAUSE_SECONDS)
                if not self.is_stopping:
                    self.worker = self._start_worker()
        return 0

    def _stop_asked(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def _stop_children(self) -> None:
        self.is_stopping = True
        children = [child for child in (self.web, self.worker) if child is not None]
        for child in children:
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in children:
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.listener.close()


def _answers(host: str, port: int) -> bool:
    """Ask our own server for one byte; any answer will do, a refused host name is no failure."""
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False
