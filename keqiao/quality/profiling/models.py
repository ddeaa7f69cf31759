"""What was counted of the values of a field, for the person who had it counted and nobody else."""

from __future__ import annotations

from django.db import models

from keqiao.access.models import User


class ProfileSnapshot(models.Model):
    """One answer to one question of one person, or the job that is working it out.

    `question` says of what (type, field, conditions, way of counting), `scope` with which rights:
    under other rights than today's it is not shown to anybody, not even to the same person.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    question = models.CharField(max_length=64)
    object_key = models.CharField(max_length=40)
    field = models.CharField(max_length=60, default="")
    scope = models.CharField(max_length=64, default="")
    job_id = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    counted_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "question"], name="profile_snapshot_once")
        ]
        indexes = [models.Index(fields=["asked_at"], name="profile_snapshot_age")]


class ProfileSettings(models.Model):
    """Words that do not tell values apart; there is one row, or none while nobody changed it."""

    stop_words = models.JSONField(default=list)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by_id = models.BigIntegerField(null=True)
