"""Puts the pairs that a rule found at a save on the desk, in the transaction of that save."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keqiao.quality.candidates.comparing import plans
from keqiao.quality.candidates.weighing import weigher
from keqiao.quality.duplicates.following import named_on_both
from keqiao.quality.duplicates.models import DuplicatePair, PairStatus
from keqiao.quality.duplicates.models import Scenario as Occasion
from keqiao.quality.duplicates.moving import about
from keqiao.quality.duplicates.pairs import FoundPair, reason_codes, record_pairs
from keqiao.quality.match_models.in_force import in_force
from keqiao.quality.scenarios.models import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keqiao.quality.candidates.comparing import Comparing
    from keqiao.quality.candidates.lookup import Candidate
    from keqiao.quality.candidates.weighing import Weighed
    from keqiao.quality.duplicates.pairs import Side
    from keqiao.records.batch import Batch, Item

_OCCASIONS = {
    Scenario.ENTRY: Occasion.ENTRY,
    Scenario.IMPORT: Occasion.IMPORT,
    Scenario.API: Occasion.API,
    Scenario.WEB_FORM: Occasion.WEB,
    Scenario.CONVERSION: Occasion.CONVERSION,
    Scenario.NIGHTLY: Occasion.NIGHTLY,
}
Twin = tuple["Item", "Weighed"]  # another draft of the same batch
_APART = (PairStatus.DIFFERENT, PairStatus.RELATED)


@dataclass
class _Pairs:
    """The pairs of one batch, kept all at once when its drafts have become records."""

    plan: Comparing
    occasion: Occasion
    of_items: list[tuple[Item, list[Candidate], list[Twin]]] = field(default_factory=list)

    def __call__(self) -> None:
        found = [
            pair
            for item, candidates, twins in self.of_items
            if item.outcome is None
            for pair in self._of(item, candidates, twins)
        ]
        if found:
            version = in_force(self.plan.object_type).version
            record_pairs(found, self.occasion, version)

    def _of(
        self, item: Item, candidates: Sequence[Candidate], twins: Sequence[Twin]
    ) -> list[FoundPair]:
        key = self.plan.object_type.key
        others = [(one.object_type.key, one.record_id, one.found) for one in candidates]
        others += [(key, twin.stored.pk, found) for twin, found in twins if twin.outcome is None]
        return [
            self._pair((key, item.stored.pk), (other, pk), found) for other, pk, found in others
        ]

    def _pair(self, mine: Side, theirs: Side, found: Weighed) -> FoundPair:
        other = plans()[theirs[0]]
        weighs = weigher(self.plan, other)
        names = {} if other is self.plan else named_on_both(self.plan, other, weighs.pairs)
        reasons = reason_codes(weighs.model, found.levels, names)
        link = found.veto.link if found.veto else ""
        return FoundPair(mine, theirs, found.weight, found.probability, reasons, link)


def link_after_save(
    batch: Batch,
    plan: Comparing,
    item: Item,
    found: list[Candidate],
    twins: list[Twin],
    scenario: Scenario,
) -> None:
    """Keep the pairs of a draft once it has a number."""
    kept = next((one for one in batch.afterwards if isinstance(one, _Pairs)), None)
    if kept is None:
        kept = _Pairs(plan, _OCCASIONS[scenario])
        batch.afterwards.append(kept)
    kept.of_items.append((item, found, twins))


def known_apart(object_key: str, record_id: int) -> set[tuple[str, int]]:
    """Return the records of which somebody said that they are not the same as this one."""
    pairs = DuplicatePair.objects.filter(about(object_key, [record_id]), status__in=_APART)
    decided = pairs.filter(decided_at__isnull=False)
    own = (object_key, record_id)
    return {one.right if one.left == own else one.left for one in decided}
