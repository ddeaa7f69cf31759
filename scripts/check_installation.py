"""Proves that a real installation starts clean: no missing migration, no deployment warning."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    ("makemigrations", "--check", "--dry-run"),
    ("check", "--deploy", "--fail-level", "WARNING"),
)


def main() -> int:
    with tempfile.TemporaryDirectory() as data:
        env = {
            **os.environ,
            "KEQIAO_DATA": data,
            "KEQIAO_HTTPS": "1",
            "KEQIAO_HOSTS": "crm.example.cn",
            "KEQIAO_DEBUG": "0",
        }
        codes = [
            subprocess.run(  # noqa: S603
                [sys.executable, str(ROOT / "manage.py"), *command], env=env, cwd=ROOT, check=False
            ).returncode
            for command in COMMANDS
        ]
    return max(codes)


if __name__ == "__main__":
    raise SystemExit(main())
