"""What every rule of data quality that names people and records has in common."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.access.models import User


class PeopleRule(models.Model):
    """A rule for the records of one type that `filter` fits (null: all), about some of their fields.

    `NOTE` is what the change log calls it, `FACTS` are the columns that stand there.
    """

    NOTE: ClassVar[str]
    FACTS: ClassVar[tuple[str, ...]]

    name = models.CharField(_("name"), max_length=80)
    object_key = models.CharField(max_length=40)
    filter = models.JSONField(null=True)
    fields = models.JSONField(default=list)
    is_active = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
