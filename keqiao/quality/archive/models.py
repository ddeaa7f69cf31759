"""Which records are laid aside when nobody has dealt with them for long, and what each run did."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from keqiao.access.models import User


class ArchiveRule(models.Model):
    """Records of one type that `filter` fits (null: all) and that were quiet for `months`.

    `may_take_all`: an administrator has typed the number of records, knowing that it is nearly all.
    """

    NOTE: ClassVar[str] = "archive_rule"
    FACTS: ClassVar[tuple[str, ...]] = ("name", "filter", "months", "is_active", "may_take_all")

    name = models.CharField(max_length=80)
    object_key = models.CharField(max_length=40)
    filter = models.JSONField(null=True)
    months = models.PositiveSmallIntegerField(default=24)
    is_active = models.BooleanField(default=False)
    may_take_all = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["object_key", "pk"]


class ArchiveRun(models.Model):
    """One run of a rule: when (the very moment that stands in the records), and how many it took."""

    rule = models.ForeignKey(ArchiveRule, models.SET_NULL, null=True, related_name="runs")
    rule_name = models.CharField(max_length=80)
    object_key = models.CharField(max_length=40)
    at = models.DateTimeField()
    taken = models.PositiveIntegerField(default=0)
    brought_back = models.PositiveIntegerField(default=0)
    is_refused = models.BooleanField(default=False)  # at night it would have taken nearly all
    undone_at = models.DateTimeField(null=True)
    actor_name = models.CharField(max_length=160)

    class Meta:
        ordering = ["-pk"]
