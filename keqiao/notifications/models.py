"""What is told to people, how each wishes to be told, and the mails on their way."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqiao.access.models import User


class Letter(models.Model):
    """One mail to one person.

    The row says before the sending that it begins and after it that it is done, so that a process
    killed in between leaves a letter of which nobody knows; such a letter is not sent again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        UNCLEAR = "unclear", _("Perhaps sent")
        FAILED = "failed", _("Given up")
        NEEDLESS = "needless", _("No longer needed")

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=80, unique=True)
    is_digest = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    address = models.CharField(max_length=254, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["state", "next_try_at"], name="letter_state")]


class Notice(models.Model):
    """Something told to one person.

    Words are kept as message id and parameters, so that each reads them in the own language; the
    name of the record is never kept: it is looked up under the reader's rights when he reads.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True, default="")
    words = models.JSONField(default=dict)
    url = models.CharField(max_length=400, blank=True, default="")
    object_key = models.CharField(max_length=40, blank=True, default="")
    record_id = models.BigIntegerField(null=True)
    actor_id = models.BigIntegerField(null=True)
    dedup_key = models.CharField(max_length=160, blank=True, default="")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    in_app = models.BooleanField(default=True)
    mail = models.CharField(max_length=8, blank=True, default="")
    mail_pending = models.BooleanField(default=False)
    letter = models.ForeignKey(Letter, models.SET_NULL, null=True, related_name="notices")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "dedup_key"], condition=~Q(dedup_key=""), name="notice_once"
            )
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="notice_user"),
            models.Index(
                fields=["user", "id"],
                condition=Q(in_app=True, read_at__isnull=True),
                name="notice_unread",
            ),
            models.Index(
                fields=["user", "id"], condition=Q(mail_pending=True), name="notice_to_mail"
            ),
        ]


class NoticePreference(models.Model):
    """How a person wishes to be told; the row without a person is the company's default."""

    user = models.OneToOneField(User, models.CASCADE, null=True, related_name="+")
    is_company = models.BooleanField(default=False)
    channels = models.JSONField(default=dict)
    digest_hour = models.PositiveSmallIntegerField(default=8)
    quiet_from = models.PositiveSmallIntegerField(null=True)
    quiet_to = models.PositiveSmallIntegerField(null=True)
    time_zone = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_company"], condition=Q(is_company=True), name="notice_company_once"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(is_company=False), name="notice_of_one"
            ),
        ]


class DeadAddress(models.Model):
    """An address that mail servers refused for good; another address of the person starts anew."""

    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    address = models.CharField(max_length=254)
    since = models.DateTimeField()
    problem = models.CharField(max_length=300, blank=True, default="")
