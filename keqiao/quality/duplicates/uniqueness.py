"""How many records a record is too many: what undecided and unmerged pairs cost its quality score."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from keqiao.access.access import Access
from keqiao.base.clock import now
from keqiao.catalog import state
from keqiao.catalog.registry import object_type
from keqiao.jobs.progress import progress
from keqiao.quality.duplicates.models import ComparisonRun, DuplicatePair, PairStatus
from keqiao.quality.scores.expectations import expectations
from keqiao.quality.scores.facts import facts_of, stored_form
from keqiao.records.measuring import change_facts, is_measured
from keqiao.records.query import records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.duplicates.pairs import Side

WHOLE = 1000
MOST_COUNTED = 20  # of a record's pairs, the likeliest; further ones change the last digit only
_AT_ONCE = 500
UNRESOLVED = (PairStatus.NEW, PairStatus.SAME)


def expected_surplus(chances: Iterable[float]) -> int:
    """Return in thousandths how much of a record is surplus, when each copy of it is as likely.

    Of k records of one customer k - 1 are too many, so each of them is (k - 1) / k surplus: with n
    copies n / (n + 1). That is averaged over all ways in which the copies may be real or not.
    """
    ways = [1.0]  # how likely 0, 1, 2 … of them are real
    for chance in sorted(chances, reverse=True)[:MOST_COUNTED]:
        without = [*(way * (1.0 - chance) for way in ways), 0.0]
        ways = [way + (ways[at - 1] * chance if at else 0.0) for at, way in enumerate(without)]
    return round(WHOLE * sum(way * copies / (copies + 1) for copies, way in enumerate(ways)))


def _chances(object_key: str, about: Q) -> dict[int, list[float]]:
    rows = DuplicatePair.objects.filter(
        about, left_key=object_key, right_key=object_key, status__in=UNRESOLVED
    )
    found: dict[int, list[float]] = defaultdict(list)
    told = rows.values_list("left_id", "right_id", "probability", "status")
    for left, right, probability, status in told.iterator(chunk_size=5_000):
        chance = 1.0 if status == PairStatus.SAME else probability
        found[left].append(chance)
        found[right].append(chance)
    return found


def recount_twins(sides: Collection[Side]) -> None:
    """Bring the scores of these records up to date with the pairs about them."""
    by_key: dict[str, set[int]] = defaultdict(set)
    for key, pk in sides:
        by_key[key].add(pk)
    for key, ids in sorted(by_key.items()):
        declared = object_type(key)
        if is_measured(declared):
            found = _chances(key, Q(left_id__in=ids) | Q(right_id__in=ids))
            _write(declared, {pk: expected_surplus(found.get(pk, ())) for pk in ids})


def recount_all_twins(declared: ObjectType) -> int:
    """Bring the scores of a whole type up to date with its pairs; return how many moved."""
    if not is_measured(declared):
        return 0
    wanted = {pk: expected_surplus(of) for pk, of in _chances(declared.key, Q()).items()}
    access = Access.system("uniqueness of all records")
    held = records(access, declared).filter(quality_facts__twins__gt=0)
    before = dict(held.values_list("pk", "quality_facts__twins"))
    moved = {pk: wanted.get(pk, 0) for pk in wanted.keys() | before.keys()}
    moved = {pk: twins for pk, twins in moved.items() if before.get(pk, 0) != twins}
    _write(declared, moved)
    return len(moved)


def _write(declared: ObjectType, twins: dict[int, int]) -> None:
    access, at, ids = Access.system("uniqueness"), now(), sorted(twins)

    def change(row: Any) -> bool:
        facts = facts_of(row.quality_facts)
        if facts.twins == twins[row.pk]:
            return False
        facts.twins = twins[row.pk]
        row.quality_facts = stored_form(facts)
        return True

    for start in range(0, len(ids), _AT_ONCE):
        change_facts(access, declared, ids[start : start + _AT_ONCE], change, at)
        progress(start, len(ids))


def begin_to_count(declared: ObjectType) -> None:
    """Let uniqueness count in the scores of a type, once all its records were compared."""
    if is_measured(declared) and not expectations(declared).counts_twins:
        state.bump(ComparisonRun.VERSION)
