"""Tells colleagues that they were let in to a record, and a day before it happens that it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from keqiao.access.access import Access
from keqiao.access.models import Collaborator
from keqiao.access.words import person
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.notifications.kinds import TEAM, Channel, NoticeKind, register_notice
from keqiao.notifications.notify import notify
from keqiao.notifications.producers import news_about
from keqiao.records.outbox import on
from keqiao.records.query import records

if TYPE_CHECKING:
    from keqiao.records.models import Event

BEFORE = timedelta(days=1)
_SYSTEM = Access.system("tell that a collaborator's access ends")

register_notice(
    NoticeKind(
        "shared",
        _("A record is shared with you"),
        "access",
        (Channel.APP,),
        TEAM,
        "users",
        14,
    )
)
register_notice(
    NoticeKind(
        "share_ending",
        _("A collaborator's access ends"),
        "access",
        (Channel.APP,),
        TEAM,
        "users",
        15,
    )
)


@on("*.shared")
def tell_let_in(event: Event) -> None:
    """Tell colleagues that they were let in to a record, with what was written to them."""
    declared = news_about(event)
    if declared is None:
        return
    changes = event.data.get("can_write")
    notify(
        event.data.get("people", ()),
        "shared",
        title=say(
            gettext_noop("%(who)s let you in to %(record)s; you may change it")
            if changes
            else gettext_noop("%(who)s let you in to %(record)s"),
            who=person(event.actor_id),
        ),
        body=event.data.get("note", ""),
        record=(declared, event.record_id),
        dedup_key=f"shared:{event.pk}",
        actor=event.actor_id,
    )


def tell_ending_shares() -> int:
    """Tell owner and collaborator once of every share that ends within a day."""
    at, told = now(), 0
    ending = Collaborator.objects.filter(
        expires_at__gt=at, expires_at__lte=at + BEFORE, user__is_active=True
    )
    for share in ending.order_by("pk"):
        try:
            declared = object_type(share.object_key)
        except UnknownObject:
            continue
        record = records(_SYSTEM, declared).filter(pk=share.record_id).first()
        if record is None:
            continue
        owner = record.owner_id  # type: ignore[attr-defined]
        told += notify(
            [one for one in dict.fromkeys((owner, share.user_id)) if one],
            "share_ending",
            title=say(
                gettext_noop("%(who)s can work on %(record)s for one more day"),
                who=person(share.user_id),
            ),
            record=(declared, share.record_id),
            dedup_key=f"share:{share.pk}:{share.expires_at:%Y%m%d}",
        )
    return told
