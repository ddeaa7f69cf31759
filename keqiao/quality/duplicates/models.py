"""One row for every two records that look like one customer, and what people decided about them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.access.models import User


class PairStatus(models.TextChoices):
    NEW = "new", _("To decide")
    SAME = "same", _("The same, not merged yet")
    RELATED = "related", _("Related, not the same")
    DIFFERENT = "different", _("Not the same")
    MERGED = "merged", _("Merged")


class Relation(models.TextChoices):
    """What two related records are to each other; the vetoes of the model tell it by themselves."""

    HOUSEHOLD = "household", _("Same household")
    BRANCH = "branch", _("Branch and head office")
    GROUP = "group", _("Same group of companies")


class Band(models.TextChoices):
    """How sure the model is: `SAFE` may be merged in bulk, `WEAK` is shown to nobody unasked."""

    SAFE = "safe", _("Nearly certain")
    REVIEW = "review", _("Likely")
    WEAK = "weak", _("Doubtful")


class Scenario(models.TextChoices):
    """On which occasion a pair was found."""

    ENTRY = "entry", _("At entry")
    IMPORT = "import", _("At an import")
    WEB = "web", _("From a web form")
    API = "api", _("Through the API")
    CONVERSION = "conversion", _("At the conversion of a lead")
    SAVE = "save", _("After saving")
    NIGHTLY = "nightly", _("In the nightly comparison")


class ComparisonRun(models.Model):
    """One nightly comparison of all records of a type: what it found, and what it refused to look at.

    `refused_blocks` are [field, value, records]: a value so many share that it tells nothing.
    `refused_groups` are [records, some of their numbers]: nobody has five thousand copies of a
    customer. `problem` is a code of `running.PROBLEMS`, with what is missing behind a colon.
    """

    VERSION: ClassVar[str] = (
        "compared"  # counts up when a type has been compared for the first time
    )

    object_key = models.CharField(max_length=40)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    engine = models.CharField(max_length=10, default="duckdb")
    model_version = models.CharField(max_length=40, default="")
    records = models.BigIntegerField(default=0)
    candidates = models.BigIntegerField(default=0)
    pairs = models.BigIntegerField(default=0)
    related = models.BigIntegerField(default=0)
    withdrawn = models.BigIntegerField(default=0)  # undecided pairs that are none any more
    refused_blocks = models.JSONField(default=list)
    refused_groups = models.JSONField(default=list)
    problem = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["object_key", "-began_at"], name="comparison_run_last")]


class DuplicatePair(models.Model):
    """Two records that may be one. The left side comes first by type and number, so a pair is one row.

    `weight` is in bits, `reasons` are [field, word] by the names of the catalog and of
    `matching.reasons.WORDS`, the strongest first. `decided_at` is empty while only the model has
    spoken; a pair a person decided is never reopened by a later find.
    """

    left_key = models.CharField(max_length=40)
    left_id = models.BigIntegerField()
    right_key = models.CharField(max_length=40)
    right_id = models.BigIntegerField()

    weight = models.FloatField()
    probability = models.FloatField()
    band = models.CharField(max_length=8, choices=Band)
    reasons = models.JSONField(default=list)
    scenario = models.CharField(max_length=12, choices=Scenario)
    model_version = models.CharField(max_length=40)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # found again last

    status = models.CharField(max_length=10, choices=PairStatus, default=PairStatus.NEW)
    relation = models.CharField(max_length=12, choices=Relation, blank=True, default="")
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["left_key", "left_id", "right_key", "right_id"], name="duplicate_pair_once"
            )
        ]
        indexes = [
            models.Index(fields=["right_key", "right_id"], name="duplicate_pair_right"),
            models.Index(fields=["status", "id"], name="duplicate_pair_status"),
            models.Index(fields=["status", "-weight", "id"], name="duplicate_pair_weight"),
            models.Index(fields=["left_key", "status", "seen_at"], name="duplicate_pair_seen"),
        ]

    @property
    def left(self) -> tuple[str, int]:
        return self.left_key, self.left_id

    @property
    def right(self) -> tuple[str, int]:
        return self.right_key, self.right_id

    @property
    def is_open(self) -> bool:
        return self.status == PairStatus.NEW
