"""Registers the jobs package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "keqiao.jobs"
    label = "jobs"
