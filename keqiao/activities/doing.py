"""What people do with planned work: plan it, finish it, call it off; each an ordinary save."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from keqiao.access.rights import Action
from keqiao.activities.activity import CANCELLED, DONE, LONGEST_BODY, PLANNED
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Draft
from keqiao.records.query import get_record
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Outcome, Source

# What can be planned; e-mail notes and notes tell of the past.
PLANNABLE = ("task", "call", "visit", "event")


def plannable(access: Access) -> list[ObjectType]:
    """Return the kinds of work this person may plan."""
    types = [object_type(key) for key in PLANNABLE]
    return [declared for declared in types if access.can(Action.CREATE, declared)]


def plan(access: Access, key: str, values: dict[str, Any], source: Source) -> Outcome:
    """Plan one piece of work; it belongs to whoever plans it unless `owner` says otherwise."""
    given = {"state": PLANNED, **values}
    [outcome] = save_records(access, object_type(key), [Draft(given)], source=source)
    return outcome


def complete(
    access: Access,
    declared: ObjectType,
    record_id: int,
    source: Source,
    *,
    note: str = "",
    version: int | None = None,
) -> Outcome:
    """Mark work as done; what came of it is written below what it was about."""
    values: dict[str, Any] = {"state": DONE}
    if note.strip():
        record = get_record(access, declared, record_id, Action.CHANGE)
        before = (record.body or "").rstrip()  # type: ignore[attr-defined]
        values["body"] = "\n".join(filter(None, (before, note.strip())))[:LONGEST_BODY]
    return _change(access, declared, record_id, values, source, version)


def reopen(access: Access, declared: ObjectType, record_id: int, source: Source) -> Outcome:
    return _change(access, declared, record_id, {"state": PLANNED}, source, None)


def call_off(
    access: Access,
    declared: ObjectType,
    record_id: int,
    source: Source,
    *,
    version: int | None = None,
) -> Outcome:
    return _change(access, declared, record_id, {"state": CANCELLED}, source, version)


def _change(
    access: Access,
    declared: ObjectType,
    record_id: int,
    values: dict[str, Any],
    source: Source,
    version: int | None,
) -> Outcome:
    draft = Draft(values, record_id=record_id, version=version)
    [outcome] = save_records(access, declared, [draft], source=source)
    return outcome


def following(
    access: Access, declared: ObjectType, record_id: int, name: str, at: datetime, source: Source
) -> Outcome:
    """Plan the next step of the same kind, about the same record and with the same contacts."""
    record: Any = get_record(access, declared, record_id)
    values = {
        "name": name,
        "at": at,
        "about": record.about,
        "contacts": list(record.contacts or []),
    }
    return plan(access, declared.key, {k: v for k, v in values.items() if v}, source)
