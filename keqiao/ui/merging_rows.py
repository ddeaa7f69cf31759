"""What people keep about records, the star and the recent visit, follows a record that is merged."""

from __future__ import annotations

from typing import Any

from keqiao.records.merging_attached import AttachedRows, register_attached
from keqiao.ui.models import Favourite, Recent


def _visits_of_both(kept: Any, other: Any) -> None:
    kept.at = max(kept.at, other.at)
    kept.times += other.times


def register() -> None:
    register_attached(AttachedRows(Favourite, once=("user_id",)))
    register_attached(AttachedRows(Recent, once=("user_id",), combine=_visits_of_both))
