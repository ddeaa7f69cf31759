"""What a person's day keeps: calendars for other programs, and how far overdue work was reported."""

from __future__ import annotations

from django.db import models

from keqiao.access.models import User


class CalendarFeed(models.Model):
    """An address under which another program reads a person's calendar; kept as a hash only."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    shows_titles = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    last_read_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Escalation(models.Model):
    """How many steps of the ladder an overdue piece of work has been taken up, for its due day."""

    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    due_on = models.DateField()
    level = models.PositiveSmallIntegerField()
    is_at_risk = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_key", "record_id"], name="escalation_once")
        ]


class FollowUpRules(models.Model):
    """When people are reminded and overdue work is reported; one row, or none while nobody changed it."""

    steps = models.JSONField(default=list)
    event_minutes = models.PositiveSmallIntegerField(default=15)
    morning = models.CharField(max_length=5, default="08:30")
    # The last day whose morning round was made.
    told_on = models.DateField(null=True)
