"""What customers are asked by a link, and what became of it."""

from __future__ import annotations

from django.db import models


class CustomerForm(models.Model):
    """Some fields of one record that its customer is asked for, once, at an address only he was sent.

    The address holds a signed secret of which only the digest is kept here.
    """

    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    fields = models.JSONField(default=list)
    shows_values = models.BooleanField(default=False)  # what we have now, masked
    digest = models.CharField(max_length=64)
    made_by_id = models.BigIntegerField()
    made_by_name = models.CharField(max_length=160)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    pending_id = models.BigIntegerField(null=True)  # the held change his answer became
    # What he sent, by field, when it could not be held because another record has such a value.
    unheld = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["object_key", "record_id", "-id"], name="customer_form_record"),
            models.Index(fields=["made_by_id", "-id"], name="customer_form_maker"),
        ]
