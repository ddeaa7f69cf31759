"""The write door: every change of a record, from any road, passes these eleven steps in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from keqiao.base.clock import now
from keqiao.records.audit import write_audit
from keqiao.records.batch import Batch, Item
from keqiao.records.checking import (
    apply_before_save,
    authorise,
    check_mask,
    check_quality,
    check_versions,
    clean_values,
    gate,
)
from keqiao.records.drafts import (
    EACH,
    Change,
    Conflict,
    Draft,
    DuplicateCandidate,
    DuplicateFound,
    FieldConflict,
    Held,
    Mode,
    Outcome,
    Problem,
    Rejected,
    Saved,
    Source,
)
from keqiao.records.duplicates import find_duplicates
from keqiao.records.locking import lock_first
from keqiao.records.outbox import write_events
from keqiao.records.writing import write_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

__all__ = [
    "CHECKS",
    "STEPS",
    "Change",
    "Conflict",
    "Draft",
    "DuplicateCandidate",
    "DuplicateFound",
    "FieldConflict",
    "Held",
    "Mode",
    "Outcome",
    "Problem",
    "Rejected",
    "Saved",
    "Source",
    "save_records",
]

CHECKS = (
    authorise,
    check_mask,
    clean_values,
    check_versions,
    apply_before_save,
    check_quality,
    find_duplicates,
    gate,
)
STEPS = (*CHECKS, write_records, write_audit, write_events)


class _Refused(Exception):
    """Rolls a batch back; its outcomes are already known."""


def save_records(
    access: Access,
    object_type: ObjectType,
    drafts: Sequence[Draft],
    *,
    source: Source,
    mode: Mode = EACH,
    dry_run: bool = False,
    allow_duplicates: bool = False,
) -> list[Outcome]:
    """Save a batch in one transaction and return one outcome per draft, in order.

    With `dry_run` the same checks run and nothing is written. `allow_duplicates` accepts repeats
    that a person may confirm; those that are never allowed stay refused.
    """
    batch = Batch(
        access=access,
        object_type=object_type,
        items=[Item(draft, index) for index, draft in enumerate(drafts)],
        source=source,
        mode=mode,
        dry_run=dry_run,
        allow_duplicates=allow_duplicates,
        at=now(),
    )
    if dry_run:
        for step in CHECKS:
            step(batch)
        return _outcomes(batch)
    try:
        with transaction.atomic():
            _lock_first(batch)
            for step in STEPS:
                step(batch)
                if mode is not EACH and batch.has_refusals:
                    raise _Refused
    except _Refused:
        for item in batch.items:
            if item.outcome is None:
                item.outcome = Rejected(
                    [Problem("", _("Not saved, because another record of the batch was refused."),
                             "batch")]
                )  # fmt: skip
    return _outcomes(batch)


def _lock_first(batch: Batch) -> None:
    ids = [item.draft.record_id for item in batch.items if item.draft.record_id is not None]
    changed = batch.object_type.model._default_manager.filter(pk__in=ids)
    lock_first(batch.object_type, changed, [item.draft.values for item in batch.items])


def _outcomes(batch: Batch) -> list[Outcome]:
    return [item.outcome or item.as_saved() for item in batch.items]
