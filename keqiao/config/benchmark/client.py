"""A small load client for the loopback: one request after another, or several at once, timed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 60
BLOCK = 65536


class RequestFailed(Exception):
    """The server gave another answer than the measurement needs."""


@dataclass(frozen=True)
class Request:
    """One request, ready to be written to the wire."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    expected: tuple[int, ...] = (200,)

    def encoded(self, port: int) -> bytes:
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        if self.body or self.method in {"POST", "PATCH"}:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Answer:
    """What came back: status, the server's own milliseconds, size and text."""

    status: int
    server_ms: float
    size: int
    headers: dict[str, str]
    body: bytes


def send(port: int, request: Request) -> Answer:
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(request.encoded(port))
        parts = []
        while part := connection.recv(BLOCK):
            parts.append(part)
    answer = _parsed(b"".join(parts))
    if answer.status not in request.expected:
        msg = (
            f"{request.method} {request.path}: {answer.status} "
            f"{answer.body[:300].decode(errors='replace')}"
        )
        raise RequestFailed(msg)
    return answer


def _parsed(raw: bytes) -> Answer:
    head, _gap, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _colon, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    timing = headers.get("server-timing", "").partition("dur=")[2]
    status = int(first.split()[1]) if first.startswith("HTTP/") else 0
    return Answer(status, float(timing or 0), len(body), headers, body)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def one_by_one(port: int, make: Callable[[int], Request], count: int) -> list[Answer]:
    """Send `count` different requests, each after the answer to the one before."""
    return [send(port, make(number)) for number in range(count)]


def closed_loop(
    port: int, make: Callable[[int], Request], *, seconds: float, connections: int = 4
) -> float:
    """Keep several callers busy for some seconds; return answers per second."""
    lock = threading.Lock()
    numbers = iter(range(10**9))
    done = 0
    faults: list[Exception] = []
    end = time.perf_counter() + seconds

    def caller() -> None:
        nonlocal done
        while time.perf_counter() < end and not faults:
            with lock:
                number = next(numbers)
            try:
                send(port, make(number))
            except (OSError, RequestFailed) as fault:
                faults.append(fault)
                return
            with lock:
                done += 1

    begun = time.perf_counter()
    threads = [threading.Thread(target=caller) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return done / (time.perf_counter() - begun)
