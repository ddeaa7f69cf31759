"""Where a merged record went: its old address, link or number leads to the one that stayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from keqiao.records.merging_models import MergedRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keqiao.catalog.object_type import ObjectType

_MOST_STEPS = 20  # a record merged again and again; more than that is no honest history


def survivors_of(object_key: str, ids: Iterable[int]) -> dict[int, int]:
    """Return, for those of `ids` that were merged away, the record that stands for them now."""
    found = {pk: pk for pk in ids}
    asked = set(found)
    for _step in range(_MOST_STEPS):
        rows = MergedRecord.objects.filter(object_key=object_key, record_id__in=asked)
        led = dict(rows.values_list("record_id", "survivor_id"))
        if not led:
            break
        found = {pk: led.get(at, at) for pk, at in found.items()}
        asked = set(led.values())
    return {pk: at for pk, at in found.items() if pk != at}


def survivor_of(object_key: str, record_id: int) -> int | None:
    return survivors_of(object_key, [record_id]).get(record_id)


def merged_away(declared: ObjectType) -> Q:
    """Return the condition of records that were merged: the recycle bin has nothing of them."""
    rows = MergedRecord.objects.filter(object_key=declared.key, record_id=OuterRef("pk"))
    return Q(Exists(rows))
