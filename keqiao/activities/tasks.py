"""What the worker does for people's days: reminders, and reports of overdue work."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.activities.reminders import remind
from keqiao.jobs.schedule import every


@every(minutes=5)
@task(title=_("Remind of planned work"))
def remind_people() -> int:
    return remind()
