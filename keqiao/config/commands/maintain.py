"""Upkeep by hand: the search index built anew."""

from __future__ import annotations

import time
from typing import Any


def rebuild_search() -> dict[str, Any]:
    from keqiao.records.search_index import rebuild

    begun = time.perf_counter()
    counts = rebuild()
    return {**counts, "seconds": round(time.perf_counter() - begun, 1)}
