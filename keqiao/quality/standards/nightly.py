"""Holds all records against the data standards once a night and keeps what breaks them by rule."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.access.access import Access
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import progress, resume_state, save_state
from keqiao.jobs.schedule import every
from keqiao.quality.rule_form import entered_types
from keqiao.quality.standards.checks import findings
from keqiao.quality.standards.known import checks_of
from keqiao.records.query import records

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType

AT_ONCE = 1_000


@every(daily_at="04:20")
@task(title=_("Hold all records against the data standards"), queue_name=LONG, retry_delays=(600,))
def check_all() -> dict[str, Any]:
    """Count by type; an attempt that was broken off goes on with the next part."""
    kept = resume_state() or {"found": {}, "type": "", "behind": 0}
    for declared in entered_types():
        if checks_of(declared) and not kept["found"].get(declared.key, {}).get("is_done"):
            _check_type(declared, kept)
    return kept["found"]


def _check_type(declared: ObjectType, kept: dict[str, Any]) -> None:
    checks, fields = checks_of(declared), declared.fields()
    looked_at = sorted(
        name for name in frozenset().union(*(one.looks_at for one in checks)) if name in fields
    )
    found = kept["found"].setdefault(declared.key, {"records": 0, "broken": 0, "by_rule": {}})
    if kept["type"] != declared.key:
        kept["type"], kept["behind"] = declared.key, 0
    rows = records(Access.system("data standards at night"), declared).order_by("pk")
    total, counts = rows.count(), Counter(found["by_rule"])
    while part := list(rows.filter(pk__gt=kept["behind"])[:AT_ONCE]):
        for row in part:
            values = {name: fields[name].value(row) for name in looked_at}
            broken = findings(declared, values, checks)
            counts.update(one.code for one in broken)
            found["broken"] += bool(broken)
        found["records"] += len(part)
        found["by_rule"] = dict(counts)
        kept["behind"] = part[-1].pk
        save_state(kept)
        progress(found["records"], total)
    found["is_done"] = True
    save_state(kept)
