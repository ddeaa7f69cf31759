"""What a company decided about filling in what is missing."""

from __future__ import annotations

from django.db import models

SETTINGS = "completion-settings"  # the version under which processes remember them


class CompletionSettings(models.Model):
    """One row, or none while nobody decided: then nothing is read out of identity numbers."""

    uses_identity = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    changed_by_id = models.BigIntegerField(null=True)
