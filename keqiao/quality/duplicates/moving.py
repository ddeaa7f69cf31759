"""Lets pairs follow a record into the one it is merged with: what was decided about it stays decided."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Q

from keqiao.base.clock import now
from keqiao.quality.duplicates.models import DuplicatePair, PairStatus
from keqiao.quality.duplicates.pairs import ordered
from keqiao.records.merging_attached import register_mover
from keqiao.records.merging_log import whole_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from keqiao.quality.duplicates.pairs import Side
    from keqiao.records.merging_log import Log

# Of two decisions about one pair the one that keeps records apart holds.
_HOLDS = (PairStatus.DIFFERENT, PairStatus.RELATED, PairStatus.SAME, PairStatus.NEW)
_EVIDENCE = ("weight", "probability", "band", "reasons", "scenario", "model_version", "seen_at")
_DECISION = ("status", "relation", "decided_by_id", "decided_at", "reason")


def about(object_key: str, ids: Collection[int]) -> Q:
    """Return the condition of pairs that have one of these records on either side."""
    return Q(left_key=object_key, left_id__in=ids) | Q(right_key=object_key, right_id__in=ids)


def move_pairs(object_key: str, survivor_id: int, loser_ids: Sequence[int], log: Log) -> None:
    """Point pairs at the survivor; those among the merged records are settled."""
    open_pairs = DuplicatePair.objects.exclude(status=PairStatus.MERGED)
    if not open_pairs.filter(about(object_key, loser_ids)).exists():
        return
    ids = {survivor_id, *loser_ids}
    found = open_pairs.filter(about(object_key, ids)).order_by("pk").select_for_update()
    rows = list(found)
    before = whole_rows(rows)
    merged = {(object_key, pk) for pk in ids}
    by_sides: dict[tuple[Side, Side], list[DuplicatePair]] = defaultdict(list)
    for row in rows:
        if row.left in merged and row.right in merged:
            row.status, row.decided_at = PairStatus.MERGED, row.decided_at or now()
        else:
            stays = (object_key, survivor_id)
            sides = (stays if one in merged else one for one in (row.left, row.right))
            by_sides[ordered(*sides)].append(row)
    gone = [one for sides, of in by_sides.items() for one in _joined(sides, of)]
    left = [row for row in rows if row not in gone]
    DuplicatePair.objects.filter(pk__in=[row.pk for row in gone]).delete()
    after = whole_rows(left)
    for row in left:
        changed = [name for name, value in after[row.pk].items() if before[row.pk][name] != value]
        if changed:
            row.save(update_fields=changed)
    log.note_difference(DuplicatePair, before, after)


def _joined(sides: tuple[Side, Side], rows: list[DuplicatePair]) -> list[DuplicatePair]:
    """Make one pair of several about the same two records; return those that are not needed."""
    kept = next((row for row in rows if (row.left, row.right) == sides), rows[0])
    strongest = max(rows, key=lambda row: (row.weight, -row.pk))
    decided = min(rows, key=lambda row: (row.decided_at is None, _HOLDS.index(row.status), row.pk))  # type: ignore[arg-type]
    told = [(name, getattr(strongest, name)) for name in _EVIDENCE]
    told += [(name, getattr(decided, name)) for name in _DECISION]
    for name, value in told:
        setattr(kept, name, value)
    (kept.left_key, kept.left_id), (kept.right_key, kept.right_id) = sides
    return [row for row in rows if row is not kept]


def register() -> None:
    register_mover(move_pairs)
