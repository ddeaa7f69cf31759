"""Asks owners every working morning to verify what has grown old."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.jobs.options import LONG
from keqiao.jobs.schedule import every
from keqiao.quality.freshness.asking import ask_owners


@every(daily_at="06:40")
@task(title=_("Ask owners to verify old values"), queue_name=LONG)
def ask_to_verify() -> int:
    return ask_owners()
