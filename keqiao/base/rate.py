"""Counts how often something was asked within a window of time, over all processes of an installation."""

from __future__ import annotations

from django.core.cache import cache

from keqiao.base.clock import now


def asked(key: str, seconds: int) -> tuple[int, int]:
    """Count one more asking; return how many there were in this window, and the seconds it still lasts."""
    moment = int(now().timestamp())
    window, left = moment // seconds, seconds - moment % seconds
    name = f"{key}:{window}"
    try:
        return cache.incr(name), left
    except ValueError:
        cache.add(name, 0, seconds * 2)
        return cache.incr(name), left
