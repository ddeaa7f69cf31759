"""Counts the quality of the data now, and fills its history for data that came with their past."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

WEEKS = 13


def count_now(*, with_past: bool = False) -> dict[str, Any]:
    """Count every object type; `with_past` also the last thirteen weeks, where no figures were kept."""
    from keqiao.base.clock import now
    from keqiao.quality.scores.expectations import measured_types
    from keqiao.quality.scores.nightly import count_all
    from keqiao.quality.scores.recount import count_past_days

    if with_past:
        days = [now().date() - timedelta(weeks=week) for week in range(WEEKS, 0, -1)]
        for declared in measured_types():
            count_past_days(declared, days)
    return count_all()


def as_text(found: dict[str, Any]) -> str:
    lines = []
    for key, one in found.items():
        score = "–" if one["score"] is None else f"{one['score']:.1f}"
        lines.append(
            f"{key:<12} {score:>6} of 100   {one['records']:>9,} records   {one['moved']:>9,} moved"
            f"   {one['differences']:,} kept wrong   {one['seconds']:.1f} s"
        )
    return "\n".join(lines)
