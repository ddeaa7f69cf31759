"""Gathers notices into letters: what goes out at once, what waits for the digest, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction

from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.notifications.kinds import Channel
from keqiao.notifications.models import DeadAddress, Letter, Notice
from keqiao.notifications.preferences import wishes_of

if TYPE_CHECKING:
    from keqiao.notifications.preferences import Wishes

# Notices made together (a transfer of many records) are still being counted within this time.
GRACE = timedelta(minutes=1)
# Mail that was switched on or repaired today does not bring the news of last month.
NEWS = timedelta(days=3)
PEOPLE_AT_ONCE = 200
PRINTING_BACKENDS = (
    "django.core.mail.backends.console.EmailBackend",
    "keqiao.config.mail_to_log.EmailBackend",
)


class _TakenMeanwhile(Exception):
    """Another worker put these notices into a letter first."""


def mail_leaves() -> bool:
    """Tell whether mails leave this installation, or only stand in its log."""
    return settings.EMAIL_BACKEND not in PRINTING_BACKENDS


def make_letters() -> int:
    """Write the letters that are due now; return how many."""
    moment, made = now(), 0
    pending = Notice.objects.filter(mail_pending=True)
    pending.filter(at__lt=moment - NEWS).update(mail_pending=False)
    people = sorted(pending.values_list("user_id", flat=True).distinct())
    for start in range(0, len(people), PEOPLE_AT_ONCE):
        made += _for_people(people[start : start + PEOPLE_AT_ONCE], moment)
    return made


def _for_people(user_ids: Iterable[int], moment: datetime) -> int:
    wishes = wishes_of(user_ids)
    dead = dict(DeadAddress.objects.filter(user_id__in=wishes).values_list("user_id", "address"))
    made = 0
    for user in User.objects.filter(pk__in=wishes).order_by("pk"):
        if not user.is_active or not user.email or dead.get(user.pk) == user.email:
            Notice.objects.filter(user=user, mail_pending=True).update(mail_pending=False)
        elif not wishes[user.pk].is_quiet(moment):
            made += _letters_for(user, wishes[user.pk], moment)
    return made


def _letters_for(user: User, wishes: Wishes, moment: datetime) -> int:
    pending = Notice.objects.filter(user=user, mail_pending=True)
    # What was read in the product meanwhile needs no mail.
    pending.filter(read_at__isnull=False).update(mail_pending=False)
    made = 0
    at_once = pending.filter(mail=Channel.MAIL, at__lte=moment - GRACE)
    if ids := list(at_once.order_by("id").values_list("pk", flat=True)):
        made += _write(user, f"now:{user.pk}:{ids[-1]}", ids, moment, is_digest=False)
    slot = wishes.digest_slot(moment)
    daily = pending.filter(mail=Channel.DIGEST, at__lt=slot)
    if ids := list(daily.order_by("id").values_list("pk", flat=True)):
        key = f"digest:{user.pk}:{wishes.digest_day(slot)}"
        made += _write(user, key, ids, moment, is_digest=True)
    return made


def _write(user: User, key: str, ids: list[int], moment: datetime, *, is_digest: bool) -> int:
    """Make one letter of these notices; the key and the notices' mark let only one worker do it."""
    try:
        with transaction.atomic():
            letter = Letter.objects.create(
                user=user, key=key, is_digest=is_digest, created_at=moment, next_try_at=moment
            )
            mine = Notice.objects.filter(pk__in=ids, mail_pending=True)
            if not mine.update(mail_pending=False, letter=letter):
                raise _TakenMeanwhile
    except (IntegrityError, _TakenMeanwhile):
        return 0
    return 1
