"""Counts the quality of everything once a night, and tells what became of it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.base.clock import now, today
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import check_cancelled
from keqiao.jobs.schedule import every
from keqiao.quality.scores.expectations import expectations, measured_types
from keqiao.quality.scores.history import forget_old_days
from keqiao.quality.scores.models import Recount
from keqiao.quality.scores.preferences import score_settings
from keqiao.quality.scores.recount import recount
from keqiao.quality.scores.remeasuring import measure_all
from keqiao.quality.scores.telling import tell_differences, tell_if_it_fell, weekly_letters

MONDAY = 0


@every(daily_at="02:20")
@task(title=_("Count the quality of the data"), queue_name=LONG, retry_delays=(600,))
def count_quality() -> dict[str, Any]:
    found = count_all()
    forget_old_days()
    return found


def count_all() -> dict[str, Any]:
    """Count each type anew; where other things are expected or other rules hold, measure first."""
    found: dict[str, Any] = {}
    for declared in measured_types():
        last = Recount.objects.filter(object_key=declared.key).order_by("-day").first()
        if last is None or last.plan != expectations(declared).mark:
            measure_all(declared)
        counted = recount(declared)
        day = now().date()
        tell_differences(declared, counted, day)
        tell_if_it_fell(declared, day)
        found[declared.key] = {
            "score": counted.score, "records": counted.records, "moved": counted.moved,
            "points": counted.points, "measured": counted.measured,
            "differences": counted.differences, "seconds": round(counted.seconds, 1),
        }  # fmt: skip
        check_cancelled()
    return found


@every(daily_at="08:00")
@task(title=_("Tell the quality of the data once a week"))
def tell_quality() -> int:
    if today().weekday() != MONDAY or not score_settings().has_weekly_letter:
        return 0
    return weekly_letters(today())
