"""Registers the importing package with Django, its menu entry and the export behind lists."""

from __future__ import annotations

from django.apps import AppConfig


class ImportingConfig(AppConfig):
    name = "keqiao.importing"
    label = "importing"

    def ready(self) -> None:
        from keqiao.catalog.custom_fields import find_uses_with
        from keqiao.importing import menu
        from keqiao.importing.field_uses import imports_with

        menu.register()
        find_uses_with(imports_with)
