"""Registers the ui package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "keqiao.ui"
    label = "ui"
