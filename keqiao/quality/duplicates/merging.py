"""Merges the two records of a pair by the door of every merge, and takes that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from keqiao.catalog.registry import object_type
from keqiao.quality.duplicates.deciding import PairProblem, is_contradicted, person
from keqiao.quality.duplicates.models import DuplicatePair, PairStatus
from keqiao.records.drafts import Source
from keqiao.records.merging import MergeRefused, merge_records
from keqiao.records.merging_undo import undo_merge
from keqiao.records.models import MergedRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keqiao.access.access import Access
    from keqiao.records.merging import Merged

_GONE = frozenset({"not_found"})


def merge_pair(
    access: Access,
    pair: DuplicatePair,
    survivor_id: int,
    choices: Mapping[str, int] | None = None,
    *,
    versions: Mapping[int, int] | None = None,
    is_sure: bool = False,
    request_id: str = "",
) -> Merged:
    """Merge the other record of the pair into `survivor_id`; raises `PairProblem`."""
    if not is_sure and is_contradicted(pair):
        message = _(
            "Somebody decided that these are not the same, by way of a third record. Please look"
            " at that decision first; if you are sure, say it once more."
        )
        raise PairProblem("contradiction", message)
    loser = pair.right_id if survivor_id == pair.left_id else pair.left_id
    outcome = merge_records(
        access, object_type(pair.left_key), survivor_id, [loser], choices,
        source=Source("merge", "", request_id), versions=versions,
    )  # fmt: skip
    if isinstance(outcome, MergeRefused):
        code = "missing" if outcome.code in _GONE else outcome.code
        raise PairProblem(code, str(outcome.message))
    decided = DuplicatePair.objects.filter(pk=pair.pk, status=PairStatus.MERGED)
    decided.update(decided_by=person(access))
    return outcome


def undo_pair(access: Access, pair_id: int, *, request_id: str = "") -> None:
    """Take the merge of a pair back; raises `PairProblem`."""
    pair = DuplicatePair.objects.filter(pk=pair_id, status=PairStatus.MERGED).first()
    ids = [pair.left_id, pair.right_id] if pair is not None else []
    gone = (
        MergedRecord.objects.filter(
            object_key=pair.left_key, record_id__in=ids, survivor_id__in=ids
        ).first()
        if pair is not None
        else None
    )
    if gone is None:
        raise PairProblem("missing", _("There is nothing to take back any more."))
    outcome = undo_merge(access, gone.merge_id, source=Source("revert", "", request_id))
    if isinstance(outcome, MergeRefused):
        raise PairProblem(outcome.code, str(outcome.message))
    DuplicatePair.objects.filter(pk=pair_id, decided_at=None).update(decided_by=None)
