"""Small servers on the loopback interface that behave as badly as a test asks them to."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket, bytes], None]


class Server:
    """Accepts connections, keeps the request heads, and answers each with `behave`."""

    def __init__(self, behave: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self._behave = behave
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port: int = self._listener.getsockname()[1]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _peer = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(5)
            stream = (
                self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            )
            head = b""
            while b"\r\n\r\n" not in head:
                piece = stream.recv(65536)
                if not piece:
                    return
                head += piece
            self.heads.append(head)
            self._behave(stream, head)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._listener.close()


def reply(body: bytes, *headers: str, status: str = "200 OK") -> Behaviour:
    """Answer with a body of declared length and hang up."""

    def behave(stream: socket.socket, _head: bytes) -> None:
        lines = [
            f"HTTP/1.1 {status}",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *headers,
        ]
        stream.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return behave


def drip(start: bytes, piece: bytes, pause: float) -> Behaviour:
    """Send a beginning, then one piece after every pause for as long as anybody listens."""

    def behave(stream: socket.socket, _head: bytes) -> None:
        stream.sendall(start)
        waiting = threading.Event()
        for _ in range(200):
            waiting.wait(pause)
            stream.sendall(piece)

    return behave


@contextlib.contextmanager
def serving(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(behave, tls)
    try:
        yield server
    finally:
        server.stop()
