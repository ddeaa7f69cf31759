"""Looks every morning whether the working calendar knows the years ahead."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from django_tasks import task

from keqiao.access.models import User
from keqiao.automation.menu import ADDRESS
from keqiao.automation.working_calendar import years_without_arrangement
from keqiao.base.clock import today
from keqiao.base.words import say
from keqiao.jobs.schedule import every
from keqiao.notifications.notify import notify

_MISSING = gettext_noop(
    "The holidays of %(year)s are not entered yet."
    " Until then reminders and deadlines know only the weekends."
)


@every(daily_at="08:10")
@task(title=_("Look after the working calendar"))
def tell_missing_years() -> int:
    """Tell administrators once per year and month; return how many notices were made."""
    day = today()
    administrators = User.objects.filter(is_administrator=True, is_active=True)
    return sum(
        notify(
            administrators,
            "system",
            title=say(_MISSING, year=str(year)),
            url=f"{ADDRESS}?year={year}",
            dedup_key=f"holidays-{year}-{day:%Y%m}",
        )
        for year in years_without_arrangement(day)
    )
