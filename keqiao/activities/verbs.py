"""What people do with activities: log a follow-up, plan the next step, complete, postpone, comment.

The verbs only assemble drafts; the write path decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from keqiao.access.rights import Action
from keqiao.activities.activity import ACTIVITIES, CANCELLED, COMMENT, DONE, PLANNED
from keqiao.catalog.pointer import pointed_to
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Draft, Outcome, Problem, Rejected, Saved, Source
from keqiao.records.query import RecordNotFound, get_record
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from keqiao.access.access import Access

FORM = Source("form")


@dataclass(frozen=True)
class Next:
    """What is planned next: when, what, and by whom (the writer when nobody is named)."""

    at: datetime | None = None
    name: str = ""
    type: str = "task"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Logged:
    """What became of a follow-up and of the next step planned with it; both are saved or none."""

    outcome: Outcome
    following: Outcome | None = None

    @property
    def is_saved(self) -> bool:
        return isinstance(self.outcome, Saved) and (
            self.following is None or isinstance(self.following, Saved)
        )


class _Refused(Exception):
    """Takes the first of two drafts back, because the second was refused."""


def log_follow_up(
    access: Access,
    about: str,
    *,
    type: str = "note",
    body: str = "",
    contacts: Sequence[int] = (),
    at: datetime | None = None,
    values: dict[str, Any] | None = None,
    next: Next | None = None,
    source: Source = FORM,
) -> Logged:
    """Note what was done with a record ("account:42"), and plan the next step when one is given."""
    given: dict[str, Any] = {
        "about": about,
        "body": body,
        "contacts": list(contacts),
        "state": DONE,
    }
    if at is not None:
        given["at"] = at
    draft = Draft({**given, **(values or {})})
    return _with_next(access, type, draft, next, about, contacts, source)


def plan(
    access: Access,
    about: str,
    *,
    type: str = "task",
    name: str = "",
    at: datetime | None = None,
    contacts: Sequence[int] = (),
    values: dict[str, Any] | None = None,
    source: Source = FORM,
) -> Outcome:
    """Plan an activity with a record; without a time it is due today."""
    step = Next(at=at, name=name, type=type, values=values or {})
    return _save(access, type, _planned(step, about, contacts), source)


def complete(
    access: Access,
    activity: str,
    note: str = "",
    *,
    values: dict[str, Any] | None = None,
    next: Next | None = None,
    version: int | None = None,
    source: Source = FORM,
) -> Logged:
    """Complete an activity ("task:7") with what came of it, and plan the next step.

    Raises `RecordNotFound` for one out of reach.
    """
    key, row = _activity(access, activity)
    given: dict[str, Any] = {"state": DONE, **(values or {})}
    if note.strip():
        given["body"] = f"{row.body}\n{note}" if row.body else note
    draft = Draft(given, record_id=row.pk, version=version)
    return _with_next(access, key, draft, next, row.about, row.contacts, source)


def cancel(access: Access, activity: str, reason: str = "", *, source: Source = FORM) -> Outcome:
    """Call off an activity, with the reason in its text."""
    key, row = _activity(access, activity)
    given: dict[str, Any] = {"state": CANCELLED}
    if reason.strip():
        given["body"] = f"{row.body}\n{reason}" if row.body else reason
    return _save(access, key, Draft(given, record_id=row.pk), source)


def reopen(access: Access, activity: str, *, source: Source = FORM) -> Outcome:
    """Plan an activity again that was completed or called off."""
    return _change(access, activity, {"state": PLANNED}, source)


def postpone(
    access: Access,
    activity: str,
    at: datetime,
    *,
    ends_at: datetime | None = None,
    version: int | None = None,
    source: Source = FORM,
) -> Outcome:
    """Move an activity in time; an event keeps its length unless a new end is given."""
    values: dict[str, Any] = {"at": at} if ends_at is None else {"at": at, "ends_at": ends_at}
    return _change(access, activity, values, source, version=version)


def pin(access: Access, activity: str, *, pinned: bool, source: Source = FORM) -> Outcome:
    """Keep an activity at the top of its timelines, or let it go."""
    return _change(access, activity, {"pinned": pinned}, source)


def comment(
    access: Access, about: str, body: str, *, mentions: Sequence[int] = (), source: Source = FORM
) -> Outcome:
    """Remark on a record or an activity; `mentions` settles which of two colleagues of one name."""
    draft = Draft({"about": about, "body": body, "mentions": list(mentions)})
    return _save(access, COMMENT, draft, source)


# --- assembling -----------------------------------------------------------------------------------


def _with_next(
    access: Access,
    key: str,
    draft: Draft,
    step: Next | None,
    about: str,
    contacts: Sequence[int],
    source: Source,
) -> Logged:
    try:
        with transaction.atomic():
            logged = Logged(_save(access, key, draft, source))
            if step is not None and logged.is_saved:
                planned = _planned(step, about, contacts)
                logged = Logged(logged.outcome, _save(access, step.type, planned, source))
            if not logged.is_saved:
                raise _Refused
    except _Refused:
        if isinstance(logged.outcome, Saved):
            words = _("Not saved, because another record of the batch was refused.")
            return Logged(Rejected([Problem("", words, "batch")]), logged.following)
    return logged


def _planned(step: Next, about: str, contacts: Sequence[int]) -> Draft:
    values: dict[str, Any] = {
        "about": about,
        "contacts": list(contacts),
        "name": step.name,
        "state": PLANNED,
    }
    if not step.name and not step.values.get("body"):
        values.pop("name")
    if step.at is not None:
        values["at"] = step.at
    return Draft({**values, **step.values})


def _save(access: Access, key: str, draft: Draft, source: Source) -> Outcome:
    [outcome] = save_records(access, object_type(key), [draft], source=source)
    return outcome


def _change(
    access: Access,
    activity: str,
    values: dict[str, Any],
    source: Source,
    *,
    version: int | None = None,
) -> Outcome:
    key, row = _activity(access, activity)
    return _save(access, key, Draft(values, record_id=row.pk, version=version), source)


def _activity(access: Access, activity: str) -> tuple[str, Any]:
    key, record_id = pointed_to(activity) or ("", 0)
    if key not in (*ACTIVITIES, COMMENT):
        raise RecordNotFound(activity)
    return key, get_record(access, object_type(key), record_id, Action.CHANGE)
