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
