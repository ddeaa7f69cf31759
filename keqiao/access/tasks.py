"""What the worker does for access in the background: lines of refused access that are old enough go."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.access.models import RefusedAccess
from keqiao.base.clock import now
from keqiao.jobs.schedule import every

# The law asks for six months of security logs (网络安全法 art. 21); a year shows slow guessing.
KEPT = timedelta(days=366)


@every(daily_at="03:55")
@task(title=_("Remove old lines of refused access"))
def remove_old_refusals() -> int:
    """Return how many lines went."""
    removed, _by_model = RefusedAccess.objects.filter(last_at__lt=now() - KEPT).delete()
    return removed
