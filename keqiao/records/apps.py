"""Registers the records package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "keqiao.records"
    label = "records"
