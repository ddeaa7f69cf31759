"""Keeps the timeline, "last follow-up" and "next step" true, in the transaction of every write."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max, Min, Q

from keqiao.access.access import Access
from keqiao.access.directory import share_record, unshare_record
from keqiao.access.models import User
from keqiao.activities.activity import ACTIVITIES, COMMENT, accounts_of
from keqiao.activities.entries import COLUMNS, Place, TimelineEntry, dealt_with, places_of
from keqiao.catalog.kinds.reference import MAX_ID
from keqiao.catalog.object_type import Feature
from keqiao.catalog.pointer import pointed_to
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.bulk_rows import database_ready, insert_rows
from keqiao.records.derived import Written, register_derivation, write_derived
from keqiao.records.locking import register_lock
from keqiao.records.query import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from keqiao.catalog.object_type import ObjectType

_SYSTEM = Access.system("last follow-up and next step")
_AT_ONCE = 500
_ONE_BY_ONE = 4
_REBUILT_AT_ONCE = 2_000
Dates = tuple["datetime | None", "datetime | None"]


@register_derivation
def keep_timeline(written: Written) -> None:
    """Let timelines and dates follow what was saved, deleted or brought back."""
    declared = written.object_type
    if declared.key in (*ACTIVITIES, COMMENT):
        _follow_activities(written)
    elif written.what == "restored" and Feature.FOLLOW_UP in declared.features:
        # While a record lay in the bin nobody kept its dates.
        keep_dates((declared.key, row.pk) for row in written.records)


def _follow_activities(written: Written) -> None:
    key = written.object_type.key
    known = [row.pk for row in written.records if row.pk not in written.created]
    stored = _stored_places(key, known)
    wanted: set[Place] = set()
    if written.what != "deleted":
        wanted = {place for row in written.records for place in places_of(key, row)}
    gone = stored.keys() - wanted
    new = wanted - stored.keys()
    if key == "event":
        _let_participants_in(written)
    _remove([stored[place] for place in gone])
    _insert(new)
    # What is neither open nor done (a comment, a cancelled task) moves no date.
    keep_dates(
        (place.object_key, place.record_id)
        for place in gone | new
        if place.is_open or place.is_done
    )


def _let_participants_in(written: Written) -> None:
    """Whoever is invited to an event may see it, and no longer when he is taken off the list."""
    changed = [
        row
        for row in written.records
        if (row.participants if row.pk in written.created  # type: ignore[attr-defined]
            else "participants" in written.changed.get(row.pk, ()))
    ]  # fmt: skip
    if not changed:
        return
    by = User.objects.filter(pk=written.access.user_id or 0).first()
    for row in changed:
        before = set(written.before.get(row.pk, {}).get("participants") or ())
        invited = set(row.participants)  # type: ignore[attr-defined]
        for user_id in before - invited:
            unshare_record(written.object_type, row.pk, user_id)
        for user in User.objects.filter(pk__in=invited - before - {row.owner_id}):  # type: ignore[attr-defined]
            share_record(written.object_type, row.pk, user, by=by)


def _stored_places(key: str, ids: Sequence[int]) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = TimelineEntry.objects.filter(
            activity_key=key, activity_id__in=ids[start : start + _AT_ONCE]
        )
        for pk, *columns in rows.values_list("pk", *COLUMNS):
            found[Place(*columns)] = pk
    return found


def _remove(ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        TimelineEntry.objects.filter(pk__in=ids[start : start + _AT_ONCE]).delete()


def _insert(places: Iterable[Place]) -> None:
    ready = database_ready(TimelineEntry, "at")
    rows = [
        (
            *place[:4], ready(place.at), ready(place.ends_at), place.is_open, place.is_done,
            place.is_pinned,
        )
        for place in sorted(places, key=lambda place: place[:5])
    ]  # fmt: skip
    insert_rows(TimelineEntry, COLUMNS, rows)


# --- last follow-up and next step -----------------------------------------------------------------


def keep_dates(targets: Iterable[tuple[str, int]]) -> None:
    """Work out last follow-up and next step of records anew; write those that changed."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for key, record_id in targets:
        wanted[key].add(record_id)
    for key in sorted(wanted):
        try:
            declared = object_type(key)
        except UnknownObject:
            continue
        if Feature.FOLLOW_UP not in declared.features:
            continue
        ids = sorted(wanted[key])
        for start in range(0, len(ids), _AT_ONCE):
            _keep_dates(key, ids[start : start + _AT_ONCE])


def _keep_dates(key: str, ids: list[int]) -> None:
    declared = object_type(key)
    # Locked first: of two follow-ups saved at once, the second must see the first.
    rows = _locked(key, ids)
    stored: dict[int, Dates] = {
        pk: (last, following)
        for pk, last, following in rows.values_list("pk", "last_activity_at", "next_activity_at")
    }
    found = _dates(key, list(stored))
    changed: dict[int, dict[str, Any]] = {}
    for pk, before in stored.items():
        after = found.get(pk, (None, None))
        if after != before:
            changed[pk] = {"last_activity_at": after[0], "next_activity_at": after[1]}
    if changed:
        write_derived(declared, changed)


def _locked(key: str, ids: Sequence[int]) -> Any:
    rows = records(_SYSTEM, object_type(key)).filter(pk__in=ids).order_by("pk")
    return rows.select_for_update(no_key=True)


def lock_targets(
    _declared: ObjectType, rows: Sequence[Any], drafts: Sequence[dict[str, Any]]
) -> None:
    """Lock whose dates will move: of what activities are and will be about, customers first."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        for key, record_id in dealt_with(row):
            wanted[key].add(record_id)
    for values in drafts:
        if about := pointed_to(str(values.get("about") or "")):
            wanted[about[0]].add(about[1])
        contacts = values.get("contacts")
        if isinstance(contacts, (list, tuple)):
            wanted["contact"].update(
                one for one in contacts if type(one) is int and 0 < one <= MAX_ID
            )
    for key in sorted(wanted.keys() - {"account"}):
        wanted["account"].update(filter(None, accounts_of(key, wanted[key]).values()))
    for key in sorted(wanted):
        if key in _followed() and wanted[key]:
            list(_locked(key, sorted(wanted[key])).values_list("pk"))


def _followed() -> set[str]:
    return {one.key for one in object_types() if Feature.FOLLOW_UP in one.features}


for _key in ACTIVITIES:
    register_lock(_key, lock_targets)


def _dates(key: str, ids: list[int]) -> dict[int, Dates]:
    entries = TimelineEntry.objects.filter(object_key=key)
    if len(ids) <= _ONE_BY_ONE:
        return {
            pk: (
                _edge(entries.filter(record_id=pk, is_done=True).order_by("-at")),
                _edge(entries.filter(record_id=pk, is_open=True).order_by("at")),
            )
            for pk in ids
        }
    edges = entries.filter(record_id__in=ids).values("record_id").annotate(
        last=Max("at", filter=Q(is_done=True)), following=Min("at", filter=Q(is_open=True))
    )  # fmt: skip
    return {row["record_id"]: (row["last"], row["following"]) for row in edges}


def _edge(ordered: Any) -> datetime | None:
    return ordered.values_list("at", flat=True).first()  # type: ignore[no-any-return]


# --- from the beginning ---------------------------------------------------------------------------


def rebuild_timeline(report: Callable[[str, int], None] | None = None) -> dict[str, int]:
    """Write all entries and dates anew, in portions of one transaction each; return counts."""
    counts: dict[str, int] = {}
    for key in (*ACTIVITIES, COMMENT):
        counts[key] = _rebuild_type(key, report)
    for declared in object_types():
        if Feature.FOLLOW_UP in declared.features:
            _rebuild_dates(declared.key)
    return counts


def _rebuild_type(key: str, report: Callable[[str, int], None] | None) -> int:
    last = count = 0
    while True:
        with transaction.atomic():
            found = records(_SYSTEM, object_type(key)).filter(pk__gt=last).order_by("pk")
            rows = list(found[:_REBUILT_AT_ONCE])
            old = TimelineEntry.objects.filter(activity_key=key, activity_id__gt=last)
            if rows:
                old = old.filter(activity_id__lte=rows[-1].pk)
            old.delete()
            _insert({place for row in rows for place in places_of(key, row)})
        if not rows:
            return count
        last, count = rows[-1].pk, count + len(rows)
        if report:
            report(key, count)


def _rebuild_dates(key: str) -> None:
    last = 0
    while True:
        found = records(_SYSTEM, object_type(key)).filter(pk__gt=last).order_by("pk")
        ids = list(found.values_list("pk", flat=True)[:_REBUILT_AT_ONCE])
        if not ids:
            return
        with transaction.atomic():
            keep_dates((key, pk) for pk in ids)
        last = ids[-1]
