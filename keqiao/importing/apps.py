"""Registers the importing package with Django, its menu entry and the export behind lists."""

from __future__ import annotations

from django.apps import AppConfig


class ImportingConfig(AppConfig):
    name = "keqiao.importing"
    label = "importing"

    def ready(self) -> None:
        from keqiao.importing import menu

        menu.register()
