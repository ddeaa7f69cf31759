"""Comparing all customers with one another, and merging what is safe at once: what both take.

Runs as a process of its own inside the measured installation and prints one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

from keqiao.config.benchmark.merging import MERGES, pairs_to_merge

TARGET_SECONDS_A_MILLION = 45.0
LEAST_SECONDS = 8.0  # what 100 000 may take
TARGET_MEMORY_GB = 2.5


def compare_and_merge(merges: int = MERGES) -> dict[str, Any]:
    """Return seconds and memory of the nightly comparison, and merges a second in bulk and undone."""
    from keqiao.catalog.registry import object_type
    from keqiao.quality.duplicates.nightly import told
    from keqiao.quality.duplicates.running import compare_type

    begun = time.perf_counter()
    run = told(compare_type(object_type("account")))
    seconds = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    found = {"nightly": {**run, "seconds": round(seconds, 1), "memory_gb": round(memory, 2)}}
    found["bulk"] = _in_bulk(merges)
    allowed = max(LEAST_SECONDS, TARGET_SECONDS_A_MILLION * run["records"] / 1_000_000)
    misses = [f"nightly over {allowed:.0f} s"] if seconds > allowed else []
    misses += [f"memory over {TARGET_MEMORY_GB} GB"] if memory > TARGET_MEMORY_GB else []
    misses += [f"nightly: {run['problem']}"] if run["problem"] else []
    return {**found, "misses": misses}


def _in_bulk(merges: int) -> dict[str, Any]:
    from keqiao.access.access import Access
    from keqiao.access.models import User
    from keqiao.quality.duplicates.bulk import merge_safe, unmerge_batch
    from keqiao.quality.duplicates.models import DuplicatePair, Scenario
    from keqiao.quality.duplicates.pairs import FoundPair, record_pairs

    # Only what is made here is merged: the pairs of the night stay as they are.
    DuplicatePair.objects.filter(left_key="account").delete()
    pairs = pairs_to_merge(Access.system("benchmark"), merges)
    finds = [FoundPair(("account", a), ("account", b), 60.0, 0.9999) for a, b in pairs]
    record_pairs(finds, Scenario.NIGHTLY, "0")
    boss = User.objects.filter(is_administrator=True, is_active=True).order_by("pk").first()
    if boss is None:
        message = "There is no administrator who could merge."
        raise RuntimeError(message)
    given: dict[str, Any] = {"user_id": boss.pk, "batch": "dup-benchmark"}
    begun = time.perf_counter()
    done = merge_safe.func(**given, object_key="account", until=2**62, most=merges)
    merged = time.perf_counter() - begun
    begun = time.perf_counter()
    back = unmerge_batch.func(**given)
    undone = time.perf_counter() - begun
    return {
        "merges": done["merged"],
        "merges_per_second": round(done["merged"] / merged, 1),
        "undone": back["undone"],
        "undone_per_second": round(back["undone"] / undone, 1),
    }


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(compare_and_merge(*map(int, sys.argv[1:2]))) + "\n")
