"""The API's part of the timetable: answers kept for repeated requests are forgotten after a day."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.api.idempotency import forget_old_requests
from keqiao.jobs.schedule import every


@every(minutes=60)
@task(title=_("Forget old API answers"))  # type: ignore[call-arg]
def forget_api_answers() -> int:
    return forget_old_requests()
