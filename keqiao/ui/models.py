"""What the pages remember for one person: records opened lately, and records marked with a star."""

from __future__ import annotations

from django.db import models

from keqiao.access.models import Role, User


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
        indexes = [
            models.Index(fields=["user", "-at"], name="recent_user_at"),
            models.Index(fields=["object_key", "record_id"], name="recent_record"),
        ]


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
        indexes = [models.Index(fields=["object_key", "record_id"], name="favourite_record")]


class SavedView(models.Model):
    """A list as somebody set it up and named it: for himself, his department or everybody."""

    OWN, DEPARTMENT, EVERYBODY = "own", "department", "everybody"

    object_key = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    audience = models.CharField(max_length=12, default=OWN)
    department_id = models.BigIntegerField(null=True)
    where = models.JSONField(default=list)
    filter = models.TextField(default="", blank=True)
    sort = models.CharField(max_length=60, default="", blank=True)
    columns = models.JSONField(default=list)
    widths = models.JSONField(default=dict)
    display = models.CharField(max_length=100, default="", blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["object_key", "audience"], name="saved_view_audience"),
            models.Index(fields=["user", "object_key"], name="saved_view_user"),
        ]


class ViewChoice(models.Model):
    """What one person wants of a view: on top of the list as a tab, or opened first."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="+")
    is_tab = models.BooleanField(default=True)
    is_first = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "view"], name="view_choice_once")]


class HomeLayout(models.Model):
    """Where the cards of the start page stand: for one person, or as a role begins."""

    user = models.OneToOneField(User, models.CASCADE, null=True, related_name="+")
    role = models.OneToOneField(Role, models.CASCADE, null=True, related_name="+")
    columns = models.JSONField(default=dict)
