"""Prints what the key forms and the corrections really do: rates, agreement with referees, precision.

Run `python -m tests.quality.measure_cleaning forms|agreement|corrections|counts [SIZE]`.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def measure_forms(size: int) -> None:
    found = forms_figures(size)
    say(f"one by one: {found['single_per_second']:,} records/s of processor time, best of 3")
    say(f"in bulk: {found['bulk_per_second']:,} records/s of processor time, best of 3")
    say(f"  {found['bulk_wall_per_second']:,} of wall time")
    say(f"rows with different forms: {found['different']} of {size:,}")


def forms_figures(size: int) -> dict[str, int]:
    """Return records a second of processor time, one by one and in bulk, and rows that differ."""
    import polars as pl

    from keqiao.quality.forms import Normaliser, Role
    from tests.quality.cleaning.injected import HELD_OUT, damaged_records

    roles = {
        "name": Role.COMPANY, "uscc": Role.USCC, "phone": Role.PHONE, "email": Role.EMAIL,
        "region": Role.REGION, "address": Role.ADDRESS,
    }  # fmt: skip
    # One record in ten is damaged, as in a list somebody has kept for years; the others are right.
    rows = [
        {name: (one.truth if number % 10 else one.values)[name] for name in roles}
        for number, one in enumerate(damaged_records(HELD_OUT, size))
    ]
    normaliser, frame = Normaliser(roles), pl.DataFrame(rows)
    normaliser.many(frame[:1000])
    single = 0.0
    for _round in range(3):
        started = time.process_time()
        singles = [normaliser.one(row) for row in rows]
        single = max(single, size / (time.process_time() - started))
    wall = share = 0.0
    for _round in range(3):
        started, worked = time.perf_counter(), time.process_time()
        bulk = normaliser.many(frame)
        wall = max(wall, size / (time.perf_counter() - started))
        share = max(share, size / (time.process_time() - worked))
    different = sum(a != b for a, b in zip(singles, bulk.iter_rows(named=True), strict=True))
    return {
        "records": size, "single_per_second": round(single), "bulk_per_second": round(share),
        "bulk_wall_per_second": round(wall), "different": different,
    }  # fmt: skip


def measure_agreement(size: int) -> None:
    from tests.quality.forms.referees import AGREEMENTS

    rng = random.Random(8_128)
    for name, agree in AGREEMENTS.items():
        ours_alone, theirs_alone, both, neither = agree(rng, size)
        share = (both + neither) / size
        say(
            f"{name}: {share:.5%} of {size:,} agree; valid for both {both:,}, for neither {neither:,},"
            f" only for us {ours_alone:,}, only for the referee {theirs_alone:,}"
        )


def measure_corrections(size: int) -> None:
    from tests.quality.cleaning.injected import HELD_OUT, TUNED, damaged_records
    from tests.quality.cleaning.scoring import score

    for name, mix in (("tuned on", TUNED), ("held out", HELD_OUT)):
        found = score(damaged_records(mix, size))
        say(
            f"{name}: precision {found.precision:.5f} ({found.applied_right.total():,} right,"
            f" {found.applied_wrong.total():,} wrong), recall {found.recall:.5f}"
            f" of {found.injected.total():,}"
        )
        form_only = found.applied_right["written_form"]
        rest = found.applied_right.total() - form_only
        wrong = found.applied_wrong.total() - found.applied_wrong["written_form"]
        say(f"  without mere changes of form: precision {rest / (rest + wrong):.5f}")
        for rule in sorted(
            {
                *found.applied_right,
                *found.applied_wrong,
                *found.proposed_right,
                *found.proposed_wrong,
            }
        ):
            say(
                f"  {rule:20} applied {found.applied_right[rule]:6} / {found.applied_wrong[rule]:<5}"
                f" proposed {found.proposed_right[rule]:6} / {found.proposed_wrong[rule]}"
            )


def measure_counts(size: int) -> None:
    """Print what `rules/__init__.py` keeps: how often each rule was right on the set it was tuned on."""
    from keqiao.quality.cleaning.rules import RULES
    from tests.quality.cleaning.injected import TUNED, damaged_records
    from tests.quality.cleaning.scoring import score

    found = score(damaged_records(TUNED, size), unlocked=True)
    for rule in RULES:
        right = found.applied_right[rule.id] + found.proposed_right[rule.id]
        wrong = found.applied_wrong[rule.id] + found.proposed_wrong[rule.id]
        say(f"{rule.id:20} {right:6} {wrong}")


MEASURES: dict[str, Callable[[int], Any]] = {
    "forms": measure_forms,
    "agreement": measure_agreement,
    "corrections": measure_corrections,
    "counts": measure_counts,
}


def main() -> None:
    import django

    django.setup()
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    MEASURES[sys.argv[1]](size)


if __name__ == "__main__":
    main()
