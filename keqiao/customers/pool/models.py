"""What is set up about pools and what happened in them: members, rules, capacity, moves, views."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqiao.access.models import Department, Role, User


class Pool(models.Model):
    """A pool of customers or of leads: who fishes in it, how much, and what comes back into it."""

    name = models.CharField(_("name"), max_length=60)
    object_key = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    # Masked for members in the list, in its filters, order and search, until they claim a record.
    hidden_fields = models.JSONField(default=list)
    claims_per_day = models.PositiveIntegerField(null=True)
    claims_per_week = models.PositiveIntegerField(null=True)
    cooldown_days = models.PositiveIntegerField(default=0)
    fresh_days = models.PositiveIntegerField(default=0)
    views_per_day = models.PositiveIntegerField(null=True)
    reveals_on_open = models.BooleanField(default=False)
    reasons = models.JSONField(default=list)
    needs_reason = models.BooleanField(default=False)
    warn_days = models.PositiveSmallIntegerField(default=3)
    exempt_filter = models.JSONField(null=True)
    exemptions = models.JSONField(default=list)

    class Meta:
        ordering = ["position", "pk"]


class PoolMember(models.Model):
    """A person, a department with all below it, or a role that fishes in a pool or runs it."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="members")
    is_administrator = models.BooleanField(default=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    department = models.ForeignKey(Department, models.CASCADE, null=True, related_name="+")
    role = models.ForeignKey(Role, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, department__isnull=True, role__isnull=True)
                | Q(user__isnull=True, department__isnull=False, role__isnull=True)
                | Q(user__isnull=True, department__isnull=True, role__isnull=False),
                name="pool_member_is_one",
            )
        ]


class PoolRule(models.Model):
    """When a record goes back to the pool; of the rules with one reason the first that fits counts."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=40)
    days = models.PositiveIntegerField()
    filter = models.JSONField(null=True)
    is_active = models.BooleanField(default=False)
    # Nothing returns without a warning: the first return is `warn_days` after this day.
    on_since = models.DateField(null=True)

    class Meta:
        ordering = ["position", "pk"]


class PoolCapacity(models.Model):
    """How many records of a type a person, or a department together, may hold at a time.

    For a person the closest one counts: the own one, that of a role, of the department, of all.
    """

    object_key = models.CharField(max_length=40)
    limit = models.PositiveIntegerField()
    is_total = models.BooleanField(default=False)  # of a department together
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    department = models.ForeignKey(Department, models.CASCADE, null=True, related_name="+")
    role = models.ForeignKey(Role, models.CASCADE, null=True, related_name="+")
    not_counted = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_total=False) | Q(department__isnull=False, user=None, role=None),
                name="pool_capacity_total",
            )
        ]


class PoolMove(models.Model):
    """One record on its way into a pool or out of it; limits count by these."""

    class What(models.TextChoices):
        CLAIMED = "claimed", _("Claimed")
        ASSIGNED = "assigned", _("Assigned")
        RELEASED = "released", _("Returned by hand")
        RETURNED = "returned", _("Returned by a rule")
        ADDED = "added", _("Put into the pool")

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="+")
    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    what = models.CharField(max_length=10, choices=What.choices)
    actor_id = models.BigIntegerField(null=True)
    from_id = models.BigIntegerField(null=True)
    to_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["actor_id", "pool", "what", "at"], name="pool_move_actor"),
            models.Index(fields=["object_key", "record_id", "at"], name="pool_move_record"),
        ]


class PoolView(models.Model):
    """A pooled record somebody opened on a day; the daily view limit counts them."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    record_id = models.BigIntegerField()
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "day", "pool", "record_id"], name="pool_view_once"
            )
        ]


class ReturnWarning(models.Model):
    """An owner was told that a record returns on a day; told once."""

    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    owner_id = models.BigIntegerField()
    returns_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object_key", "record_id", "owner_id", "returns_on"],
                name="return_warning_once",
            )
        ]
        indexes = [models.Index(fields=["returns_on"], name="return_warning_day")]
