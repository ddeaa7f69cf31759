"""What the worker does for the quality of data, found here by the timetable."""

from __future__ import annotations

from keqiao.quality.archive.laying_aside import archive_now, archive_quiet, bring_back
from keqiao.quality.candidates.rekeying import bring_up_to_date, look_for_crowds
from keqiao.quality.cleaning.batches import correct_nightly, correct_stored, undo_many
from keqiao.quality.duplicates.nightly import find_duplicates
from keqiao.quality.freshness.nightly import ask_to_verify
from keqiao.quality.match_models.training import train_monthly, train_now
from keqiao.quality.scores.nightly import count_quality, tell_quality
from keqiao.quality.standards.nightly import check_all
from keqiao.quality.standards.trial import count_rule

__all__ = [
    "archive_now",
    "archive_quiet",
    "ask_to_verify",
    "bring_back",
    "bring_up_to_date",
    "check_all",
    "correct_nightly",
    "correct_stored",
    "count_quality",
    "count_rule",
    "find_duplicates",
    "look_for_crowds",
    "tell_quality",
    "train_monthly",
    "train_now",
    "undo_many",
]
