"""Registers the importing package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class ImportingConfig(AppConfig):
    name = "keqiao.importing"
    label = "importing"
