"""What customers do by the timetable, named here so that the worker finds it."""

from __future__ import annotations

from keqiao.customers.pool.returning import note_returns, return_to_pools

__all__ = ["note_returns", "return_to_pools"]
