"""What the API remembers: which requests with an Idempotency-Key were done, and their answers."""

from __future__ import annotations

from django.db import models


class IdempotentRequest(models.Model):
    """One POST named by its caller: in flight while `status` is 0, afterwards its answer."""

    actor = models.CharField(max_length=40)  # "token:7" or "user:3": keys of others never meet
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # of method, address and body
    claim = models.CharField(max_length=32)  # who works on it; a later claim fences an earlier one
    claimed_by = models.CharField(max_length=120)  # host and process, to notice that it died
    claimed_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")  # encrypted: answers carry personal data
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="idempotent_request_once")
        ]
