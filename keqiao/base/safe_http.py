"""The only way out to other servers: no address typed by a user reaches the company's inside."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from keqiao.base.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SECONDS = 10.0
LARGEST_ANSWER = 1_000_000
_PORTS = frozenset({80, 443, 8080, 8443})
_SLICE = 4096

# Python calls these global although they lead back into a private network or to no single host:
# NAT64, 6to4 and Teredo carry an IPv4 address inside, 192.88.99.0/24 is the 6to4 relay,
# 168.63.129.16 is a cloud provider's own service behind a public number.
_CLOSED = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "224.0.0.0/4",
        "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
        "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class HttpProblem(Problem):
    """A request that was not sent, or got no usable answer."""


def get(
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    largest: int = LARGEST_ANSWER,
) -> httpx.Response:
    """Fetch a page; see `send`."""
    return send("GET", url, params=params, headers=headers, seconds=seconds, largest=largest)


def post(
    url: str,
    *,
    json: Any = None,
    content: bytes | None = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    largest: int = LARGEST_ANSWER,
) -> httpx.Response:
    """Post JSON, bytes or a form; see `send`."""
    return send(
        "POST", url, json=json, content=content, form=form, headers=headers,
        seconds=seconds, largest=largest,
    )  # fmt: skip


def send(
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    json: Any = None,
    content: bytes | None = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    largest: int = LARGEST_ANSWER,
) -> httpx.Response:
    """Return the whole answer, whatever its status but a redirect, if it comes in time and size."""
    deadline = time.monotonic() + seconds
    target = _checked_url(url)
    transport = _Transport(deadline)
    # trust_env off: a proxy from the environment would resolve the name again, unchecked.
    with httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as client:
        try:
            request = client.build_request(
                method, target, params=params, json=json, content=content, data=form,
                headers={"User-Agent": "Keqiao", **(headers or {}), "Accept-Encoding": "identity"},
            )  # fmt: skip
        except (TypeError, ValueError, httpx.HTTPError) as error:
            raise HttpProblem("bad_request", _("This request cannot be sent as it is.")) from error
        response = client.send(request, stream=True)
        try:
            return _whole(response, request, largest)
        finally:
            response.close()


def _whole(response: httpx.Response, request: httpx.Request, largest: int) -> httpx.Response:
    if 300 <= response.status_code < 400:
        _refuse(
            "redirect",
            _("The server answers from another address. Enter the final address itself."),
        )
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        # A compressed answer could grow a thousandfold; none was asked for.
        _refuse("encoding", _("The server sent a compressed answer that was not asked for."))
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > largest:
        _refuse_size()
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > largest:
            _refuse_size()
    return httpx.Response(
        response.status_code, headers=response.headers, content=bytes(body), request=request
    )


def _refuse_size() -> NoReturn:
    _refuse("too_large", _("The server's answer is too large. Ask it for less."))


def check_target(url: str, *, seconds: float = SECONDS) -> None:
    """Refuse an address that requests may not go to, without connecting to it."""
    target = _checked_url(url)
    permitted_addresses(_host(target), _port(target), time.monotonic() + seconds)


def _checked_url(url: str) -> httpx.URL:
    text = url.strip()
    try:
        # Browsers and libraries disagree about blanks and backslashes in an address.
        if any(char.isspace() or char == "\\" for char in text):
            raise ValueError(text)
        target = httpx.URL(text)
        host, port = _host(target), _port(target)
        if port > 65535:
            raise ValueError(port)
    except (httpx.InvalidURL, ValueError, TypeError):
        _refuse("bad_url", _("This is not a web address. Write it like https://example.com/path."))
    if target.scheme not in {"http", "https"}:
        _refuse("scheme", _("Only addresses that start with https:// or http:// can be reached."))
    if not host:
        _refuse("bad_url", _("This is not a web address. Write it like https://example.com/path."))
    if target.userinfo:
        _refuse(
            "credentials",
            _("Leave name and password out of the address; enter them in their own fields."),
        )
    if port not in _PORTS and not _allow_listed(host, port):
        _refuse(
            "port",
            _(
                "This port may not be reached. Ask your administrator to allow the server and "
                "its port."
            ),
        )
    return target


def _host(target: httpx.URL) -> str:
    return target.raw_host.decode("ascii").lower().rstrip(".")


def _port(target: httpx.URL) -> int:
    return target.port or (443 if target.scheme == "https" else 80)


def _allow_listed(host: str, port: int) -> bool:
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" in {entry.lower() for entry in settings.KEQIAO_HTTP_ALLOW}


def permitted_addresses(host: str, port: int, deadline: float) -> list[str]:
    """Return the addresses behind a host name if every one of them may be reached.

    Also for other protocols (mail): connect to what this returns, never to the name again.
    """
    listed = _allow_listed(host, port)
    if not listed and _is_own_name(host):
        _refuse_address()
    addresses = _resolve(host, port, deadline)
    for address in addresses:
        if listed:
            parsed = _parsed(address)
            if parsed.is_multicast or parsed.is_unspecified:
                _refuse_address()
        elif is_closed(address):
            _refuse_address()
    return addresses


def _refuse_address() -> NoReturn:
    _refuse(
        "address",
        _(
            "This address lies inside a protected network. Ask your administrator to allow "
            "the server and its port."
        ),
    )


def _is_own_name(host: str) -> bool:
    for name in settings.ALLOWED_HOSTS:
        own = name.lower().strip("[]")
        if host == own or (own.startswith(".") and (host.endswith(own) or host == own[1:])):
            return True
    return False


def _parsed(address: str) -> Address:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return mapped or parsed


def is_closed(address: str) -> bool:
    """Say whether an address is no ordinary one of the public internet, or this machine's own."""
    parsed = _parsed(address)
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified:
        return True
    if any(parsed.version == net.version and parsed in net for net in _CLOSED):
        return True
    return _is_own_address(parsed)


def _is_own_address(address: Address) -> bool:
    """Ask the system's routing table; connecting a datagram socket sends no packet."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 9))
            return bool(_parsed(probe.getsockname()[0]) == address)
    except OSError:  # no route to it: the connection itself will say so
        return False


def _lookup(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _resolve(host: str, port: int, deadline: float) -> list[str]:
    """Look the name up within the deadline; the system's resolver itself knows no limit."""
    answer: list[str] = []

    def work() -> None:
        try:
            answer.extend(_lookup(host, port))
        except (OSError, UnicodeError):
            answer.clear()

    worker = threading.Thread(target=work, name="keqiao-resolve", daemon=True)
    worker.start()
    worker.join(max(0.0, deadline - time.monotonic()))
    if worker.is_alive():
        _refuse_late()
    if not answer:
        _refuse("unresolved", _("No server has this name. Check the spelling of the address."))
    return list(answer)


def _refuse_late() -> NoReturn:
    _refuse("timeout", _("The server did not answer in time. Try again later."))


def _refuse(code: str, message: Any) -> NoReturn:
    raise HttpProblem(code, message)


class _Stream(httpcore.NetworkStream):
    """A connection that ends at the deadline however slowly the other side drips."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            _refuse_late()
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            self._inner.write(buffer[start : start + _SLICE], self._left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        # The name stays the one in the URL, so the certificate is checked against it.
        secured = self._inner.start_tls(ssl_context, server_hostname, self._left())
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to the addresses that were checked: a second look-up could answer differently."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in permitted_addresses(host.lower().rstrip("."), port, self._deadline):
            left = self._deadline - time.monotonic()
            if left <= 0:
                _refuse_late()
            try:
                return _Stream(self._sockets.connect_tcp(address, port, left), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        _refuse("scheme", _("Only addresses that start with https:// or http:// can be reached."))


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _translated():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _translated:
    """Turn the network's errors into sentences."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpcore.TimeoutException):
            raise HttpProblem(
                "timeout", _("The server did not answer in time. Try again later.")
            ) from error
        if isinstance(error, (httpcore.NetworkError, ssl.SSLError)) and "CERTIFICATE" in str(error):
            raise HttpProblem(
                "certificate",
                _("The server cannot prove its identity: its certificate is not valid."),
            ) from error
        if isinstance(error, (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError)):
            raise HttpProblem(
                "connection", _("The server cannot be reached or broke off. Try again later.")
            ) from error


class _Transport(httpx.BaseTransport):
    def __init__(self, deadline: float) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_ssl_context(), network_backend=_Backend(deadline), retries=0
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
        )
        with _translated():
            answer = self._pool.handle_request(sent)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


@cache
def _ssl_context() -> ssl.SSLContext:
    """Return the certificates to trust; SSL_CERT_FILE in the environment names a company's own."""
    return httpx.create_ssl_context()
