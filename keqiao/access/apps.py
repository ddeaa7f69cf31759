"""Registers the access package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "keqiao.access"
    label = "access"
