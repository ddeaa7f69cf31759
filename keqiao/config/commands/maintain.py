"""Upkeep by hand: the search index, the timeline and the keys of the duplicate check built anew."""

from __future__ import annotations

import time
from typing import Any


def rebuild_search() -> dict[str, Any]:
    from keqiao.activities.deriving import rebuild_timeline
    from keqiao.quality.candidates.rekeying import rekey_all
    from keqiao.records.search_index import rebuild

    begun = time.perf_counter()
    counts = rebuild()
    timeline = rebuild_timeline()
    counts |= {f"timeline_{key}": count for key, count in timeline.items()}
    counts |= {f"keys_{key}": count for key, count in rekey_all().items()}
    return {**counts, "seconds": round(time.perf_counter() - begun, 1)}
