"""Deployment settings: a wrong value stops the start with a sentence; https hardens the cookies."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from keqiao.config import environment as env
from keqiao.config.secrets import encryption_keys, secret_key
from tests.faults.installation import ROOT


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("KEQIAO_HTTPS", "maybe", lambda: env.flag("KEQIAO_HTTPS", default=False)),
        ("PORT", "abc", lambda: env.number("PORT", 1, low=1, high=9)),
        ("PORT", "70000", lambda: env.number("PORT", 1, low=1, high=65535)),
        ("KEQIAO_PROXIES", "10.0.0.0/99", lambda: env.networks("KEQIAO_PROXIES")),
        ("KEQIAO_TIME_ZONE", "Mars/Base", lambda: env.zone("KEQIAO_TIME_ZONE", "Asia/Shanghai")),
        ("DATABASE_URL", "mysql://x", lambda: env.database(Path())),
    ],
)
def test_wrong_values_are_named(
    name: str, value: str, read: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(env.ConfigurationError, match=name):
        read()  # type: ignore[operator]


def test_a_database_address_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://li:p%40ss@db:5433/crm?sslmode=require")
    found = env.database(Path())
    assert found["PASSWORD"] == "p@ss"
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db", "5433", "crm")
    assert found["OPTIONS"] == {"sslmode": "require"}


def test_the_embedded_database_keeps_what_it_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    options = env.database(Path())["OPTIONS"]
    assert isinstance(options, dict)
    assert "synchronous=FULL" in options["init_command"]
    assert "journal_mode=WAL" in options["init_command"]
    assert options["transaction_mode"] == "IMMEDIATE"


def test_secrets_are_made_once_for_one_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KEQIAO_SECRET_KEY", raising=False)
    monkeypatch.delenv("KEQIAO_ENCRYPTION_KEYS", raising=False)
    assert secret_key(tmp_path) == secret_key(tmp_path)
    assert encryption_keys(tmp_path) == encryption_keys(tmp_path)
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    (tmp_path / "secret.key").write_text("")
    with pytest.raises(env.ConfigurationError, match="empty"):
        secret_key(tmp_path)


PROBE = """
import django, json
django.setup()
from django.conf import settings
from django.core.checks import run_checks
found = [m.id for m in run_checks(include_deployment_checks=True) if not m.is_silenced()]
print(json.dumps([found, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME,
    settings.SESSION_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS, settings.PASSWORD_HASHERS[0]]))
"""


def probe(folder: Path, **changes: str) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "keqiao.config.settings",
            "KEQIAO_DATA": str(folder / "data"),
            **changes,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_with_https_nothing_is_left_to_complain_about(tmp_path: Path) -> None:
    found, session, csrf, is_secure, hsts, hasher = probe(
        tmp_path, KEQIAO_HTTPS="1", KEQIAO_HOSTS="crm.example.cn"
    )
    assert found == []
    assert str(session).startswith("__Host-")
    assert str(csrf).startswith("__Host-")
    assert is_secure is True
    assert isinstance(hsts, int)
    assert hsts >= 31_536_000
    assert "Argon2" in str(hasher)


@pytest.mark.parametrize(
    ("changes", "identity"),
    [
        ({"KEQIAO_HOSTS": "*"}, "keqiao.E005"),
        ({"KEQIAO_DEBUG": "1", "KEQIAO_HOSTS": "crm.example.cn"}, "keqiao.E006"),
        ({"KEQIAO_ENCRYPTION_KEYS": "k1:zz"}, "keqiao.E003"),
        ({"KEQIAO_ENCRYPTION_KEYS": f"k1:{'0' * 64},k1:{'1' * 64}"}, "keqiao.E004"),
    ],
)
def test_dangerous_settings_are_found(
    changes: dict[str, str], identity: str, tmp_path: Path
) -> None:
    found = probe(tmp_path, **changes)[0]
    assert isinstance(found, list)
    assert identity in found


def test_the_embedded_database_syncs_each_save_and_maps_no_file_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    database = env.database(tmp_path)
    options: Any = database["OPTIONS"]
    connection = sqlite3.connect(tmp_path / "any.sqlite3")
    connection.executescript(options["init_command"])
    values = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "mmap_size", "cache_size")
    }
    assert values == {"journal_mode": "wal", "synchronous": 2, "mmap_size": 0, "cache_size": -16000}
