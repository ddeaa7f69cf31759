"""A real installation for fault tests: its own data folder or database, its own server processes."""

from __future__ import annotations

import atexit
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import psycopg
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30


class Installation:
    """Prepared by the product's own commands; on PostgreSQL in a database made for it.

    It begins with files and rows of `like`; without one it is prepared anew.
    """

    def __init__(self, folder: Path, like: Installation | None = None) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "keqiao.config.settings",
            "KEQIAO_DATA": str(folder),
            "KEQIAO_API_PER_MINUTE": "10000000",
            "KEQIAO_LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT),
        }
        self.database = ""
        self.server: subprocess.Popen[bytes] | None = None
        self.port = 0
        if like is not None:
            shutil.copytree(like.folder, folder, dirs_exist_ok=True)
        if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
            self._make_database(like.database if like else "template1")
        if like is None:
            self.command("prepare")

    def own_environment(self) -> dict[str, str]:
        """Return what distinguishes this installation, for commands started by a test itself."""
        names = ("DJANGO_SETTINGS_MODULE", "KEQIAO_DATA", "DATABASE_URL", "PYTHONPATH")
        return {name: self.environment[name] for name in names if name in self.environment}

    def _make_database(self, template: str) -> None:
        self.database = f"keqiao_fault_{os.getpid()}_{secrets.token_hex(4)}"
        with self._server_connection() as connection:
            connection.execute(f'CREATE DATABASE "{self.database}" TEMPLATE "{template}"')
        base = os.environ["DATABASE_URL"].rpartition("/")[0]
        self.environment["DATABASE_URL"] = f"{base}/{self.database}"

    def _server_connection(self) -> psycopg.Connection[Any]:
        base = os.environ["DATABASE_URL"].rpartition("/")[0]
        return psycopg.connect(f"{base}/postgres", autocommit=True)

    def command(self, *arguments: str) -> str:
        module = [sys.executable, "-m", "keqiao.config.command_line"]
        return self._run([*module, *arguments])

    def script(self, text: str) -> Any:
        """Run Python inside the installation and return what it assigned to `result`."""
        start = "import json, django; django.setup()\n"
        end = "\nprint('\\n' + json.dumps(result))"
        return json.loads(self._run([sys.executable, "-c", start + text + end]).splitlines()[-1])

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=100
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:keqiao.config.gunicorn_settings"],
            env={**self.environment, "KEQIAO_BIND": f"127.0.0.1:{self.port}"},
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.call("GET", "/livez")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    def workers(self) -> list[psutil.Process]:
        assert self.server is not None
        return psutil.Process(self.server.pid).children()

    def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json", **sent})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def stop(self) -> None:
        if self.server is not None:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(30)
        if self.database:
            with self._server_connection() as connection:
                connection.execute(f'DROP DATABASE "{self.database}" WITH (FORCE)')


@cache
def prepared() -> Installation:
    """Prepare one that all others of this process begin with: the migrations alone take ten seconds."""
    folder = Path(tempfile.mkdtemp(prefix="keqiao-prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Installation(folder)
    atexit.register(made.stop)
    return made
