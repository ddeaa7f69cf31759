"""Registers the catalog package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "keqiao.catalog"
    label = "catalog"

    def ready(self) -> None:
        from keqiao.catalog import words  # noqa: F401  (says what kept texts name)
