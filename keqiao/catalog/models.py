"""What a company adds to the catalog itself: custom fields, and the index of list values."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class StateVersion(models.Model):
    """A number per kind of shared state; processes compare it once a request to notice changes."""

    name = models.CharField(max_length=40, primary_key=True)
    number = models.BigIntegerField(default=1)


class CustomField(models.Model):
    """A field a company added to an object type. Values lie in the record's `custom` column."""

    object_key = models.CharField(max_length=40)
    key = models.CharField(max_length=42)
    kind = models.CharField(max_length=20)
    label = models.CharField(_("label"), max_length=80)
    label_en = models.CharField(_("English label"), max_length=80, blank=True, default="")
    standard = models.CharField(_("data standard"), max_length=500, blank=True, default="")
    required = models.BooleanField(_("required"), default=False)
    expected = models.PositiveSmallIntegerField(_("counts for completeness"), default=0)
    unique = models.BooleanField(_("unique"), default=False)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    sensitivity = models.CharField(_("sensitivity"), max_length=20, default="internal")
    filterable = models.BooleanField(_("filterable"), default=False)
    index_ready = models.BooleanField(default=False)
    target = models.CharField(max_length=40, blank=True, default="")
    currency = models.CharField(max_length=3, default="CNY")
    position = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["object_key", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["object_key", "key"], name="custom_field_once")
        ]


class ListValue(models.Model):
    """One entry of a value that holds several (tags, choices, phones), so that filters find it."""

    object_key = models.CharField(max_length=40)
    field = models.CharField(max_length=48)
    value = models.CharField(max_length=160)
    record_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["object_key", "field", "value", "record_id"], name="list_value_lookup"
            ),
            models.Index(fields=["object_key", "record_id"], name="list_value_record"),
        ]


class NumberingRule(models.Model):
    """How serial numbers of one field look and when they start again."""

    class Restart(models.TextChoices):
        NEVER = "never", _("Never")
        YEAR = "year", _("Every year")
        MONTH = "month", _("Every month")
        DAY = "day", _("Every day")

    object_key = models.CharField(max_length=40)
    field = models.CharField(max_length=48)
    prefix = models.CharField(_("prefix"), max_length=12, blank=True, default="")
    date_format = models.CharField(_("date part"), max_length=8, blank=True, default="")
    digits = models.PositiveSmallIntegerField(_("digits"), default=5)
    restart = models.CharField(_("restart"), max_length=8, choices=Restart, default=Restart.NEVER)
    period = models.CharField(max_length=8, blank=True, default="")
    last_number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_key", "field"], name="numbering_rule_once")
        ]
