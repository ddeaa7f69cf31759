"""The tables of data quality, found here by Django; each part keeps its own."""

from __future__ import annotations

from keqiao.quality.archive.models import ArchiveRule, ArchiveRun
from keqiao.quality.candidates.models import (
    CandidateForms,
    CandidateKey,
    CrowdedKey,
    KeysKept,
)
from keqiao.quality.cleaning.models import (
    Correction,
    CorrectionBatch,
    FileCheck,
    NightlyCorrection,
    RuleSetting,
)
from keqiao.quality.completion.models import CompletionSettings
from keqiao.quality.customer_form.models import CustomerForm
from keqiao.quality.double_entry.models import DoubleEntryRule, KeyedField, SecondEntry
from keqiao.quality.duplicates.models import ComparisonRun, DuplicatePair
from keqiao.quality.freshness.models import FieldMark, VerifyRequest
from keqiao.quality.match_models.models import MatchModel
from keqiao.quality.merge_models import MergeSettings
from keqiao.quality.profiling.models import ProfileSettings, ProfileSnapshot
from keqiao.quality.review.models import PendingChange, ReviewRule
from keqiao.quality.scenarios.models import ScenarioRule
from keqiao.quality.scores.models import QualityDay, Recount, ScoreSettings
from keqiao.quality.standards.models import StandardRule

__all__ = [
    "ArchiveRule",
    "ArchiveRun",
    "CandidateForms",
    "CandidateKey",
    "ComparisonRun",
    "CompletionSettings",
    "Correction",
    "CorrectionBatch",
    "CrowdedKey",
    "CustomerForm",
    "DoubleEntryRule",
    "DuplicatePair",
    "FieldMark",
    "FileCheck",
    "KeyedField",
    "KeysKept",
    "MatchModel",
    "MergeSettings",
    "NightlyCorrection",
    "PendingChange",
    "ProfileSettings",
    "ProfileSnapshot",
    "QualityDay",
    "Recount",
    "ReviewRule",
    "RuleSetting",
    "ScenarioRule",
    "ScoreSettings",
    "SecondEntry",
    "StandardRule",
    "VerifyRequest",
]
