"""One line of JSON with a figure of data quality for `keqiao bench`: `python -m tests.quality.figures NAME`.

Each figure stands beside its target; what misses it is named under `misses`. They need the invented
truth of the tests, which the product must never read, and so a checkout.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

Figures = dict[str, Any]


def normaliser() -> Figures:
    from tests.quality.measure_cleaning import forms_figures

    return forms_figures(100_000)


def batch(count: int) -> Figures:
    from keqiao.quality.matching.columns import compared_columns
    from keqiao.quality.matching.normal import Recorder
    from tests.quality.matching.agreement import customer_table

    with tempfile.TemporaryDirectory() as folder:
        table = customer_table(count, 5, "judged")
        columns, _skipped = compared_columns(table)
        Recorder(columns).write(table.rows, [one.left for one in columns], 0, 0, Path(folder))
        # Another process, so that its peak is that of matching and not of the list above.
        command = [
            sys.executable,
            "-m",
            "tests.quality.measure_matching",
            "kept",
            folder,
            str(count),
        ]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def matching() -> Figures:
    from tests.quality.measure_matching import generated_figures

    return generated_figures(100_000, 3_000)


def referees() -> Figures:
    from tests.quality.forms.referees import AGREEMENTS

    rng, size = random.Random(8_128), 1_000_000
    found: Figures = {"cases": size}
    for name, agree in AGREEMENTS.items():
        _ours, _theirs, both, neither = agree(rng, size)
        found[name] = round((both + neither) / size, 6)
    return found


def corrections() -> Figures:
    from tests.quality.cleaning.injected import HELD_OUT, damaged_records
    from tests.quality.cleaning.scoring import score

    found = score(damaged_records(HELD_OUT, 100_000))
    return {
        "records": 100_000,
        "precision": round(found.precision, 5),
        "recall": round(found.recall, 5),
    }


MEASURES: dict[str, Callable[[], Figures]] = {
    "normaliser": normaliser,
    "batch-100k": lambda: batch(100_000),
    "batch-1m": lambda: batch(1_000_000),
    "matching": matching,
    "referees": referees,
    "corrections": corrections,
}
# By figure: the least it must be, or the most where the target is negative.
TARGETS: dict[str, dict[str, float]] = {
    "normaliser": {"single_per_second": 30_000, "bulk_per_second": 100_000, "different": -0.0},
    "batch-100k": {"seconds": -8},
    "batch-1m": {"seconds": -45, "peak_gb": -2.5},
    "matching": {"f1": 0.990, "reviewed_f1": 0.993, "reviewed_safe_recall": 0.95},
    "referees": {
        "credit codes with python-stdnum": 1.0,
        "resident numbers with python-stdnum": 1.0,
        "mobile numbers with phonenumbers": 0.999,
    },
    "corrections": {"precision": 0.995, "recall": 0.90},
}


def misses(name: str, found: Figures) -> list[str]:
    """Return which figures miss their target, in words."""
    told = []
    for figure, target in TARGETS[name].items():
        is_most = str(target).startswith("-")
        if found[figure] > -target if is_most else found[figure] < target:
            told.append(f"{figure} {'over' if is_most else 'under'} {abs(target):g}")
    return told


def main() -> None:
    import django

    django.setup()
    name = sys.argv[1]
    found = MEASURES[name]()
    click.echo(json.dumps({**found, "misses": misses(name, found)}))


if __name__ == "__main__":
    main()
