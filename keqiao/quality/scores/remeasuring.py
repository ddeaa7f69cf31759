"""Measures every record of a type anew, one by one: after an upgrade, or when other things are expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keqiao.access.access import Access
from keqiao.base.clock import now
from keqiao.jobs.progress import progress
from keqiao.records.measuring import change_facts
from keqiao.records.query import records

if TYPE_CHECKING:
    from django.db.models import Model

    from keqiao.catalog.object_type import ObjectType

AT_ONCE = 500


def measure_all(declared: ObjectType) -> int:
    """Put facts and score onto all records, in small transactions; return how many there were."""
    access = Access.system("quality measured anew")
    rows = records(access, declared).order_by("pk").values_list("pk", flat=True)
    total, done, last = rows.count(), 0, 0
    while part := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        last = part[-1]
        change_facts(access, declared, part, _as_it_is, now())
        done += len(part)
        progress(done, total)
    return done


def _as_it_is(_row: Model) -> bool:
    return True
