"""Changing the key by hand: a new one first in the file, a restart, then everything renewed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.config.test_command_line import run


@pytest.fixture
def data(tmp_path: Path) -> dict[str, str]:
    environment = {"KEQIAO_DATA": str(tmp_path / "data")}
    made = run("init", "--yes", "--json", **environment)
    assert made.returncode == 0, made.stderr
    return environment


def test_a_key_is_added_in_front_and_everything_renewed(data: dict[str, str]) -> None:
    file = Path(data["KEQIAO_DATA"]) / "encryption.key"
    first = file.read_text().strip()
    added = run("rotate-keys", "--new-key", "--json", **data)
    assert added.returncode == 0, added.stderr
    assert json.loads(added.stdout)["new_key"] == "k2"
    newest, older = file.read_text().split()
    assert (newest[:3], older) == ("k2:", first)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    result = run("rotate-keys", "--json", **data)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["key"], told["removable_keys"]) == ("k2", ["k1"])
    words = run("rotate-keys", **data)
    assert "k2" in words.stdout


def test_a_ring_from_the_environment_is_not_written(data: dict[str, str]) -> None:
    ring = {"KEQIAO_ENCRYPTION_KEYS": "a:" + "1" * 64}
    refused = run("rotate-keys", "--new-key", **data, **ring)
    assert refused.returncode == 1
    assert "KEQIAO_ENCRYPTION_KEYS" in refused.stderr
