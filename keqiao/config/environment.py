"""Deployment settings of an installation: environment variables only, checked at start-up."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


class ConfigurationError(Exception):
    """A deployment setting is missing or wrong; the message says which and what is expected."""


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool) -> bool:
    raw = text(name, "1" if default else "0").lower()
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off", ""}:
        return False
    msg = f"{name} must be 1 or 0, not {raw!r}."
    raise ConfigurationError(msg)


def number(name: str, default: int, *, low: int, high: int) -> int:
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        msg = f"{name} must be a whole number from {low} to {high}, not {raw!r}."
        raise ConfigurationError(msg) from None
    if not low <= value <= high:
        msg = f"{name} must be from {low} to {high}, not {value}."
        raise ConfigurationError(msg)
    return value


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """Return one of the choices, the first one when nothing is set."""
    found = text(name).lower() or choices[0]
    if found not in choices:
        msg = f"{name} must be one of {', '.join(choices)}, not {found!r}."
        raise ConfigurationError(msg)
    return found


def names(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def site(name: str, hosts: list[str], *, https: bool) -> str:
    """Return the address of the product ("https://crm.example.cn"), by default of its own host."""
    given = text(name).rstrip("/")
    if not given:
        own = next((host for host in hosts if host not in LOCAL_HOSTS), "")
        if not own:
            return f"http://127.0.0.1:{text('PORT') or '8000'}"
        return f"{'https' if https else 'http'}://{own.lstrip('.')}"
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        msg = f"{name} must be an address such as https://crm.example.cn, not {given!r}."
        raise ConfigurationError(msg)
    return given


def zone(name: str, default: str) -> str:
    value = text(name) or default
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"{name} must be the name of a time zone such as Asia/Shanghai, not {value!r}."
        raise ConfigurationError(msg) from None
    return value


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(part, strict=False) for part in names(name)]
    except ValueError as error:
        msg = f"{name} must list addresses or networks such as 10.0.0.5 or 10.0.0.0/8: {error}."
        raise ConfigurationError(msg) from None


def data_folder() -> Path:
    return folder(Path(text("KEQIAO_DATA") or "data").expanduser().resolve())


def folder(path: Path) -> Path:
    """Return the folder, made for its owner alone when it was missing."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        msg = (
            f"The folder {path} cannot be made ({error.strerror}); "
            "set KEQIAO_DATA to a folder you may write to."
        )
        raise ConfigurationError(msg) from None
    return path


def database(folder: Path) -> dict[str, object]:
    """Return Django's dictionary for `DATABASE_URL` (SQLite in the data folder when empty)."""
    url = text("DATABASE_URL")
    if not url:
        return _sqlite(folder / "keqiao.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            # One web worker serves one request at a time, so one kept connection each is enough.
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    msg = f"DATABASE_URL must start with sqlite: or postgresql:, not {parts.scheme!r}."
    raise ConfigurationError(msg)


def _sqlite(path: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # IMMEDIATE takes the write lock at BEGIN: two writers queue, none fails half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            # No mapping of the file into memory: it made no query cheaper (0.41 and 0.39 s of CPU for
            # 600 at 660 000 customers), took 130 MB more, and a disk fault inside it kills a process.
            # FULL, not NORMAL: NORMAL syncs once per checkpoint, so an accepted save could vanish.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0;"
                "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;"
            ),
        },
        # A file, not memory: browser journeys and races need several connections to one database.
        "TEST": {"NAME": str(path.parent / "test-keqiao.sqlite3")},
    }
