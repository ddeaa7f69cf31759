"""Registers the api package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "keqiao.api"
    label = "api"

    def ready(self) -> None:
        from keqiao.api.idempotency import sealed_answers
        from keqiao.base.rotation import register_sealed

        register_sealed(sealed_answers)
