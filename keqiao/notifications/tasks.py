"""What the worker does for notices: mails every minute, and clearing out what is old."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.base.clock import now
from keqiao.jobs.progress import check_cancelled
from keqiao.jobs.schedule import every
from keqiao.notifications.letters import make_letters
from keqiao.notifications.models import Letter, Notice
from keqiao.notifications.sending import send_letters
from keqiao.notifications.shares import tell_ending_shares

KEPT = timedelta(days=90)
AT_ONCE = 2_000


@every(minutes=1)
@task(title=_("Send notices by mail"), retry_delays=())
def mail_notices() -> int:
    make_letters()
    return send_letters()


@every(daily_at="08:10")
@task(title=_("Tell that the access of collaborators ends"))
def tell_shares_that_end() -> int:
    return tell_ending_shares()


@every(daily_at="03:50")
@task(title=_("Remove old notices"))
def remove_old_notices() -> int:
    """Remove what is older than 90 days, in small transactions."""
    limit, removed = now() - KEPT, 0
    for rows, moment in ((Notice.objects.all(), "at"), (Letter.objects.all(), "created_at")):
        while True:
            # Numbers grow with time, so the oldest come first without an index on the moment.
            oldest = list(rows.order_by("pk").values_list("pk", moment)[:AT_ONCE])
            ids = [pk for pk, at in oldest if at < limit]
            if not ids:
                break
            rows.filter(pk__in=ids).delete()
            removed += len(ids)
            check_cancelled()
    return removed
