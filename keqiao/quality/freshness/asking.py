"""Asks owners to verify what has not been confirmed for long: a few records a day, the oldest first."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from keqiao.access.access import Access
from keqiao.access.matrix import matrix
from keqiao.base.clock import now
from keqiao.jobs.progress import check_cancelled
from keqiao.quality.freshness.models import VerifyRequest
from keqiao.quality.scores.columns import read_columns, with_ages
from keqiao.quality.scores.expectations import expectations, measured_types
from keqiao.quality.scores.facts import day_number
from keqiao.quality.scores.preferences import score_settings
from keqiao.records.outbox import write_event

if TYPE_CHECKING:
    from datetime import datetime

    from keqiao.catalog.object_type import ObjectType

# The event that whoever makes tasks subscribes to; its data name the owner and the fields.
EVENT = "verify_due"
NOT_AGAIN_FOR = timedelta(days=90)
# More candidates than anybody can be asked for in a night are not looked at.
MOST_CANDIDATES = 20_000


def ask_owners() -> int:
    """Ask for the oldest values of each owner's records, over all types; return how many were asked."""
    a_day = score_settings().verify_a_day
    if not a_day:
        return 0
    at, asked = now(), Counter[int]()
    people = {person.id for person in matrix().people.values() if person.is_active}
    for declared in measured_types():
        for record_id, owner, names in stale_records(declared, at):
            if owner in people and asked[owner] < a_day and _ask(declared, record_id, owner, names):
                asked[owner] += 1
        check_cancelled()
    return asked.total()


def stale_records(declared: ObjectType, at: datetime) -> list[tuple[int, int, list[str]]]:
    """Return (record, owner, fields) of owned records with a value past its half-life, oldest first."""
    import polars as pl

    access, plan = Access.system("values to be verified again"), expectations(declared)
    if not plan.aging:
        return []
    found = []
    for frame in read_columns(access, declared, plan):
        aged = with_ages(frame.filter(pl.col("owner").is_not_null()), plan, day_number(at))
        found.append(aged.filter(pl.col("overdue_days") > 0))
    oldest = (
        pl.concat(found).sort("overdue_days", "id", descending=[True, False]) if found else None
    )
    if oldest is None:
        return []
    return [
        (row["id"], row["owner"], [one.name for one in plan.aging if row[f"stale_{one.bit}"]])
        for row in oldest.head(MOST_CANDIDATES).iter_rows(named=True)
    ]


def _ask(declared: ObjectType, record_id: int, owner: int, names: list[str]) -> bool:
    """Write request and event together; False when he was asked of late."""
    at = now()
    earlier = VerifyRequest.objects.filter(object_key=declared.key, record_id=record_id)
    if earlier.filter(at__gt=at - NOT_AGAIN_FOR).exists():
        return False
    with transaction.atomic():
        VerifyRequest.objects.create(
            object_key=declared.key, record_id=record_id, owner_id=owner, fields=names, at=at
        )
        access = Access.system("values to be verified again")
        write_event(access, declared, EVENT, record_id, {"owner": owner, "fields": names})
    return True
