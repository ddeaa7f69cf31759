"""Reminds people of what begins, is due today or overdue, on days on which they work; each thing once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from keqiao.access.access import Access
from keqiao.access.matrix import matrix
from keqiao.access.words import person
from keqiao.activities.activity import PLANNED
from keqiao.activities.day_models import Escalation
from keqiao.activities.escalation import SILENT_AFTER_DAYS, Escalated, Overdue, escalate, is_at_risk
from keqiao.activities.follow_up_rules import Rules, claim_morning, rules
from keqiao.automation.working_calendar import (
    add_working_days,
    is_working,
    working_days_between,
)
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog.registry import object_type
from keqiao.notifications.kinds import RECORDS, TEAM, Channel, NoticeKind, register_notice
from keqiao.notifications.notify import notify
from keqiao.records.query import records

MY_TASKS = "/my-tasks/"
DUE_TYPES = ("task", "call", "visit")
# More than this at once is one notice with a number in it.
ONE_BY_ONE = 5
_AT_ONCE = 500
_SYSTEM = Access.system("reminders of planned work")

register_notice(
    NoticeKind(
        "overdue", _("Work of mine is overdue"), "activities", (Channel.APP, Channel.DIGEST),
        RECORDS, "clock", 41,
    )
)  # fmt: skip
register_notice(
    NoticeKind(
        "escalation", _("Work of my department stays undone"), "activities",
        (Channel.APP, Channel.DIGEST), TEAM, "alert-triangle", 42,
    )
)  # fmt: skip

_SOON = gettext_noop("%(record)s begins at %(time)s")
_DUE = gettext_noop("Due today: %(record)s")
_DUE_MANY = gettext_noop("Due today: %(count)s follow-ups")
_OVERDUE = gettext_noop("Overdue for %(days)s working days: %(record)s")
_OVERDUE_MANY = gettext_noop("Overdue: %(count)s follow-ups")
_REPORTED = gettext_noop("%(who)s: overdue for %(days)s working days: %(record)s")
_REPORTED_MANY = gettext_noop("%(who)s: %(count)s follow-ups are overdue")
_AT_RISK = gettext_noop("Marked “at risk”.")


def remind(moment: datetime | None = None) -> int:
    """Do what is to be done now; called every few minutes. Return how many notices were made."""
    moment, held = moment or now(), rules()
    made = tell_soon(moment, held)
    local = timezone.localtime(moment)
    if local.time() >= held.morning_time and claim_morning(local.date()):
        made += tell_due(local.date())
        if is_working(local.date()):
            made += report_overdue(local.date(), held)
    return made


def tell_soon(moment: datetime, held: Rules) -> int:
    """Tell owner and participants that an event begins in a quarter of an hour."""
    if not held.event_minutes:
        return 0
    until = moment + timedelta(minutes=held.event_minutes)
    soon = records(_SYSTEM, object_type("event")).filter(
        state=PLANNED, at__gt=moment, at__lte=until
    )
    made = 0
    for event in soon.filter(all_day=False).order_by("at", "pk"):
        row: Any = event
        people = {row.owner_id, *(row.participants or ())} - {None}
        local = timezone.localtime(row.at)
        made += notify(
            people,
            "due",
            title=say(_SOON, time=f"{local:%H:%M}"),
            record=("event", row.pk),
            dedup_key=f"soon:event:{row.pk}:{row.at:%Y%m%dT%H%M}",
        )
    return made


def tell_due(day: date) -> int:
    """Tell everybody in the morning what is due today."""
    due: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for key in DUE_TYPES:
        rows = _planned(key).filter(
            at__gte=_midnight(day), at__lt=_midnight(day + timedelta(days=1))
        )
        for pk, owner in rows.order_by("at", "pk").values_list("pk", "owner_id"):
            if owner is not None:
                due[owner].append((key, pk))
    made = 0
    for owner, items in due.items():
        if len(items) > ONE_BY_ONE:
            made += notify(
                [owner],
                "due",
                title=say(_DUE_MANY, count=len(items)),
                url=MY_TASKS,
                dedup_key=f"due:{owner}:{day}",
            )
            continue
        for key, pk in items:
            made += notify(
                [owner], "due", title=say(_DUE), record=(key, pk), dedup_key=f"due:{key}:{pk}:{day}"
            )
    return made


# --- overdue --------------------------------------------------------------------------------------


def report_overdue(day: date, held: Rules) -> int:
    """Take every overdue piece of work up the ladder and tell whom its new step names."""
    if not held.steps:
        return 0
    horizon = add_working_days(day, -(held.steps[-1].after_days + SILENT_AFTER_DAYS))
    taken: list[tuple[int | None, Escalated, date]] = []
    for key in DUE_TYPES:
        rows = _planned(key).filter(at__gte=_midnight(horizon), at__lt=_midnight(day))
        found = rows.order_by("at", "pk").values_list("pk", "owner_id", "at")
        batch: list[tuple[int, int | None, date]] = []
        for pk, owner, at in found.iterator(chunk_size=_AT_ONCE):
            batch.append((pk, owner, timezone.localtime(at).date()))
            if len(batch) == _AT_ONCE:
                taken += _climb(key, batch, held, day)
                batch = []
        taken += _climb(key, batch, held, day)
    return _tell_taken(taken, day)


def _climb(
    key: str, batch: list[tuple[int, int | None, date]], held: Rules, day: date
) -> list[tuple[int | None, Escalated, date]]:
    """Return the steps a batch takes today, and remember them."""
    if not batch:
        return []
    levels = {
        (pk, due_on): level
        for pk, due_on, level in Escalation.objects.filter(
            object_key=key, record_id__in=[pk for pk, _owner, _due in batch]
        ).values_list("record_id", "due_on", "level")
    }
    owners = {f"{key}:{pk}": (owner, due_on) for pk, owner, due_on in batch}
    items = [Overdue(f"{key}:{pk}", due, levels.get((pk, due), 0)) for pk, _owner, due in batch]
    taken = escalate(items, held.steps, day, working_days_between)
    moment = now()
    rows = [
        Escalation(
            object_key=key,
            record_id=int(one.key.partition(":")[2]),
            due_on=owners[one.key][1],
            level=one.level,
            is_at_risk=is_at_risk(held.steps, one.level),
            at=moment,
        )
        for one in taken
    ]
    Escalation.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["object_key", "record_id"],
        update_fields=["due_on", "level", "is_at_risk", "at"],
    )
    return [(owners[one.key][0], one, owners[one.key][1]) for one in taken if not one.is_silent]


def _tell_taken(taken: Iterable[tuple[int | None, Escalated, date]], day: date) -> int:
    mine: defaultdict[int, list[tuple[Escalated, date]]] = defaultdict(list)
    theirs: defaultdict[tuple[int, int], list[tuple[Escalated, date]]] = defaultdict(list)
    directory = matrix()
    for owner, one, due_on in taken:
        if owner is None:
            continue
        if one.step.tells_owner:
            mine[owner].append((one, due_on))
        superior = directory.superior_of(owner) if one.step.tells_superior else None
        if superior is not None:
            theirs[superior, owner].append((one, due_on))
    made = sum(
        _tell(owner, "overdue", items, day, (_OVERDUE, _OVERDUE_MANY), {}, MY_TASKS)
        for owner, items in mine.items()
    )
    for (superior, owner), items in theirs.items():
        texts, address = (_REPORTED, _REPORTED_MANY), f"/my-tasks/?who={owner}"
        made += _tell(superior, "escalation", items, day, texts, {"who": person(owner)}, address)
    return made


def _tell(
    reader: int,
    kind: str,
    items: list[tuple[Escalated, date]],
    day: date,
    texts: tuple[str, str],
    words: dict[str, Any],
    url: str,
) -> int:
    if len(items) > ONE_BY_ONE:
        about = "-".join(str(one["person"]) for one in words.values())
        return notify(
            [reader],
            kind,
            title=say(texts[1], count=len(items), **words),
            url=url,
            dedup_key=f"{kind}:{about}:{day}",
        )
    return sum(
        notify(
            [reader],
            kind,
            title=say(texts[0], days=one.days, **words),
            body=say(_AT_RISK) if one.step.marks_risk else "",
            record=one.key,
            dedup_key=f"{kind}:{one.key}:{due_on}:{one.level}",
        )
        for one, due_on in items
    )


def at_risk(keys: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return which of these open activities are marked “at risk”."""
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for key, pk in keys:
        wanted[key].append(pk)
    named = Q(pk__in=())
    for key, ids in wanted.items():
        named |= Q(object_key=key, record_id__in=ids)
    if not wanted:
        return set()
    marked = Escalation.objects.filter(named, is_at_risk=True)
    return set(marked.values_list("object_key", "record_id"))


def _planned(key: str) -> Any:
    return records(_SYSTEM, object_type(key)).filter(state=PLANNED)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
