"""The addresses of the customers package: the pool and its settings."""

from __future__ import annotations

from django.urls import path

from keqiao.customers.pool import (
    actions,
    capacity_page,
    forecast_page,
    pages,
    pool_settings,
    rule_settings,
)
from keqiao.ui import converters

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("pool/", pages.first_pool, name="pool"),
    path("pool/forecast/", forecast_page.forecast_page),
    path("pool/<record:pool_id>/", pages.pool_page),
    path("pool/<record:pool_id>/filter/", pages.filter_menu),
    path("pool/<record:pool_id>/filter/builder/", pages.builder_page),
    path("pool/<record:pool_id>/filter/<slug:name>/", pages.quick_menu),
    path("pool/<record:pool_id>/filter-line/", pages.filter_part),
    path("pool/<record:pool_id>/columns/", pages.column_menu),
    path("pool/<record:pool_id>/claim/", actions.claim_page),
    path("pool/<record:pool_id>/hand-on/", actions.hand_on_page),
    path("pool/<record:pool_id>/<record:record_id>/", pages.pooled_record),
    path("settings/pools/", pool_settings.pools_page),
    path("settings/pools/new/", pool_settings.new_pool),
    path("settings/pools/capacity/", capacity_page.capacity_page),
    path("settings/pools/<record:pool_id>/", pool_settings.edit_pool),
    path("settings/pools/<record:pool_id>/rules/new/", rule_settings.new_rule),
    path("settings/pools/<record:pool_id>/rules/<record:rule_id>/", rule_settings.edit_rule),
    path("<object:declared>/<record:record_id>/pool/", actions.release_page),
    path("<object:declared>/<record:record_id>/lock/", actions.lock_page),
]
