"""What is keyed twice, what both people keyed, and which fields were found to be right."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from keqiao.quality.rule_model import PeopleRule


class DoubleEntryRule(PeopleRule):
    """Records of one object type of which a share is keyed again, and by whom."""

    NOTE = "entry_rule"  # no longer than the log has room for
    FACTS = ("name", "filter", "share", "fields", "keyers", "is_active")

    share = models.PositiveSmallIntegerField(default=100)  # percent of the records that fit
    keyers = models.JSONField(default=dict)


class EntryState(models.TextChoices):
    OPEN = "open", _("To be keyed again")
    DIFFERS = "differs", _("Keyed differently")
    AGREED = "agreed", _("Both agree")
    SETTLED = "settled", _("Settled by a third person")
    DROPPED = "dropped", _("No longer needed")


class SecondEntry(models.Model):
    """One record keyed by two people, and where they differ settled by a third; never the same one."""

    rule = models.ForeignKey(DoubleEntryRule, models.PROTECT, related_name="entries")
    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    first_by_id = models.BigIntegerField(null=True)  # None: the command line or a program
    second_by_id = models.BigIntegerField(null=True)
    third_by_id = models.BigIntegerField(null=True)
    first_at = models.DateTimeField()
    second_at = models.DateTimeField(null=True)
    third_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=EntryState, default=EntryState.OPEN)
    source = models.CharField(max_length=40, blank=True, default="")
    result_version = models.PositiveIntegerField(null=True)  # of the record, when settling wrote it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "record_id"],
                condition=Q(state__in=("open", "differs")),
                name="second_entry_once",
            ),
            models.CheckConstraint(
                condition=~Q(second_by_id=F("first_by_id"))
                | Q(first_by_id=None)
                | Q(second_by_id=None),
                name="second_entry_two_people",
            ),
            models.CheckConstraint(
                condition=Q(third_by_id=None)
                | (~Q(third_by_id=F("second_by_id")))
                & (Q(first_by_id=None) | ~Q(third_by_id=F("first_by_id"))),
                name="second_entry_third_person",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "rule", "id"], name="second_entry_state"),
            models.Index(fields=["object_key", "record_id"], name="second_entry_record"),
        ]


class KeyedField(models.Model):
    """One field of a record keyed twice: both values, the one that holds, and who was right.

    Values stand in the form of the change log, secrets sealed. The forms are fingerprints of the
    compared form, which tell equal from different without telling the value.
    """

    entry = models.ForeignKey(SecondEntry, models.CASCADE, related_name="keyed")
    field = models.CharField(max_length=48)
    first = models.JSONField(null=True)
    second = models.JSONField(null=True)
    first_form = models.CharField(max_length=16, blank=True, default="")
    second_form = models.CharField(max_length=16, blank=True, default="")
    is_equal = models.BooleanField(null=True)  # None: not keyed again yet
    final_form = models.CharField(max_length=16, null=True)  # noqa: DJ001  # None: not settled

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "field"], name="keyed_field_once")]
