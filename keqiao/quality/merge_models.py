"""What a company decided about merging records."""

from __future__ import annotations

from django.db import models


class MergeSettings(models.Model):
    """How far values are trusted by where they come from; one row, or none while nobody changed it."""

    ranks = models.JSONField(default=dict)  # source: 0 (least trusted) to 4
    changed_at = models.DateTimeField()
    changed_by_id = models.BigIntegerField(null=True)
