"""Puts the pairs that a rule found at a save on the desk, in the transaction of that save."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keqiao.quality.candidates.comparing import Comparing
    from keqiao.quality.candidates.lookup import Candidate
    from keqiao.quality.scenarios.models import Scenario
    from keqiao.records.batch import Batch, Item


def link_after_save(
    batch: Batch, plan: Comparing, item: Item, found: Sequence[Candidate], scenario: Scenario
) -> None:
    """Keep the pairs of a draft once it has a number."""
