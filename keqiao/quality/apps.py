"""Registers the data-quality package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "keqiao.quality"
    label = "quality"
