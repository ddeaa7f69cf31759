"""Keeps the pairs that somebody or something found: each once, and never against what people decided."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from keqiao.base.clock import now
from keqiao.quality.duplicates.models import Band, DuplicatePair, PairStatus, Relation, Scenario
from keqiao.records.bulk_rows import insert_rows, json_text, moment
from keqiao.records.merging_tombstones import survivors_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from keqiao.quality.matching.model import Model

Side = tuple[str, int]  # object type, record

SAFE_FROM, LIKELY_FROM = 0.999, 0.5
AT_ONCE = 1_000
# What the vetoes of a model say (`matching.recipes`) about how two records hang together.
RELATION_OF_LINK = {
    "household": Relation.HOUSEHOLD,
    "branch": Relation.BRANCH,
    "related_company": Relation.GROUP,
}
_COLUMNS = (
    "left_key", "left_id", "right_key", "right_id", "weight", "probability", "band", "reasons",
    "scenario", "model_version", "found_at", "seen_at", "status", "relation", "reason",
)  # fmt: skip
_TOLD_ANEW = (
    "weight", "probability", "band", "reasons", "model_version", "seen_at", "status", "relation",
)  # fmt: skip
_KEEP_DECISIONS = (
    "ON CONFLICT (left_key, left_id, right_key, right_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _TOLD_ANEW)
    + f" WHERE {DuplicatePair._meta.db_table}.decided_at IS NULL"
)


@dataclass(frozen=True)
class FoundPair:
    """Two records that look alike, in either order. `link` is that of the veto that struck, if any.

    `weight` is in bits, `probability` 0 to 1, `reasons` are (field, word of `reasons.WORDS`).
    """

    left: Side
    right: Side
    weight: float
    probability: float
    reasons: tuple[tuple[str, str], ...] = ()
    link: str = ""


def band_of(probability: float) -> Band:
    """Return how sure that is: safe to merge unseen, for a person to look at, or doubtful."""
    if probability >= SAFE_FROM:
        return Band.SAFE
    return Band.REVIEW if probability >= LIKELY_FROM else Band.WEAK


def reason_codes(
    model: Model, levels: Sequence[int], fields: Mapping[str, str] | None = None
) -> tuple[tuple[str, str], ...]:
    """Return why, as (field, word) to be kept; `fields` names the field of a compared column."""
    from keqiao.quality.matching.reasons import told_levels

    return tuple(
        ((fields or {}).get(one.name, one.name), word) for one, word in told_levels(model, levels)
    )


def tells_nothing(link: str, reasons: Sequence[tuple[str, str]], above: Sequence[str]) -> bool:
    """Tell whether a veto only says what everybody knows: two people of one customer share its
    address and switchboard; they are colleagues and no household.
    """
    return bool(link) and any(field in above and word == "same" for field, word in reasons)


def ordered(left: Side, right: Side) -> tuple[Side, Side]:
    """Return the two sides in the order in which every pair is kept."""
    return (left, right) if left <= right else (right, left)


def record_pairs(found: Iterable[FoundPair], scenario: Scenario, model_version: str) -> int:
    """Keep pairs, new ones and those found again; return how many there were.

    What a person decided stays as it is, whichever way round the pair was found. Who was merged
    away in the meantime is found as the record that stands for him now.
    """
    pairs = {ordered(one.left, one.right): one for one in found}
    count = 0
    waiting = sorted(pairs.items(), key=lambda item: (-item[1].weight, item[0]))
    for start in range(0, len(waiting), AT_ONCE):
        count += _keep(dict(waiting[start : start + AT_ONCE]), scenario, model_version)
    return count


def _keep(
    pairs: Mapping[tuple[Side, Side], FoundPair], scenario: Scenario, model_version: str
) -> int:
    stamp = moment(now())
    led = _survivors(side for both in pairs for side in both)
    rows: dict[tuple[Side, Side], tuple[Any, ...]] = {}
    for (first, second), one in pairs.items():
        left, right = ordered(led.get(first, first), led.get(second, second))
        if left == right:
            continue
        relation = RELATION_OF_LINK.get(one.link, "")
        status = PairStatus.RELATED if relation else PairStatus.NEW
        rows.setdefault(
            (left, right),
            (
                *left, *right, one.weight, one.probability, band_of(one.probability).value,
                json_text([list(pair) for pair in one.reasons]), scenario.value,
                model_version[:40], stamp, stamp, str(status.value), str(relation), "",
            ),
        )  # fmt: skip
    with transaction.atomic():
        # In one order for everybody: two writers of the same pairs never wait for each other.
        ready = [rows[pair] for pair in sorted(rows)]
        insert_rows(DuplicatePair, _COLUMNS, ready, on_conflict=_KEEP_DECISIONS)
    return len(rows)


def _survivors(sides: Iterable[Side]) -> dict[Side, Side]:
    ids: dict[str, set[int]] = defaultdict(set)
    for key, pk in sides:
        ids[key].add(pk)
    return {
        (key, gone): (key, stays)
        for key, of_key in ids.items()
        for gone, stays in survivors_of(key, of_key).items()
    }
