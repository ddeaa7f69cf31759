"""Every correction of a stored record: what stood there, what stands there now, why, and who said so."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqiao.access.models import User


class CorrectionState(models.TextChoices):
    APPLIED = "applied", _("Corrected")
    SUGGESTED = "suggested", _("Proposed")
    FLAGGED = "flagged", _("To be looked at")
    DECLINED = "declined", _("Declined")
    UNDONE = "undone", _("Taken back")


class Correction(models.Model):
    """One field of one record. `before` and `after` are in the log form of the field's kind.

    Of a field that is sealed both stay sealed. `actor` is empty for the machine.
    """

    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    field = models.CharField(max_length=60)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    rule = models.CharField(max_length=40)
    rule_version = models.PositiveSmallIntegerField()
    confidence = models.FloatField()
    evidence = models.CharField(max_length=200)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=40)
    batch = models.CharField(max_length=40)
    group = models.PositiveIntegerField(default=0)  # fields of one record that changed together
    state = models.CharField(max_length=10, choices=CorrectionState)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["object_key", "record_id", "field"], name="correction_record"),
            models.Index(fields=["rule", "state", "made_at"], name="correction_rule"),
            models.Index(fields=["batch"], name="correction_batch"),
            models.Index(
                fields=["object_key", "-made_at"],
                condition=Q(state__in=["suggested", "flagged"]),
                name="correction_open",
            ),
        ]


class FileCheck(models.Model):
    """A list somebody had checked and cleaned; nobody else sees it, and it is gone after some days."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Being checked")
        DONE = "done", _("Checked")
        FAILED = "failed", _("Could not be checked")

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    object_key = models.CharField(max_length=40)
    file_name = models.CharField(max_length=255)
    stored_name = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=500, blank=True, default="")
    counts = models.JSONField(default=dict)  # as `Summary.as_data` gives them, and the columns
    job_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at"], name="file_check_user")]


class CorrectionBatch(models.Model):
    """One round of correction over the records of a type; `user` is empty for the nightly one.

    `behind` is the last record dealt with; it moves in the transaction that corrects, so that after
    a crash every record has had its turn exactly once or not yet. `lost` counts records of a part
    that were no longer there after it: anything but 0 is a defect.
    """

    object_key = models.CharField(max_length=40)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    job_id = models.BigIntegerField(null=True)
    since = models.DateTimeField(null=True)  # only records changed from then on
    may_apply = models.BooleanField(default=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    is_stopped = models.BooleanField(default=False)
    behind = models.BigIntegerField(default=0)
    total = models.IntegerField(null=True)
    looked_at = models.IntegerField(default=0)
    applied = models.IntegerField(default=0)
    suggested = models.IntegerField(default=0)
    flagged = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    lost = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["object_key", "-started_at"], name="correction_batches")]

    @property
    def key(self) -> str:
        """What the corrections of this round carry as their batch."""
        return f"round-{self.pk}"


class RuleMode(models.TextChoices):
    APPLY = "apply", _("Corrects when sure enough")
    PROPOSE = "propose", _("Only proposes")
    OFF = "off", _("Switched off")


class RuleSetting(models.Model):
    """What an administrator decided about one correction rule."""

    rule = models.CharField(max_length=40, unique=True)
    mode = models.CharField(max_length=8, choices=RuleMode)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")


class NightlyCorrection(models.Model):
    """Whether the records of a type are corrected every night, and whether without being asked."""

    object_key = models.CharField(max_length=40, unique=True)
    is_on = models.BooleanField(default=True)
    may_apply = models.BooleanField(default=True)
