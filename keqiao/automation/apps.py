"""Registers the automation package with Django, and its pages with the settings menu."""

from __future__ import annotations

from django.apps import AppConfig


class AutomationConfig(AppConfig):
    name = "keqiao.automation"
    label = "automation"

    def ready(self) -> None:
        from keqiao.automation import menu

        menu.register()
