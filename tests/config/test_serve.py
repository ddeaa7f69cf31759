"""One command runs everything: start, second start, a taken port, a dead worker, a clean stop."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.faults.installation import ROOT, Installation, prepared


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("serve"), prepared())
    yield made
    made.stop()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Served:
    """A running `keqiao serve`."""

    def __init__(self, installation: Installation) -> None:
        self.port = free_port()
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "keqiao.config.command_line", "serve"],
            env={**os.environ, **installation.own_environment(), "PORT": str(self.port)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def wait(self) -> float:
        while not self.answers():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < self.begun + 30
            time.sleep(0.05)
        return time.monotonic() - self.begun

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGINT) -> tuple[int, str]:
        family = self.children()
        self.process.send_signal(number)
        output, _errors = self.process.communicate(timeout=40)
        gone, alive = psutil.wait_procs(family, timeout=5)
        assert not alive
        assert len(gone) == len(family)
        return self.process.returncode, output


def is_worker(process: psutil.Process) -> bool:
    try:
        return process.cmdline()[-1:] == ["worker"]
    except psutil.Error:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_quickly_says_where_and_stops_cleanly(
    number: int, installation: Installation
) -> None:
    served = Served(installation)
    # The promise is 5 seconds on two free cores; here other tests run beside it.
    assert served.wait() < 15
    # One master, two web workers, one worker with the scheduler.
    deadline = time.monotonic() + 10
    while len(served.children()) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(served.children()) == 4
    assert served.process.stdout is not None
    greeting = "".join(served.process.stdout.readline() for _line in range(2))
    assert f"http://127.0.0.1:{served.port}" in greeting
    code, output = served.stop(number)
    assert code == 0
    assert "Demo sign-ins" not in output


def test_a_taken_port_is_said_before_anything_starts(installation: Installation) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "keqiao.config.command_line", "serve", "--port", str(port)],
            env={**os.environ, **installation.own_environment()},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
        )
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dead_worker_comes_back_and_a_killed_supervisor_leaves_nothing(
    installation: Installation,
) -> None:
    served = Served(installation)
    served.wait()

    def background() -> list[psutil.Process]:
        return [child for child in served.children() if is_worker(child)]

    def another_than(gone: int) -> psutil.Process:
        deadline = time.monotonic() + 20
        while not (found := [one for one in background() if one.pid != gone]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        [one] = found
        return one

    first = another_than(0)
    first.kill()
    another_than(first.pid)
    family = served.children()
    served.process.kill()
    served.process.communicate(timeout=10)
    _gone, alive = psutil.wait_procs(family, timeout=30)
    assert not alive
    assert not served.answers()


def test_folders_and_secrets_belong_to_one_account(installation: Installation) -> None:
    folder = Path(installation.environment["KEQIAO_DATA"])
    for name in ("secret.key", "encryption.key"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name
