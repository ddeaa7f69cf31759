"""The goals that imports of a million rows rest on, with room for a busy machine."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from keqiao.base.address import split_address
from keqiao.base.identifiers import check_uscc
from keqiao.base.names import fold_company, fold_person
from keqiao.base.phone import parse_phone
from keqiao.base.pinyin import full_pinyin, initials
from keqiao.base.text import clean_line

COMPANY = "苏州博远精密机械（集团）有限公司"
READERS = "text phone names pinyin identifiers regions address money numbers dates encryption clock"


def whole_record() -> None:
    name = clean_line(COMPANY)
    key = fold_company(name)
    full_pinyin(key)
    initials(name)
    full_pinyin(fold_person(clean_line("王伟先生")), person=True)
    parse_phone("0512-6288 1234")
    split_address("江苏省苏州市虎丘区科技路18号")
    check_uscc("91110000600037341L")


def per_second(work: Callable[[], object], times: int) -> float:
    """Return the best of several runs: others use this machine too."""
    work()
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, time.perf_counter() - began)
    return times / best


@pytest.mark.parametrize("read", [full_pinyin, initials])
def test_sounding_out_half_a_million_characters_a_second(read: Callable[[str], object]) -> None:
    assert per_second(lambda: read(COMPANY), 3000) * len(COMPANY) > 500_000


def test_a_whole_record_is_normalised_fast_enough() -> None:
    # The goal on an idle core is 20 000; a third of it still shows any slip into slow code.
    assert per_second(whole_record, 2000) > 7_000


def test_importing_the_readers_loads_nothing_heavy() -> None:
    code = (
        "import sys, importlib\n"
        f"for name in {READERS.split()!r}: importlib.import_module('keqiao.base.' + name)\n"
        "heavy = {'phonenumbers', 'pypinyin', 'opencc', 'httpx', 'django.db'} & set(sys.modules)\n"
        "sys.exit(' '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
