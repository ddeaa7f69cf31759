"""Numbers the records that were there before their serial field was, oldest first, as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.access.access import Access
from keqiao.base.clock import now
from keqiao.catalog import state
from keqiao.catalog.models import CustomField
from keqiao.catalog.registry import object_type
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import progress, resume_state, save_state
from keqiao.records.audit import ChangeLine, append_lines
from keqiao.records.drafts import Source
from keqiao.records.models import LIVE
from keqiao.records.numbering import take_numbers

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

ROWS_AT_ONCE = 500


def without_number(declared: ObjectType, field: Field) -> QuerySet[Model]:
    """Return the live records that have no number in a serial field yet."""
    rows = declared.model._default_manager.alias(number_given=field.expression())
    return rows.filter(LIVE, Q(number_given=None))


@task(title=_("Number existing records"), queue_name=LONG)
def number_existing(custom_field_id: int) -> dict[str, int]:
    """Give every record without a number one; stopped half-way, it goes on where it was."""
    row = CustomField.objects.filter(pk=custom_field_id, kind="serial", deleted_at=None).first()
    if row is None:
        return {"numbered": 0}
    declared = object_type(row.object_key)
    kept = resume_state() or {
        "total": without_number(declared, declared.field(row.key)).count(), "done": 0,
    }  # fmt: skip
    while True:
        state.forget_versions()
        field = declared.fields().get(row.key)
        if field is None:
            break
        with transaction.atomic():
            given = _number_some(declared, field)
            kept["done"] += given
            save_state(kept)
        if not given:
            break
        progress(kept["done"], max(kept["total"], kept["done"]))
    return {"numbered": kept["done"]}


def _number_some(declared: ObjectType, field: Field) -> int:
    """Number the oldest records without one. In the order of locks that saving has: rows, rule, log."""
    manager = declared.model._default_manager
    rows: list[Any] = list(
        without_number(declared, field).order_by("pk").select_for_update()[:ROWS_AT_ONCE]
    )
    if not rows:
        return 0
    numbers = take_numbers(declared.key, field.name, len(rows))
    for record, number in zip(rows, numbers, strict=True):
        field.put(record, number)
        record.version += 1
    manager.bulk_update(rows, ["custom", "version"], batch_size=100)
    lines = [
        ChangeLine(declared.key, record.pk, "change", {field.name: None}, {field.name: number})
        for record, number in zip(rows, numbers, strict=True)
    ]
    access = Access.system("number existing records")
    append_lines(access, lines, Source("numbering"), now())
    return len(rows)
