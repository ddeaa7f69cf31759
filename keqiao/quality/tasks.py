"""What the worker does for the quality of data, found here by the timetable."""

from __future__ import annotations

from keqiao.quality.scores.nightly import count_quality, tell_quality

__all__ = ["count_quality", "tell_quality"]
