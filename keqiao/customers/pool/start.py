"""Hooks the pool into the product at start-up: the write path, duplicates, menus, to-do list."""

from __future__ import annotations

from keqiao.customers.pool import api, forecast, forecast_page, keeping, menu, taking, whereabouts


def register() -> None:
    forecast.register()
    keeping.register()
    whereabouts.register()
    menu.register()
    forecast_page.register()
    api.register()
    taking.register()
