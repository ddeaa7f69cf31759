"""Starts and stops the real server for a measurement, and reads its memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

START_SECONDS = 60
MEGABYTE = 1024 * 1024


class Server:
    """`keqiao serve`, or gunicorn with other settings, on a free port of the loopback."""

    def __init__(self, environment: dict[str, str], log: Path, *, settings: str = "") -> None:
        self.port = free_port()
        self.environment = {**environment, "PORT": str(self.port)}
        command = [sys.executable, "-m", "keqiao.config.command_line", "serve"]
        if settings:
            self.environment["DJANGO_SETTINGS_MODULE"] = settings
            self.environment["KEQIAO_BIND"] = f"127.0.0.1:{self.port}"
            command = [sys.executable, "-m", "gunicorn", "-c"]
            command.append("python:keqiao.config.gunicorn_settings")
        self._log: IO[bytes] = log.open("ab")
        self._begun = time.perf_counter()
        self.process = subprocess.Popen(  # noqa: S603
            command, env=self.environment, stdout=self._log, stderr=self._log
        )

    def wait(self, path: str) -> float:
        """Return the seconds from the start until `path` was answered."""
        while time.perf_counter() - self._begun < START_SECONDS:
            if self.process.poll() is not None:
                break
            if answers(self.port, path):
                return time.perf_counter() - self._begun
            time.sleep(0.02)
        msg = f"The server did not start; see {self._log.name}."
        raise RuntimeError(msg)

    def memory(self) -> dict[str, float]:
        """Return megabytes of master and web workers: resident (shared pages count each time) and
        proportional (they count once).
        """
        family = [pid for pid in descendants(self.process.pid) if "gunicorn" in words_of(pid)]
        return {
            "processes": len(family),
            "resident_mb": round(sum(memory_of(pid, "Rss:") for pid in family), 1),
            "proportional_mb": round(sum(memory_of(pid, "Pss:") for pid in family), 1),
        }

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()


def free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


def answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
            return connection.recv(12)[9:10] in {b"2", b"3"}
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        found.append(parent)
        children = Path(f"/proc/{parent}/task/{parent}/children")
        if children.exists():
            waiting += [int(child) for child in children.read_text().split()]
    return found


def words_of(pid: int) -> list[str]:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [os.path.basename(word) for word in raw.decode(errors="replace").split("\0")]  # noqa: PTH119


def memory_of(pid: int, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
