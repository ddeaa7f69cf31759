"""Hooks the pool into the product at start-up: the write path, duplicates, menus, pages, notices."""

from __future__ import annotations

from keqiao.customers.pool import forecast, keeping, whereabouts


def register() -> None:
    forecast.register()
    keeping.register()
    whereabouts.register()
