"""What the worker does for the quality of data, found here by the timetable."""

from __future__ import annotations

from keqiao.quality.freshness.nightly import ask_to_verify
from keqiao.quality.scores.nightly import count_quality, tell_quality

__all__ = ["ask_to_verify", "count_quality", "tell_quality"]
