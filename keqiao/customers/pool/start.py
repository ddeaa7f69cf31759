"""Hooks the pool into the product at start-up: the write path, duplicates, menus, to-do list."""

from __future__ import annotations

from keqiao.customers.pool import api, forecast, forecast_page, keeping, menu, taking, whereabouts
from keqiao.customers.pool.models import PoolMove, ReturnWarning
from keqiao.records.merging_attached import AttachedRows, register_attached


def register() -> None:
    forecast.register()
    keeping.register()
    whereabouts.register()
    menu.register()
    forecast_page.register()
    api.register()
    taking.register()
    register_attached(AttachedRows(PoolMove))
    register_attached(AttachedRows(ReturnWarning, once=("owner_id", "returns_on")))
