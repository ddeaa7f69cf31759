"""Makes the keys of all records anew: after an upgrade, when other fields are compared, or by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.access.access import Access
from keqiao.base.bulk_room import bulk_room
from keqiao.base.clock import now
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import progress, resume_state, save_state
from keqiao.jobs.schedule import every
from keqiao.quality.candidates.comparing import comparing, plans
from keqiao.quality.candidates.crowded import note_crowded
from keqiao.quality.candidates.keeping import keep_keys
from keqiao.quality.candidates.models import CandidateForms, CandidateKey, KeysKept
from keqiao.records.query import records
from keqiao.records.search_index import STRETCH, first_place

if TYPE_CHECKING:
    from keqiao.quality.candidates.comparing import Comparing

AT_ONCE = 2_000
Report = Callable[[str, int], None]


@every(minutes=15)
@task(title=_("Bring the keys of the duplicate check up to date"), queue_name=LONG)
def bring_up_to_date() -> dict[str, Any]:
    """Make keys anew where the rules are others than those they were made by; mostly none are."""
    return {plan.object_type.key: rekey(plan) for plan in due()}


@every(daily_at="03:10")
@task(title=_("Look for values that too many records share"), queue_name=LONG)
def look_for_crowds() -> dict[str, int]:
    return {plan.object_type.key: note_crowded(plan) for plan in plans().values()}


def due() -> list[Comparing]:
    """Return the types whose records were not all keyed by the rules of today."""
    kept = dict(KeysKept.objects.values_list("object_key", "mark"))
    return [plan for key, plan in plans().items() if kept.get(key) != plan.mark]


def rekey_all(report: Report | None = None) -> dict[str, int]:
    return {key: rekey(plan, report) for key, plan in plans().items()}


def rekey(plan: Comparing, report: Report | None = None) -> int:
    """Key every record of a type, in small transactions; goes on where an earlier attempt ended."""
    with bulk_room():
        done = _key_all(plan, report)
    note_crowded(plan)
    KeysKept.objects.update_or_create(
        object_key=plan.object_type.key, defaults={"mark": plan.mark, "records": done, "at": now()}
    )
    return done


def _key_all(plan: Comparing, report: Report | None) -> int:
    declared = plan.object_type
    kept = resume_state()
    own = kept if kept.get("type") == declared.key and kept.get("mark") == plan.mark else {}
    last, done = own.get("last", 0), own.get("done", 0)
    rows = records(Access.system("keys of the duplicate check"), declared).order_by("pk")
    total = rows.count()
    while True:
        with transaction.atomic():
            # Locked: whoever saves one of them meanwhile waits, and writes the newer keys after us.
            part = list(rows.filter(pk__gt=last).select_for_update()[:AT_ONCE])
            if not part:
                break
            keep_keys(plan, part)
            last, done = part[-1].pk, done + len(part)
            save_state({"type": declared.key, "mark": plan.mark, "last": last, "done": done})
        progress(done, total)
        if report:
            report(declared.key, done)
    return done


def orphans(object_key: str) -> int:
    """Return how many keys of a type stand for no record with forms; anything but 0 is a defect."""
    first = first_place(object_key)
    keys, forms = CandidateKey._meta.db_table, CandidateForms._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {keys} k LEFT JOIN {forms} f ON f.id = k.place"  # noqa: S608
            " WHERE f.id IS NULL AND k.place >= %s AND k.place < %s",
            [first, first + STRETCH],
        )
        return int(cursor.fetchone()[0])


def is_ready(object_key: str) -> bool:
    """Tell whether all records of a type can be found by their keys."""
    from keqiao.catalog.registry import object_type

    plan = comparing(object_type(object_key))
    kept = KeysKept.objects.filter(object_key=object_key).values_list("mark", flat=True).first()
    return plan is not None and kept == plan.mark
