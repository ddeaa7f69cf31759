"""Attacks S1 to S4: whatever address a user types, nothing inside the network is reached."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from keqiao.base import safe_http
from keqiao.base.clock import now
from keqiao.base.safe_http import HttpProblem, check_target, get, is_closed, post
from tests.base.servers import Server, drip, reply, serving

PUBLIC = "93.184.215.14"


@pytest.fixture
def no_connection(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Fail any attempt to open a stream; return what was attempted."""
    attempts: list[object] = []

    def connect(address: object, *_rest: object, **_named: object) -> None:
        attempts.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    return attempts


def allow(settings: Any, server: Server, host: str = "127.0.0.1") -> None:
    settings.KEQIAO_HTTP_ALLOW = [f"{host}:{server.port}"]


def refused(url: str, **options: Any) -> str:
    with pytest.raises(HttpProblem) as problem:
        get(url, **options)
    assert str(problem.value.message).strip()
    return problem.value.code


def answers(monkeypatch: pytest.MonkeyPatch, *replies: list[str]) -> list[str]:
    """Let the resolver give one reply after the other; return the names it was asked."""
    asked: list[str] = []
    pending = list(replies)

    def lookup(host: str, _port: int) -> list[str]:
        asked.append(host)
        return pending.pop(0) if len(pending) > 1 else pending[0]

    monkeypatch.setattr(safe_http, "_lookup", lookup)
    return asked


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "LOCALHOST.", "0", "127.1", "0177.0.0.1", "0x7f000001", "2130706433",
        "①②⑦.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "169.254.169.254",
        "10.0.0.8", "172.16.3.4", "192.168.1.1", "100.64.0.1", "100.100.100.200", "[fd00::1]", "[fe80::1]",
        "[fe80::1%25lo]", "0.0.0.0", "[::]", "255.255.255.255", "224.0.0.1", "[ff02::1]", "240.0.0.1",  # noqa: S104
        "198.18.0.1", "192.0.2.1", "168.63.129.16", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
        "[2001:0:7f00:1::]", "[fec0::1]", "127.0.0.1.", "user@127.0.0.1", "public.example@10.0.0.8",
    ],
)  # fmt: skip
def test_s1_addresses_inside_are_refused_without_a_connection(
    host: str, no_connection: list[object]
) -> None:
    for scheme in ("http", "https"):
        assert refused(f"{scheme}://{host}/") in {"address", "bad_url", "unresolved", "credentials"}
    assert no_connection == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "169.254.169.254", "224.0.0.1", "::1", "fd00:ec2::254", "fe80::1%eth0",
        "64:ff9b::a00:1", "2002:a00:1::1", "2001:0:1:2::3", "::ffff:10.0.0.1", "ff0e::1", "0.0.0.0",  # noqa: S104
        "192.88.99.1", "100.64.0.1",
    ],
)  # fmt: skip
def test_s1_names_that_lead_inside_are_refused(
    address: str, monkeypatch: pytest.MonkeyPatch, no_connection: list[object]
) -> None:
    answers(monkeypatch, [address])
    assert refused("https://innocent.example/") == "address"
    answers(monkeypatch, [PUBLIC, address])
    assert refused("https://innocent.example/") == "address"
    with pytest.raises(HttpProblem):
        check_target("https://innocent.example/")
    assert no_connection == []


def test_s1_ordinary_public_addresses_stay_open() -> None:
    for address in (PUBLIC, "1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "223.5.5.5"):
        assert not is_closed(address)


def test_s1_the_own_public_name_and_address_are_refused(
    settings: Any, monkeypatch: pytest.MonkeyPatch, no_connection: list[object]
) -> None:
    settings.ALLOWED_HOSTS = ["crm.example.com", ".keqiao.example"]
    asked = answers(monkeypatch, [PUBLIC])
    for host in ("crm.example.com", "CRM.example.com.", "x.keqiao.example", "keqiao.example"):
        assert refused(f"https://{host}/") == "address"
    assert asked == []
    assert safe_http._is_own_address(ipaddress.ip_address("127.0.0.1"))
    assert not safe_http._is_own_address(ipaddress.ip_address(PUBLIC))
    monkeypatch.setattr(safe_http, "_is_own_address", lambda address: str(address) == PUBLIC)
    assert refused("https://other.example/") == "address"
    assert no_connection == []


def test_s2_a_rebound_name_is_pinned_to_the_checked_address(
    monkeypatch: pytest.MonkeyPatch, no_connection: list[object]
) -> None:
    asked = answers(monkeypatch, [PUBLIC], ["127.0.0.1"])
    assert refused("https://rebind.example/") == "connection"
    assert asked == ["rebind.example"]
    assert no_connection == [(PUBLIC, 443)]


def test_s2_redirects_are_not_followed(settings: Any) -> None:
    with serving(reply(b"secret")) as inside:
        for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent", "304 Same"):
            with serving(reply(b"", f"Location: {inside.url}", status=status)) as server:
                allow(settings, server)
                assert refused(server.url) == "redirect"
        assert inside.connections == 0


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "scheme"),
        ("gopher://example.com/", "scheme"),
        ("ftp://example.com/", "scheme"),
        ("unix:///var/run/docker.sock", "scheme"),
        ("http+unix://%2Fvar%2Frun%2Fdocker.sock/", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("//example.com/", "scheme"),
        ("example.com", "scheme"),
        ("", "scheme"),
        ("http://", "bad_url"),
        ("http:///path", "bad_url"),
        ("http://exa mple.com/", "bad_url"),
        ("http://example.com:99999/", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("http://example.com\\@127.0.0.1/", "bad_url"),
        ("http://example.com\r\nHost: x/", "bad_url"),
        ("https://name:secret@example.com/", "credentials"),
        ("http://example.com:22/", "port"),
        ("http://example.com:6379/", "port"),
        ("http://example.com:25/", "port"),
    ],
)
def test_s3_schemes_ports_and_forms(url: str, code: str, no_connection: list[object]) -> None:
    assert refused(url) == code
    assert no_connection == []


def test_s3_a_declared_or_undeclared_flood_is_cut_off(settings: Any) -> None:
    with serving(reply(b"x" * 1_000_001)) as server:
        allow(settings, server)
        assert refused(server.url) == "too_large"
    with serving(reply(b"x" * 1_000_000)) as server:
        allow(settings, server)
        assert len(get(server.url).content) == 1_000_000
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(drip(start, b"10000\r\n" + b"x" * 65536 + b"\r\n", 0)) as server:
        allow(settings, server)
        assert refused(server.url) == "too_large"


def test_s3_a_compressed_bomb_is_not_unpacked(settings: Any) -> None:
    with serving(reply(b"\x1f\x8b" + b"x" * 50, "Content-Encoding: gzip")) as server:
        allow(settings, server)
        assert refused(server.url) == "encoding"
        assert b"accept-encoding: identity" in server.heads[0].lower()


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", b"x"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_s3_a_dripping_server_is_cut_at_the_deadline(
    settings: Any, start: bytes, piece: bytes
) -> None:
    with serving(drip(start, piece, 0.05)) as server:
        allow(settings, server)
        began = time.monotonic()
        assert refused(server.url, seconds=0.5) == "timeout"
        assert time.monotonic() - began < 1.5


def test_s3_a_server_that_never_reads_is_cut_at_the_deadline(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings.KEQIAO_HTTP_ALLOW = [f"127.0.0.1:{port}"]
        began = time.monotonic()
        with pytest.raises(HttpProblem) as problem:
            post(f"http://127.0.0.1:{port}/", content=b"x" * 20_000_000, seconds=0.5)
        assert problem.value.code == "timeout"
        assert time.monotonic() - began < 2


def test_s3_a_slow_resolver_is_cut_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_http, "_lookup", lambda *_args: time.sleep(1.5) or [PUBLIC])
    began = time.monotonic()
    assert refused("https://slow.example/", seconds=0.3) == "timeout"
    assert time.monotonic() - began < 1.2


def test_an_unknown_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    monkeypatch.setattr(safe_http, "_lookup", lookup)
    assert refused("https://nowhere.example/") == "unresolved"


def test_s4_an_allowed_host_is_reached_with_its_name(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, ["127.0.0.9", "127.0.0.1"])
    with serving(reply(b'{"ok": true}', "Content-Type: application/json")) as server:
        allow(settings, server, "erp.test")
        url = f"http://ERP.test:{server.port}/api?x=1"
        answer = post(url, json={"name": "客桥"}, headers={"X-Key": "1"})
        assert answer.status_code == 200
        assert answer.json() == {"ok": True}
        head = server.heads[0].lower()
        assert head.startswith(b"post /api?x=1 http/1.1")
        assert f"host: erp.test:{server.port}".encode() in head
        assert b"x-key: 1" in head


def test_s4_the_allow_list_is_exact(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ["127.0.0.1"])
    with serving(reply(b"ok")) as server:
        settings.KEQIAO_HTTP_ALLOW = ["erp.test:80", "10.0.0.1:443", f"127.0.0.1:{server.port}"]
        assert refused(f"http://erp.test:{server.port}/") == "port"
        assert refused("http://erp.test:8080/") == "address"
        assert refused("http://not-erp.test/") == "address"
        assert server.connections == 0


def test_s4_even_an_allowed_name_does_not_reach_a_group_of_hosts(
    settings: Any, monkeypatch: pytest.MonkeyPatch, no_connection: list[object]
) -> None:
    settings.KEQIAO_HTTP_ALLOW = ["erp.test:80"]
    for address in ("224.0.0.1", "0.0.0.0", "ff02::1"):  # noqa: S104
        answers(monkeypatch, [address])
        assert refused("http://erp.test/") == "address"
    assert no_connection == []


def test_errors_of_the_other_side_are_returned_not_raised(settings: Any) -> None:
    with serving(reply(b"broken", status="500 Broken")) as server:
        allow(settings, server)
        answer = get(server.url)
        assert (answer.status_code, answer.text) == (500, "broken")


def test_a_proxy_from_the_environment_is_not_used(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(reply(b"proxy")) as proxy, serving(reply(b"direct")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        allow(settings, server)
        assert get(server.url).text == "direct"
        assert proxy.connections == 0


def test_a_broken_answer_and_a_forged_header_are_problems(settings: Any) -> None:
    with serving(drip(b"SSH-2.0-OpenSSH\r\n\r\n", b"", 5)) as server:
        allow(settings, server)
        assert refused(server.url, seconds=1) == "connection"
        assert refused(server.url, headers={"X": "a\r\nHost: evil"}) in {
            "connection",
            "bad_request",
        }
        assert all(b"evil" not in head for head in server.heads)


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's and a client's TLS context around a new certificate for one name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


def test_tls_checks_the_name_although_the_address_is_pinned(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server_side, client_side = certificate(tmp_path, "erp.test")
    asked: list[str | None] = []
    server_side.sni_callback = lambda _stream, name, _context: asked.append(name)
    monkeypatch.setattr(safe_http, "_ssl_context", lambda: client_side)
    answers(monkeypatch, ["127.0.0.1"])
    with serving(reply(b"secured"), server_side) as server:
        settings.KEQIAO_HTTP_ALLOW = [f"{name}:{server.port}" for name in ("erp.test", "evil.test")]
        assert get(f"https://erp.test:{server.port}/").text == "secured"
        assert asked == ["erp.test"]
        assert refused(f"https://evil.test:{server.port}/") == "certificate"


def test_unix_sockets_cannot_be_reached() -> None:
    backend = safe_http._Backend(time.monotonic() + 1)
    with pytest.raises(HttpProblem) as problem:
        backend.connect_unix_socket("/var/run/docker.sock")
    assert problem.value.code == "scheme"
    assert isinstance(backend, httpcore.NetworkBackend)
