"""Merges what is surely the same, many at once: which groups, in the background, and all of it undone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, override
from django_tasks import task

from keqiao.access.access import Access
from keqiao.access.rights import Action
from keqiao.base.words import say
from keqiao.catalog import state
from keqiao.catalog.registry import object_type
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import progress, resume_state, save_state
from keqiao.quality.duplicates.deciding import decidable_pairs, in_reach, person
from keqiao.quality.duplicates.models import Band, DuplicatePair, PairStatus
from keqiao.quality.duplicates.moving import about
from keqiao.quality.matching.clusters import components
from keqiao.quality.merge_menu import can_be_merged
from keqiao.records.drafts import Source
from keqiao.records.merging import MergeRefused, merge_records, mergeable
from keqiao.records.merging_undo import undo_merge
from keqiao.records.merging_values import merged_fields
from keqiao.records.models import Merge
from keqiao.ui.bulk_jobs import MOST_LISTED, acting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from keqiao.catalog.object_type import ObjectType

LARGEST = 10  # of a larger group somebody looks at every pair
MOST_PAIRS = 20_000  # so many pairs make one batch; what is left makes the next one
_ASKED_AT_ONCE = 500
APART = (PairStatus.DIFFERENT, PairStatus.RELATED)


@dataclass
class SafeGroups:
    """Groups of records to be merged, each sorted, and how many were left for people to look at."""

    groups: list[list[int]] = field(default_factory=list)
    too_large: int = 0
    kept_apart: int = 0
    is_capped: bool = False

    @property
    def surplus(self) -> int:
        """Return how many records will have gone into others."""
        return sum(len(group) - 1 for group in self.groups)


def may_merge_in_bulk(access: Access, declared: ObjectType) -> bool:
    return can_be_merged(access, declared)


def safe_pairs(access: Access, declared: ObjectType) -> QuerySet[DuplicatePair]:
    """Return the pairs this person may merge unseen: nearly certain ones, and those called the same."""
    both = in_reach(access, Action.DELETE, "left") & in_reach(access, Action.DELETE, "right")
    changed = in_reach(access, Action.CHANGE, "left") & in_reach(access, Action.CHANGE, "right")
    sure = Q(status=PairStatus.NEW, band=Band.SAFE) | Q(status=PairStatus.SAME)
    return decidable_pairs(access).filter(
        both, changed, sure, left_key=declared.key, right_key=declared.key
    )


def safe_groups(access: Access, declared: ObjectType, until: int | None = None) -> SafeGroups:
    """Return the groups that may be merged in bulk; `until` is the last pair that counts."""
    rows = safe_pairs(access, declared)
    if until is not None:
        rows = rows.filter(pk__lte=until)
    edges = list(
        rows.order_by("-weight", "pk").values_list("left_id", "right_id")[: MOST_PAIRS + 1]
    )
    found = SafeGroups(is_capped=len(edges) > MOST_PAIRS)
    groups = components(edges[:MOST_PAIRS])
    small = [group for group in groups if len(group) <= LARGEST]
    found.too_large = len(groups) - len(small)
    mixed = _with_apart_inside(declared, small)
    found.groups = [group for group in small if group[0] not in mixed]
    found.kept_apart = len(mixed)
    return found


def _with_apart_inside(declared: ObjectType, groups: Sequence[Sequence[int]]) -> set[int]:
    """Return the first record of each group that holds two somebody or something keeps apart."""
    group_of = {pk: group[0] for group in groups for pk in group}
    ids, found = sorted(group_of), set()
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        part = ids[start : start + _ASKED_AT_ONCE]
        rows = DuplicatePair.objects.filter(
            left_key=declared.key, right_key=declared.key, left_id__in=part, status__in=APART
        )
        for left, right in rows.values_list("left_id", "right_id"):
            if group_of.get(right) == group_of[left]:
                found.add(group_of[left])
    return found


def in_order(declared: ObjectType, rows: Iterable[Any]) -> list[Any]:
    """Return records with the one that stays first: looked after, fuller, older."""
    fields = merged_fields(declared)

    def worth(row: Any) -> tuple[bool, int, int]:
        filled = sum(not own.kind.is_empty(own.value(row)) for own in fields)
        return row.owner_id is not None, filled, -row.pk

    return sorted(rows, key=worth, reverse=True)


# --- in the background ----------------------------------------------------------------------------


@task(title=gettext_lazy("Merge safe pairs"), queue_name=LONG)
def merge_safe(
    *, user_id: int, batch: str, object_key: str, until: int, most: int
) -> dict[str, Any]:
    """Merge safe groups one by one, each in a transaction with the place to go on from.

    `batch` marks the merges, `until` is the last pair that was there when the person confirmed, and
    no more than `most` records go into others. Rights are those the person has while it runs.
    """
    declared = object_type(object_key)
    with override(acting(user_id).language):
        kept = resume_state() or {"merged": 0, "gone": 0, "left": 0, "behind": 0, "refused": []}
        groups = safe_groups(Access.for_user(acting(user_id)), declared, until).groups
        waiting = sorted(group for group in groups if group[0] > kept["behind"])
        total = kept["merged"] + kept["left"] + len(waiting)
        for group in waiting:
            if kept["gone"] + len(group) - 1 > most:
                break
            state.forget_versions()
            access = Access.for_user(acting(user_id))
            with transaction.atomic():
                why = _merge_group(access, declared, group, batch)
                kept["behind"] = group[0]
                if why:
                    kept["left"] += 1
                    kept["refused"] = [*kept["refused"], [group[0], why]][:MOST_LISTED]
                else:
                    kept["merged"] += 1
                    kept["gone"] += len(group) - 1
                save_state(kept)
            note = say(gettext_noop("%(count)s left as they were"), count=kept["left"])
            progress(kept["merged"] + kept["left"], total, note if kept["left"] else "")
    return kept


def _merge_group(access: Access, declared: ObjectType, group: Sequence[int], batch: str) -> str:
    """Merge one group; return why not, for somebody may have decided otherwise meanwhile."""
    if _with_apart_inside(declared, [group]):
        return _("Somebody decided meanwhile that two of them are not the same.")
    rows = in_order(declared, mergeable(access, declared).filter(pk__in=group))
    if len(rows) < len(group):
        return _("One of the records is gone, was merged already, or is not yours to merge.")
    outcome = merge_records(
        access, declared, rows[0].pk, [row.pk for row in rows[1:]],
        source=Source("merge", "", batch), versions={row.pk: row.version for row in rows},
    )  # fmt: skip
    if isinstance(outcome, MergeRefused):
        return str(outcome.message)
    decided = DuplicatePair.objects.filter(
        about(declared.key, group), status=PairStatus.MERGED, decided_by=None
    )
    decided.update(decided_by=person(access))
    return ""


@task(title=gettext_lazy("Take merges back"), queue_name=LONG)
def unmerge_batch(*, user_id: int, batch: str) -> dict[str, Any]:
    """Undo every merge of a batch, the last one first; what somebody merged on stays and is told."""
    with override(acting(user_id).language):
        kept = resume_state() or {"undone": 0, "left": 0, "behind": None, "refused": []}
        rows = merges_of(user_id, batch).filter(undone_at=None).order_by("-pk")
        if kept["behind"] is not None:
            rows = rows.filter(pk__lt=kept["behind"])
        waiting = list(rows.values_list("pk", "survivor_id"))
        total = kept["undone"] + kept["left"] + len(waiting)
        for merge_id, survivor in waiting:
            state.forget_versions()
            access = Access.for_user(acting(user_id))
            with transaction.atomic():
                outcome = undo_merge(access, merge_id, source=Source("revert", "", batch))
                kept["behind"] = merge_id
                if isinstance(outcome, MergeRefused):
                    kept["left"] += 1
                    listed = [*kept["refused"], [survivor, str(outcome.message)]]
                    kept["refused"] = listed[:MOST_LISTED]
                else:
                    kept["undone"] += 1
                save_state(kept)
            progress(kept["undone"] + kept["left"], total)
    return kept


def merges_of(user_id: int | None, batch: str) -> QuerySet[Merge]:
    return Merge.objects.filter(actor_id=user_id or -1, request_id=batch)
