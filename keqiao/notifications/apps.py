"""Registers the notifications package with Django, its settings pages and its producers."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "keqiao.notifications"
    label = "notifications"

    def ready(self) -> None:
        import_module("keqiao.notifications.producers")
        import_module("keqiao.notifications.shares")
        import_module("keqiao.notifications.menu")
        import_module("keqiao.notifications.home").register()
