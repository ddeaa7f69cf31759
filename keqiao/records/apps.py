"""Registers the records package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "keqiao.records"
    label = "records"

    def ready(self) -> None:
        from keqiao.base.rotation import register_kept, register_sealed
        from keqiao.records.merging_log import keys_of_merge_log
        from keqiao.records.rotation import keys_of_change_log, sealed_fields

        register_sealed(sealed_fields)
        register_kept("change log", keys_of_change_log)
        register_kept("log of merges", keys_of_merge_log)
