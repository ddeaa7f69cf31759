"""Tells colleagues that somebody mentioned them with @ in a follow-up or a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.access.words import person
from keqiao.activities.activity import ACTIVITIES, COMMENT
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog.pointer import pointed_to
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.notifications.notify import notify
from keqiao.notifications.producers import NEWS
from keqiao.records.outbox import on
from keqiao.records.query import records

if TYPE_CHECKING:
    from typing import Any

    from keqiao.records.models import Event

_SYSTEM = Access.system("telling who was mentioned")
LONGEST_QUOTE = 300


@on("*.created")
@on("*.changed")
def tell_mentioned(event: Event) -> None:
    """Each person is told once per text, and only when he may see where he was mentioned."""
    if event.object_key not in (*ACTIVITIES, COMMENT) or event.at < now() - NEWS:
        return
    if "mentions" not in event.data.get("fields", ()):
        return
    declared = object_type(event.object_key)
    row: Any = records(_SYSTEM, declared).filter(pk=event.record_id).first()
    if row is None or not row.mentions:
        return
    users = User.objects.filter(pk__in=row.mentions, is_active=True)
    for user in users:
        access = Access.for_user(user)
        if not access.reaches(Action.VIEW, declared, row):
            continue
        about = place_shown(row, declared.key)
        notify(
            [user],
            "mention",
            title=say(
                gettext_noop("%(who)s mentioned you: %(record)s"), who=person(event.actor_id)
            ),
            body=row.body[:LONGEST_QUOTE] if access.fields(declared).is_readable("body") else "",
            record=about,
            dedup_key=f"mention:{declared.key}:{row.pk}:{user.pk}",
            actor=event.actor_id,
        )


def place_shown(row: Any, key: str) -> str:
    """Return the record whose page shows the text: what the activity, or the commented one, is about."""
    found = pointed_to(row.about or "")
    if found is None:
        return f"{key}:{row.pk}"
    if found[0] in ACTIVITIES:
        try:
            above = records(_SYSTEM, object_type(found[0])).filter(pk=found[1]).first()
        except UnknownObject:
            above = None
        return str(getattr(above, "about", "") or row.about)
    return str(row.about)
