"""What is made on a customer: its owner and department stand on the record, so that they see it."""

from __future__ import annotations

from django.db import models


class BelongsToAccount(models.Model):
    """The columns behind `belongs_to=("account",)`, filled by the write path."""

    account_owner_id = models.BigIntegerField(null=True, editable=False)
    account_team_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        abstract = True
