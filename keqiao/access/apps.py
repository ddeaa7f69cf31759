"""Registers the access package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "keqiao.access"
    label = "access"

    def ready(self) -> None:
        from keqiao.access import words  # noqa: F401  (says what kept texts name)
        from keqiao.access.roles import rights_on_field
        from keqiao.catalog.custom_fields import find_uses_with

        find_uses_with(rights_on_field)
