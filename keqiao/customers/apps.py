"""Registers the customers package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "keqiao.customers"
    label = "customers"

    def ready(self) -> None:
        from keqiao.customers import home, keys
        from keqiao.customers.pool import start

        keys.register()
        home.register()
        start.register()
