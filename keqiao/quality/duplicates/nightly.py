"""Looks for duplicates once a night, or when somebody asks for it, and after each save."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.base.clock import now
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import check_cancelled, resume_state, save_state
from keqiao.jobs.schedule import every
from keqiao.quality.candidates.comparing import compared_types
from keqiao.quality.duplicates.models import ComparisonRun
from keqiao.quality.duplicates.running import compare_type
from keqiao.quality.duplicates.uniqueness import begin_to_count, recount_all_twins


@every(daily_at="01:10")
@task(title=_("Compare all records and look for duplicates"), queue_name=LONG, retry_delays=(600,))
def find_duplicates() -> dict[str, Any]:
    """Compare one type after another; an attempt that was broken off goes on with the next type."""
    found: dict[str, Any] = resume_state().get("found", {})
    for declared in compared_types():
        if declared.key in found:
            continue
        run = compare_type(declared)
        found[declared.key] = told(run)
        if not run.problem:
            begin_to_count(declared)
            recount_all_twins(declared)
        save_state({"found": found})
        check_cancelled()
    return found


def told(run: ComparisonRun) -> dict[str, Any]:
    seconds = ((run.ended_at or now()) - run.began_at).total_seconds()
    return {
        "records": run.records, "pairs": run.pairs, "related": run.related,
        "withdrawn": run.withdrawn, "refused_blocks": len(run.refused_blocks),
        "refused_groups": len(run.refused_groups), "seconds": round(seconds, 1),
        "problem": run.problem,
    }  # fmt: skip


def last_runs() -> dict[str, ComparisonRun]:
    """Return the last comparison of each type that came to an end, by object key."""
    found = {}
    for declared in compared_types():
        ended = ComparisonRun.objects.filter(object_key=declared.key, ended_at__isnull=False)
        last = ended.order_by("-began_at").first()
        if last is not None:
            found[declared.key] = last
    return found
