"""The kept versions of the models by which duplicates are told, one line of numbers for each type."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.access.models import User


class ModelSource(models.TextChoices):
    """Where the weights of a version come from."""

    HAND = "hand", _("Set by hand")
    LEARNED = "learned", _("Learned from the records")
    DECISIONS = "decisions", _("Learned from decisions")


class MatchModel(models.Model):
    """One version. `number` counts from 1 within its type; day one is kept by nobody and has number 0.

    `model` is `matching.model.Model.as_json()`. `figures` and `rival` are what this version and the
    one then in force reached on the frozen set (`comparing.Figures`, empty where there was none).
    At most one version of a type is in force; none is day one.
    """

    object_key = models.CharField(max_length=40)
    number = models.IntegerField()
    model = models.TextField()
    source = models.CharField(max_length=10, choices=ModelSource)
    decisions = models.IntegerField(default=0)  # how many decided pairs it was made from
    figures = models.JSONField(default=dict)
    rival = models.JSONField(default=dict)
    rival_number = models.IntegerField(default=0)
    note = models.CharField(max_length=20, blank=True, default="")  # why it was not published

    made_at = models.DateTimeField()
    is_in_force = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_key", "number"], name="match_model_number"),
            models.UniqueConstraint(
                fields=["object_key"],
                condition=models.Q(is_in_force=True),
                name="match_model_one_in_force",
            ),
        ]
