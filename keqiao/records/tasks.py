"""What the worker does for records in the background: handing out events."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.jobs.schedule import every
from keqiao.records.outbox import dispatch_events


@every(minutes=1)
@task(title=_("Hand out events"))
def hand_out_events() -> int:
    """Serve every subscriber until nothing new is left."""
    handled = 0
    while done := dispatch_events():
        handled += done
    return handled
