"""Pairs of which it is known whether they are one customer, because somebody decided it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keqiao.quality.duplicates.models import DuplicatePair, PairStatus
from keqiao.quality.matching.statements import SILENT

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.matching.model import Model

# Every fifth decided pair is kept out of all learning and only ever compares versions.
FROZEN_SEED, FROZEN_ONE_IN = 20261127, 5
MOST_DECISIONS = 50_000
SAME = frozenset({PairStatus.SAME, PairStatus.MERGED})


@dataclass(frozen=True)
class Judged:
    """A pair by what agrees in it: the word of the level reached, by comparison; no value of anybody."""

    words: Mapping[str, str]
    is_same: bool
    is_frozen: bool = False

    def levels(self, model: Model) -> tuple[int, ...]:
        """Return the levels a model gives to it; silent where nothing was told."""
        found = []
        for one in model.comparisons:
            word = self.words.get(one.name)
            at = next((at for at, level in enumerate(one.levels) if level.words == word), SILENT)
            found.append(SILENT if word is None else at)
        return tuple(found)


def decided_pairs(declared: ObjectType) -> list[Judged]:
    """Return what people decided about pairs of a type, the last ones first.

    The reasons kept with a pair say which levels it reached; they outlive the merged records and
    hold no personal data. Levels that weigh next to nothing are not among them.
    """
    rows = (
        DuplicatePair.objects.filter(
            left_key=declared.key, right_key=declared.key, decided_by__isnull=False
        )
        .exclude(status=PairStatus.NEW)
        .order_by("-decided_at", "-pk")
        .values_list("pk", "status", "reasons")[:MOST_DECISIONS]
    )
    return [
        Judged(dict(reasons), status in SAME, is_frozen(pk))
        for pk, status, reasons in rows
        if reasons
    ]


def is_frozen(pair_id: int) -> bool:
    """Tell whether a pair belongs to the frozen set: by its number alone, so for ever."""
    return zlib.crc32(f"{FROZEN_SEED}:{pair_id}".encode()) % FROZEN_ONE_IN == 0
