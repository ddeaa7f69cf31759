"""Registers the ui package with Django."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "keqiao.ui"
    label = "ui"

    def ready(self) -> None:
        # Importing the module connects its sign-in signal.
        import_module("keqiao.ui.session_marks")
        # The kit's own addition to what can be done with many records.
        import_module("keqiao.ui.bulk_tags")
        import_module("keqiao.ui.merging_rows").register()
