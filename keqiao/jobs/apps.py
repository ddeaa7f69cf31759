"""Registers the jobs package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "keqiao.jobs"
    label = "jobs"

    def ready(self) -> None:
        from keqiao.jobs import words  # noqa: F401  (says what kept texts name)
