"""What the product itself tells: records that were handed over, and background work that ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from keqiao.access.words import person
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.catalog.words import things
from keqiao.jobs.endings import Ended, on_ended
from keqiao.notifications.models import Notice
from keqiao.notifications.notify import notify, stored_text
from keqiao.records.outbox import on

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.models import Event

# Records handed over by the same person within this time are told as one.
TOGETHER = timedelta(minutes=10)
# A new subscriber reads events from the very first; what happened long ago is no news.
NEWS = timedelta(days=1)
# Work this quick ends before its person looks away from its progress.
QUICK = timedelta(seconds=5)


def news_about(event: Event) -> ObjectType | None:
    """Return what type of record an event is about; None when it is no news, or that type is gone."""
    try:
        return object_type(event.object_key) if event.at >= now() - NEWS else None
    except UnknownObject:
        return None


# --- records handed over --------------------------------------------------------------------------


@on("*.created")
@on("*.changed")
def records_given(event: Event) -> None:
    """Tell the new owner; 500 records handed over at once make one notice that counts them."""
    owner = event.data.get("owner")
    if not isinstance(owner, int) or event.actor_id is None or owner == event.actor_id:
        return
    declared = news_about(event)
    if declared is None or _count_in(event, owner):
        return
    notify(
        [owner],
        "assigned",
        title=say(gettext_noop("%(who)s gave you %(record)s"), who=person(event.actor_id))
        if event.name.endswith(".changed")
        else say(gettext_noop("%(who)s created %(record)s for you"), who=person(event.actor_id)),
        body=event.data.get("note", ""),
        record=(declared, event.record_id),
        dedup_key=f"assigned:{event.pk}",
        actor=event.actor_id,
    )


def _count_in(event: Event, owner: int) -> bool:
    """Add a record to the notice of a moment ago, if there is one that nobody has read yet."""
    latest = (
        Notice.objects.filter(
            user_id=owner,
            kind="assigned",
            actor_id=event.actor_id,
            object_key=event.object_key,
            # Written for these records and no others: another note is another notice.
            body=stored_text(event.data.get("note", "")),
            read_at__isnull=True,
            letter__isnull=True,
            at__gt=now() - TOGETHER,
        )
        .order_by("-id")
        .first()
    )
    if latest is None:
        return False
    words = latest.words
    if event.pk <= words.get("last_event", _first_event(latest)):
        return True  # told already: an event may come twice
    count = words.get("count", 1) + 1
    title = say(
        gettext_noop("%(who)s gave you %(count)s %(things)s"),
        who=person(event.actor_id),
        count=count,
        things=things(event.object_key),
    )
    changed = Notice.objects.filter(pk=latest.pk, read_at__isnull=True, letter__isnull=True).update(
        title=title.msgid,
        words={"title": title.parameters, "count": count, "last_event": event.pk},
        record_id=None,
        url=f"/{object_type(event.object_key).path}/?where=owner:is_me",
    )
    return bool(changed)


def _first_event(notice: Notice) -> int:
    number = notice.dedup_key.rpartition(":")[2]
    return int(number) if number.isdigit() else 0


# --- background work ---------------------------------------------------------------------------------

_addresses: dict[str, str] = {}
_tell_themselves: set[str] = set()


def register_job_notice(task: Any, *, url: str = "", tells_itself: bool = False) -> None:
    """Say where the notice about a finished task leads, or that the package tells its success."""
    if url:
        _addresses[task.module_path] = url
    if tells_itself:
        _tell_themselves.add(task.module_path)


@on_ended
def work_ended(ended: Ended) -> None:
    """Tell the person whose work it was; work that failed is told in any case."""
    if ended.is_done and ended.task in _tell_themselves:
        return
    if ended.is_done:
        title = say(gettext_noop("%(work)s: finished"), work=ended.title)
        url = _addresses.get(ended.task) or f"/jobs/{ended.job_id}/"
    else:
        title = say(gettext_noop("%(work)s: failed"), work=ended.title)
        url = f"/jobs/{ended.job_id}/"
    notify(
        [ended.actor_id],
        "job_finished",
        title=title,
        body=say(gettext_noop("It was tried several times. Open it to see why and to try again."))
        if not ended.is_done
        else "",
        url=url,
        dedup_key=f"job:{ended.job_id}:{ended.finished_at.timestamp():.0f}",
        seen=ended.is_done and ended.finished_at - ended.enqueued_at < QUICK,
    )
