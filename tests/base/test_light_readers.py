"""What reads values one by one stays light: an import of a million rows starts a process per core."""

from __future__ import annotations

import subprocess
import sys

READERS = "text phone names pinyin identifiers regions address money numbers dates encryption clock"


def test_importing_the_readers_loads_nothing_heavy() -> None:
    code = (
        "import sys, importlib\n"
        f"for name in {READERS.split()!r}: importlib.import_module('keqiao.base.' + name)\n"
        "heavy = {'phonenumbers', 'pypinyin', 'opencc', 'httpx', 'django.db'} & set(sys.modules)\n"
        "sys.exit(' '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
