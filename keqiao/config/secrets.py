"""An installation's secrets: from the environment, else made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from keqiao.config import environment as env

if TYPE_CHECKING:
    from pathlib import Path


KEY_FILE = "encryption.key"


def secret_key(folder: Path) -> str:
    return env.text("KEQIAO_SECRET_KEY") or _kept(
        folder / "secret.key", lambda: secrets.token_urlsafe(48)
    )


def encryption_keys(folder: Path) -> list[str]:
    """Return the key ring as `id:hex` (32 bytes each); the first encrypts, all decrypt."""
    given = env.names("KEQIAO_ENCRYPTION_KEYS")
    return given or _kept(folder / KEY_FILE, lambda: f"k1:{secrets.token_hex(32)}").split()


def _kept(path: Path, make) -> str:  # type: ignore[no-untyped-def]
    if not path.exists():
        # O_EXCL: two processes starting at once agree on the first one's secret.
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _read(path)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(make())
    return _read(path)


def _read(path: Path) -> str:
    value = path.read_text(encoding="ascii").strip()
    if not value:
        msg = (
            f"{path.name} in the data folder is empty; "
            "restore it from a backup or remove it to start anew."
        )
        raise env.ConfigurationError(msg)
    return value
