"""Which entries are held for a second look, and what is held: nothing of it is a record yet."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.quality.rule_model import PeopleRule


class ReviewRule(PeopleRule):
    """Entries of one object type, from some sources, that reviewers check field by field.

    `filter` is asked of the record as it would be. `fields` empty: every field somebody fills in.
    `reviewers` names people, departments (with all below) and roles.
    """

    NOTE = "review_rule"
    FACTS = ("name", "filter", "sources", "fields", "reviewers", "allows_self", "is_active")

    sources = models.JSONField(default=list)
    reviewers = models.JSONField(default=dict)
    allows_self = models.BooleanField(default=False)


class PendingState(models.TextChoices):
    WAITING = "waiting", _("Waiting for review")
    ACCEPTED = "accepted", _("Accepted")
    PARTLY = "partly", _("Accepted in part")
    REJECTED = "rejected", _("Rejected")
    RESENT = "resent", _("Corrected and sent again")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class PendingChange(models.Model):
    """A new record, or a change of one, that waits for a second person; the record knows nothing of it.

    Values stand in the form of the change log, secrets sealed. `checked` are the fields to decide;
    `verdicts` maps each decided one to whether it was accepted, why not, and by whom.
    """

    rule = models.ForeignKey(ReviewRule, models.PROTECT, related_name="pending")
    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField(null=True)  # None: a new record
    version = models.PositiveIntegerField(null=True)
    title = models.CharField(max_length=200, blank=True, default="")
    values = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    checked = models.JSONField(default=list)
    verdicts = models.JSONField(default=dict)
    allow_duplicates = models.BooleanField(default=False)
    reasons = models.JSONField(default=list)  # what data standards say: [field, sentence]

    maker_id = models.BigIntegerField(null=True)  # None: the command line
    maker_name = models.CharField(max_length=160)
    source = models.CharField(max_length=40)
    detail = models.CharField(max_length=200, blank=True, default="")
    request_id = models.CharField(max_length=40, blank=True, default="")
    made_at = models.DateTimeField()

    state = models.CharField(max_length=10, choices=PendingState, default=PendingState.WAITING)
    decided_by_id = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    result_version = models.PositiveIntegerField(null=True)
    follows = models.ForeignKey("self", models.SET_NULL, null=True, related_name="corrections")

    class Meta:
        indexes = [
            models.Index(fields=["state", "rule", "id"], name="pending_state_rule"),
            models.Index(fields=["object_key", "record_id", "state"], name="pending_record"),
            models.Index(fields=["maker_id", "-id"], name="pending_maker"),
        ]
