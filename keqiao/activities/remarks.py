"""Tells the owner of a record or an activity that a colleague remarked on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.access.words import person
from keqiao.activities.activity import COMMENT
from keqiao.activities.mentioning import LONGEST_QUOTE, place_shown
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog.registry import object_type
from keqiao.notifications.kinds import TEAM, Channel, NoticeKind, register_notice
from keqiao.notifications.notify import notify
from keqiao.notifications.producers import NEWS
from keqiao.records.outbox import on
from keqiao.records.query import records

if TYPE_CHECKING:
    from typing import Any

    from keqiao.records.models import Event

_SYSTEM = Access.system("telling who is to hear of a comment")

register_notice(
    NoticeKind(
        "comment", _("Somebody comments on my records"), "activities",
        (Channel.APP, Channel.DIGEST), TEAM, "message-plus", 15,
    )
)  # fmt: skip


@on(f"{COMMENT}.created")
def tell_owner(event: Event) -> None:
    """Tell whose record or activity it is, unless he wrote it or was mentioned in it."""
    if event.at < now() - NEWS or event.data.get("source") == "import":
        return
    declared = object_type(COMMENT)
    row: Any = records(_SYSTEM, declared).filter(pk=event.record_id).first()
    if row is None or row.about_owner_id in {None, event.actor_id, *row.mentions}:
        return
    user = User.objects.filter(pk=row.about_owner_id, is_active=True).first()
    if user is None:
        return
    access = Access.for_user(user)
    if not access.reaches(Action.VIEW, declared, row):
        return
    notify(
        [user],
        "comment",
        title=say(gettext_noop("%(who)s commented on %(record)s"), who=person(event.actor_id)),
        body=row.body[:LONGEST_QUOTE] if access.fields(declared).is_readable("body") else "",
        record=place_shown(row, COMMENT),
        dedup_key=f"comment:{row.pk}",
        actor=event.actor_id,
    )
