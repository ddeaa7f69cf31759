"""What the worker does for people's days: reminders, reports of overdue work, tidying up."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.activities.composer import forget_old
from keqiao.activities.file_cleaning import clean
from keqiao.activities.reminders import remind
from keqiao.jobs.schedule import every


@every(minutes=5)
@task(title=_("Remind of planned work"))
def remind_people() -> int:
    return remind()


@every(daily_at="03:40")
@task(title=_("Remove files that nothing names any more"))
def remove_left_over_files() -> int:
    return clean()


@every(daily_at="03:50")
@task(title=_("Forget old drafts of follow-ups"))
def forget_old_drafts() -> int:
    return forget_old()
