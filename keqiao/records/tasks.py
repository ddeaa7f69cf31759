"""What the worker does for records in the background: handing out events, removing old ones."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.base.clock import now
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import check_cancelled
from keqiao.jobs.schedule import every
from keqiao.records.merging import UNDO_DAYS
from keqiao.records.merging_undo import forget_moves
from keqiao.records.outbox import dispatch_events, remove_read_events


@every(minutes=1)
@task(title=_("Hand out events"))
def hand_out_events() -> int:
    """Serve every subscriber until nothing new is left."""
    handled = 0
    while done := dispatch_events():
        handled += done
    return handled


@every(daily_at="03:50")
@task(title=_("Remove old events"), queue_name=LONG)
def remove_old_events() -> int:
    """Keep the table of events small, a short transaction at a time."""
    before = now() - timedelta(days=settings.KEQIAO_EVENT_DAYS)
    removed = 0
    while gone := remove_read_events(before):
        removed += gone
        check_cancelled()
    return removed


@every(daily_at="03:55")
@task(title=_("Close old merges"), queue_name=LONG)
def close_old_merges() -> int:
    """Throw away what an undoing would need, once the time for it is over."""
    before = now() - timedelta(days=UNDO_DAYS)
    closed = 0
    while done := forget_moves(before):
        closed += done
        check_cancelled()
    return closed
