"""Registers the ui package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "keqiao.ui"
    label = "ui"

    def ready(self) -> None:
        from keqiao.ui import session_marks

        assert session_marks  # importing it connects the sign-in signal
