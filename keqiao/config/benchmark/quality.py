"""The figures of data quality beside those of speed: key forms, batches, what is found, what is repaired.

They are measured on invented truth that only a checkout has; an installation leaves them out and says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keqiao

if TYPE_CHECKING:
    from keqiao.config.benchmark.run import Bench

ROWS = ("normaliser", "batch-100k", "batch-1m", "matching", "referees", "corrections")
MODULE = "tests.quality.figures"


def asked_rows(only: tuple[str, ...]) -> list[str]:
    """Return the rows of data quality asked for; all of them where nothing else is asked."""
    return [row for row in ROWS if not only or any(word in row for word in only)]


def is_alone(only: tuple[str, ...]) -> bool:
    """Tell whether nothing but data quality is asked for: that needs no installation to be built."""
    return bool(only) and all(any(word in row for row in ROWS) for word in only)


def measure_quality(bench: Bench) -> None:
    """Measure each row in a process of its own, so that none inherits the memory of another."""
    root = Path(keqiao.__file__).parent.parent
    if not (root / "tests" / "quality" / "figures.py").exists():
        bench.say("The figures of data quality need a checkout; they are left out.")
        return
    bench.environment["PYTHONPATH"] = str(root)
    found: dict[str, Any] = {}
    for row in asked_rows(bench.only):
        out = bench.run_module(MODULE, row)
        found[row] = json.loads(out.splitlines()[-1])
        bench.say(f"{row}: {found[row]}")
    bench.figures["quality"] = found


def lines(found: dict[str, dict[str, Any]]) -> list[str]:
    """Return the rows as lines of the table, with what misses its target."""
    told = []
    for row, figures in found.items():
        parts = [
            f"{name.replace('_', ' ')} {value:,}"
            for name, value in figures.items()
            if isinstance(value, (int, float))
        ]
        missed = f"  ! {', '.join(figures['misses'])}" if figures["misses"] else ""
        told.append(f"{row:<16}{', '.join(parts)}{missed}")
    return told
