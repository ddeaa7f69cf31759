"""When the company works: its week, and the days on which it deviates from the official arrangement."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.access.models import User


class WorkingWeek(models.Model):
    """The periods of each weekday, Monday first; there is one row, or none while nobody changed it."""

    periods = models.JSONField(default=list)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")


class ArrangedYear(models.Model):
    """The official arrangement of one year as an administrator gave it.

    It takes the place of the shipped one of that year. `days` maps a day to [kind, name].
    """

    year = models.PositiveSmallIntegerField(unique=True)
    days = models.JSONField(default=dict)
    source = models.CharField(max_length=120, blank=True, default="")
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")


class OwnDay(models.Model):
    """A day on which the company does something else than the official arrangement says."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("Day off")
        WORKING = "working", _("Working day")
        ORDINARY = "ordinary", _("As usual on this weekday")

    day = models.DateField(unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=40, blank=True, default="")
    periods = models.JSONField(null=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
