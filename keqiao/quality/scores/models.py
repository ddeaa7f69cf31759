"""What is kept of the quality of data from day to day, and how each recount went."""

from __future__ import annotations

from django.db import models


class Grouping(models.TextChoices):
    """By what the figures of a day are told apart; `value` of a row says which one it is of."""

    ALL = "all"
    OWNER = "owner"  # the number of a user
    TEAM = "team"  # the number of a department
    ORIGIN = "origin"  # the choice an object type names as its origin
    CHANNEL = "channel"  # form, import, api …: how the record entered


class QualityDay(models.Model):
    """The figures of one day, object type and group: sums, so that any mean can be made of them again.

    `points` is the sum of the scores of the `measured` ones of all `records`; `parts` holds for each
    dimension [reached, possible, records it was measured of]; `missing` counts by field.
    """

    object_key = models.CharField(max_length=40)
    day = models.DateField()
    grouping = models.CharField(max_length=8, choices=Grouping)
    value = models.CharField(max_length=60, default="")
    records = models.IntegerField()
    measured = models.IntegerField()
    points = models.BigIntegerField()
    parts = models.JSONField(default=dict)
    missing = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object_key", "grouping", "value", "day"], name="quality_day_once"
            )
        ]
        indexes = [models.Index(fields=["day", "grouping"], name="quality_day_day")]


class Recount(models.Model):
    """One recount of a type: how many scores moved with time, and how many had been kept wrong."""

    object_key = models.CharField(max_length=40)
    day = models.DateField()
    at = models.DateTimeField()
    records = models.IntegerField()
    moved = models.IntegerField()
    differences = models.IntegerField()
    examples = models.JSONField(default=list)
    milliseconds = models.IntegerField()
    plan = models.CharField(max_length=16, default="")  # mark of what was expected then

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_key", "day"], name="quality_recount_once")
        ]


class ScoreSettings(models.Model):
    """What a company decided about the scores; there is one row, or none while nobody changed it."""

    has_leaderboard = models.BooleanField(default=True)
    has_weekly_letter = models.BooleanField(default=True)
    # How many records a day one person is asked to verify; 0: nobody is asked.
    verify_a_day = models.PositiveSmallIntegerField(default=3)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by_id = models.BigIntegerField(null=True)
