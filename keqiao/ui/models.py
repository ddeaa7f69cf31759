"""What the pages remember for one person: records opened lately, and records marked with a star."""

from __future__ import annotations

from django.db import models

from keqiao.access.models import User


class Recent(models.Model):
    """A record somebody opened: when last, and how often since it came onto the list."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "object_key", "record_id"], name="recent_once")
        ]
        indexes = [models.Index(fields=["user", "-at"], name="recent_user_at")]


class Favourite(models.Model):
    """A record somebody wants at hand."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "object_key", "record_id"], name="favourite_once"
            )
        ]
