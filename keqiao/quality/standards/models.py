"""The rules a company writes itself about its records, in the language of lists."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from keqiao.access.models import User
from keqiao.catalog.quality_rules import SEVERITY_LABELS, Severity


class StandardRule(models.Model):
    """No record inside `scope` may fit `where`; `field` gets the message.

    `repair` is a value for `field` that is offered with the message, as a person would type it.
    `counted` holds what a count in the background found for this version: records, of how many.
    """

    NOTE: ClassVar[str] = "standard"  # no longer than the log has room for
    FACTS: ClassVar[tuple[str, ...]] = (
        "name", "where", "scope", "field", "severity", "message_zh", "message_en", "repair",
        "is_active", "version",
    )  # fmt: skip

    object_key = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    where = models.JSONField()
    scope = models.JSONField(null=True)
    field = models.CharField(max_length=60)
    severity = models.CharField(
        max_length=8, choices=list(SEVERITY_LABELS.items()), default=Severity.HINT.value
    )
    message_zh = models.CharField(max_length=200)
    message_en = models.CharField(max_length=200, blank=True, default="")
    repair = models.CharField(max_length=200, blank=True, default="")
    counted = models.JSONField(null=True)
    is_active = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["object_key", "pk"]
