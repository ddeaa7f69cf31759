"""What people found out about a value: still true, a dead number, mail that came back."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class FieldMark(models.Model):
    """One finding about one value of one record; the latest of a field counts, the others are its story."""

    class State(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        DEAD = "dead", _("Number is dead")
        BOUNCED = "bounced", _("Mail came back")
        WRONG = "wrong", _("No longer true")

    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    field = models.CharField(max_length=48)
    state = models.CharField(max_length=10, choices=State)
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)  # nobody: the product itself
    why = models.CharField(max_length=200, blank=True, default="")
    # What was known of the value before ({"on": day, "lists": […]}), so that a slip can be taken back.
    earlier = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["object_key", "record_id", "field", "id"], name="field_mark_record"
            )
        ]


class VerifyRequest(models.Model):
    """Somebody was asked to verify values of a record; he is not asked again soon."""

    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    owner_id = models.BigIntegerField()
    fields = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["object_key", "record_id", "at"], name="verify_request_record")
        ]
