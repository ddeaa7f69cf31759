"""Keeps the daily figures small: every day of late, one a month of what lies further back."""

from __future__ import annotations

from datetime import timedelta

from keqiao.base.clock import now
from keqiao.quality.scores.models import Grouping, QualityDay, Recount

EVERY_DAY = timedelta(days=100)  # a trend shows thirteen weeks


def forget_old_days() -> int:
    """Remove old days of owners, departments and sources but the first of each month; all stay whole."""
    limit = now().date() - EVERY_DAY
    old = QualityDay.objects.filter(day__lt=limit).exclude(grouping=Grouping.ALL)
    removed, _of = old.exclude(day__day=1).delete()
    Recount.objects.filter(day__lt=limit).delete()
    return removed
