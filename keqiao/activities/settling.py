"""What an activity's own rules put in: its subject, its time, its state, and who is mentioned in it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.access.matrix import matrix
from keqiao.activities.activity import ACTIVITIES, COMMENT, DONE, PLANNED
from keqiao.base.clock import now
from keqiao.catalog.pointer import pointed_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.functional import Promise

    from keqiao.catalog.object_type import DraftView

SUBJECT_LENGTH = 80
_END_OF_WORK = time(18, 0)
_END_OF_DAY = time(23, 59)


def first_line(body: str | None) -> str:
    """Return the first words of a text, as the subject of what carries no other."""
    line = next((line.strip() for line in (body or "").split("\n") if line.strip()), "")
    return line if len(line) <= SUBJECT_LENGTH else f"{line[: SUBJECT_LENGTH - 1]}…"


def due_by_default(moment: datetime) -> datetime:
    """Return the end of today's work, or of today: nothing planned is without a day."""
    local = timezone.localtime(moment)
    for end in (_END_OF_WORK, _END_OF_DAY):
        due = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
        if due > local:
            return due
    return due + timedelta(days=1)


def settle(label: str | Promise, *, waits: bool) -> Callable[[DraftView], None]:
    """Return the rule of one type; `waits`: it is planned unless somebody says it is done."""

    def rule(view: DraftView) -> None:
        _settle_about(view)
        _settle_subject(view, label)
        _settle_state(view, waits=waits)
        settle_mentions(view)

    return rule


def _settle_about(view: DraftView) -> None:
    found = pointed_to(view.values.get("about") or "")
    if found and found[0] in (*ACTIVITIES, COMMENT):
        message = _("An activity is about a customer or another record, not about an activity.")
        view.refuse("about", message, "about_activity")


def _settle_subject(view: DraftView, label: str | Promise) -> None:
    values, before = view.values, view.before
    subject, first = values.get("name") or "", first_line(values.get("body"))
    followed = bool(before) and before.get("name") == first_line(before.get("body"))
    if followed and subject == before.get("name"):
        subject = ""  # it was the text's first line, so it goes on being that
    values["name"] = subject or first or str(label)


def _settle_state(view: DraftView, *, waits: bool) -> None:
    values, before, moment = view.values, view.before, now()
    at: datetime | None = values.get("at") or before.get("at")
    state = values.get("state") or before.get("state")
    if not state:
        state = PLANNED if waits or (at is not None and at > moment) else DONE
    if at is None:
        at = due_by_default(moment) if state == PLANNED else moment
    if state == DONE and not waits:
        at = min(at, moment)  # what has happened did not happen in the future
    values["at"], values["state"] = at, state
    values["done_at"] = _done_at(view, at, moment, waits=waits) if state == DONE else None


def _done_at(view: DraftView, at: datetime, moment: datetime, *, waits: bool) -> datetime:
    before = view.before
    if not waits:
        return at
    if before.get("state") == DONE and before.get("done_at"):
        return before["done_at"]  # type: ignore[no-any-return]
    # Work of the past that is entered as done was done then, as far as anybody knows.
    return min(at, moment) if not before else moment


def settle_length(view: DraftView) -> None:
    """A moved event keeps its length; one without an end lasts an hour, or the day."""
    values, before = view.values, view.before
    at, end = values["at"], values.get("ends_at")
    if before and end == before.get("ends_at") and end and at != before.get("at"):
        end += at - before["at"]
    if end is None:
        end = _end_of_day(at) if values.get("all_day") else at + timedelta(hours=1)
    if end < at:
        message = _("The end lies before the start. Please correct one of them.")
        view.refuse("ends_at", message, "ends_before_start")
    values["ends_at"] = end


def _end_of_day(moment: datetime) -> datetime:
    local = timezone.localtime(moment)
    return max(local.replace(hour=23, minute=59, second=0, microsecond=0), moment)


def settle_duration(view: DraftView) -> None:
    if (view.values.get("duration_minutes") or 0) < 0:
        view.refuse("duration_minutes", _("A duration cannot be negative."), "negative")


# --- mentions -----------------------------------------------------------------------------------


def settle_mentions(view: DraftView) -> None:
    """Note whom "@王敏" means; of two colleagues of one name the one that was picked."""
    body = view.values.get("body") or ""
    picked = view.values.get("mentions") or []
    found = mentioned(body, picked) if "@" in body else []
    if found != picked:
        view.values["mentions"] = found


def mentioned(body: str, picked: list[int]) -> list[int]:
    people = matrix().people
    by_name: dict[str, list[int]] = {}
    for person in people.values():
        if person.name and (person.is_active or person.id in picked):
            by_name.setdefault(person.name, []).append(person.id)
    longest_first = sorted(by_name, key=len, reverse=True)
    found: dict[int, Any] = {}
    for part in body.replace("＠", "@").split("@")[1:]:
        name = next((name for name in longest_first if part.startswith(name)), "")
        ids = by_name.get(name, [])
        chosen = [pk for pk in ids if pk in picked] or (ids if len(ids) == 1 else [])
        found |= dict.fromkeys(chosen)
    return list(found)
