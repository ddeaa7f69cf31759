"""Reads rows out of .xlsx and .xls workbooks through a bounded child process."""

from __future__ import annotations

import contextlib
import datetime
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from keqiao.importing.file_problem import FileProblem
from keqiao.importing.limits import Limits

# Not imported: the parser's library shall not be loaded into the server's own processes.
CHILD = Path(__file__).with_name("workbook_child.py")
DATE = 1


@dataclass(frozen=True)
class SheetFacts:
    """What the workbook says about itself: its visible sheets and the extent of the one opened."""

    sheets: tuple[str, ...]
    sheet: str
    rows: int
    columns: int
    left: int


def _load_date(code: int, data: memoryview) -> datetime.date:
    text = bytes(data).decode()
    return (
        datetime.date.fromisoformat(text) if code == DATE else datetime.datetime.fromisoformat(text)
    )


class WorkbookRows:
    """One opened sheet: `facts` at once, then the rows; closing it ends the child."""

    def __init__(self, path: Path, sheet: str, limits: Limits) -> None:
        self._limits = limits
        self._decoder = msgspec.msgpack.Decoder(ext_hook=_load_date)
        self._buffer = bytearray()
        self._child = subprocess.Popen(  # noqa: S603 - our own script, arguments are not a shell line
            [
                sys.executable,
                "-P",
                str(CHILD),
                str(path),
                sheet,
                str(limits.child_memory),
                str(limits.child_seconds),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe, selectors.EVENT_READ)
        try:
            self.facts = self._facts(sheet)
        except BaseException:
            self.close()
            raise

    @property
    def _pipe(self) -> Any:
        return self._child.stdout

    def _facts(self, wanted: str) -> SheetFacts:
        head = self._frame()
        if head is None:
            raise self._death()
        if failed := head.get("failed"):
            if failed == "unknown_sheet":
                raise FileProblem(failed, sheet=wanted, sheets=", ".join(head["sheets"]))
            raise FileProblem(failed)
        if head["columns"] - head["left"] > self._limits.columns:
            count = head["columns"] - head["left"]
            raise FileProblem("too_many_columns", count=count, limit=self._limits.columns)
        if head["rows"] > self._limits.rows:
            raise FileProblem("too_many_rows", limit=self._limits.rows)
        return SheetFacts(
            tuple(head["sheets"]), head["sheet"], head["rows"], head["columns"], head["left"]
        )

    def _frame(self) -> Any:
        prefix = self._read(4)
        if prefix is None:
            return None
        body = self._read(int.from_bytes(prefix, "big"))
        if body is None:
            raise self._death()
        return self._decoder.decode(body)

    def _read(self, size: int) -> bytes | None:
        """Return `size` bytes, or None at the end; a child silent for too long is given up."""
        while len(self._buffer) < size:
            if not self._selector.select(self._limits.child_seconds):
                raise FileProblem("too_slow")
            chunk = os.read(self._pipe.fileno(), 1 << 18)
            if not chunk:
                return None
            self._buffer += chunk
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _death(self) -> FileProblem:
        """The child ended without a word: out of memory aborts it, the CPU limit kills it."""
        self._child.wait(timeout=10)
        if self._child.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
            return FileProblem("too_slow")
        aborted = self._child.returncode == -signal.SIGABRT
        return FileProblem("too_many_cells" if aborted else "corrupt")

    def __iter__(self) -> Iterator[list[Any]]:
        while (batch := self._frame()) is not None:
            if isinstance(batch, dict):
                raise FileProblem(batch["failed"])
            yield from batch
        if self._child.wait(timeout=10) != 0:
            raise self._death()

    def close(self) -> None:
        self._selector.close()
        self._pipe.close()
        if self._child.poll() is None:
            self._child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=10)

    def __enter__(self) -> WorkbookRows:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
