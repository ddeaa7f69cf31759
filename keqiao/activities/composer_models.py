"""What the follow-up composer remembers: unfinished texts, what was sent already, common phrases."""

from __future__ import annotations

from django.db import models

from keqiao.access.models import User


class FollowUpDraft(models.Model):
    """What somebody has typed about a record and not sent yet."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    about = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "about"], name="follow_up_draft_once")
        ]


class SentFollowUp(models.Model):
    """A follow-up that was sent, so that a second click or a repeated request does not send it twice."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key", "digest"], name="sent_follow_up_once")
        ]
        indexes = [models.Index(fields=["at"], name="sent_follow_up_at")]


class Phrase(models.Model):
    """A sentence people write again and again; without a person it is the company's."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", null=True)
    text = models.CharField(max_length=500)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["user", "position", "id"], name="phrase_user")]
