"""What stands in people's calendars: planned work and appointments, as far as the reader may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.access.matrix import matrix
from keqiao.access.rights import Action
from keqiao.activities.activity import ACTIVITIES
from keqiao.activities.entries import USER, TimelineEntry
from keqiao.catalog.registry import object_type
from keqiao.records.present import present
from keqiao.records.query import records
from keqiao.ui.calendar import MOST_ENTRIES, CalendarEntry, CalendarEvents, toned

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.records.present import Row

MOST_PEOPLE = 50
# How long before a period something may have begun that still lasts in it.
LONGEST_EVENT_DAYS = 31
_AT_ONCE = 500
_COLUMNS = ("activity_key", "activity_id", "record_id", "at", "ends_at", "is_done")


def team_of(access: Access) -> list[int]:
    """Return the colleagues of the reader's department and those below it."""
    people = matrix().people.values()
    teams = set(matrix().subtree(access.department_id))
    found = [person.id for person in people if person.is_active and person.department_id in teams]
    return sorted(found)[:MOST_PEOPLE]


def person_entries(
    access: Access, people: Sequence[int], first: date, last: date, *, most: int = MOST_ENTRIES
) -> CalendarEvents:
    """Return what stands in these people's calendars from `first` up to and with `last`.

    One range of the timeline's index tells which; rights decide what is shown. What a person was
    invited to but may not open shows in the own calendar as being busy, in others' not at all.
    """
    begins, ends = _midnight(first), _midnight(last + timedelta(days=1))
    rows = TimelineEntry.objects.filter(
        Q(at__gte=begins) | Q(ends_at__gt=begins),
        object_key=USER,
        record_id__in=people,
        at__gte=begins - timedelta(days=LONGEST_EVENT_DAYS),
        at__lt=ends,
    )
    found = list(rows.order_by("at", "id").values_list(*_COLUMNS)[: most + 1])
    places: dict[tuple[str, int], tuple[Any, ...]] = {}
    for row in found[:most]:
        # Of somebody's entries and the own one the own one stands.
        if row[:2] not in places or row[2] == access.user_id:
            places[row[:2]] = row
    shown = _shown(access, places)
    entries = [
        entry
        for key, place in places.items()
        if (entry := _entry(access, place, shown.get(key), several=len(people) > 1))
    ]
    return CalendarEvents(entries, is_cut=len(found) > most)


def _shown(
    access: Access, places: dict[tuple[str, int], tuple[Any, ...]]
) -> dict[tuple[str, int], tuple[Row, Any]]:
    """Return the activities this person may see, one query per type and 500 of them."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for key, number in places:
        wanted[key].append(number)
    found: dict[tuple[str, int], tuple[Row, Any]] = {}
    for key, numbers in wanted.items():
        declared = object_type(key)
        if key not in ACTIVITIES or not access.can(Action.VIEW, declared):
            continue
        columns = ("about", "all_day") if key == "event" else ("about",)
        for start in range(0, len(numbers), _AT_ONCE):
            rows = list(records(access, declared).filter(pk__in=numbers[start : start + _AT_ONCE]))
            for record, row in zip(rows, present(access, declared, rows, columns), strict=True):
                found[key, row.id] = (row, record)
    return found


def _entry(
    access: Access, place: tuple[Any, ...], shown: tuple[Row, Any] | None, *, several: bool
) -> CalendarEntry | None:
    key, number, person, at, ends_at, is_done = place
    if shown is None:
        if person != access.user_id:
            return None
        busy = CalendarEntry(key, number, 0, _("Busy"), at, ends_at, icon="lock", url="/calendar/")
        return toned(busy, is_done=is_done)
    row, record = shown
    declared = object_type(key)
    about = row.cells["about"].text
    owner = access.person_name(row.owner_id) if several else ""
    is_all_day = "all_day" in row.cells and bool(row.cells["all_day"].value)
    may_move = (
        not is_done
        and access.reaches(Action.CHANGE, declared, record)
        and access.fields(declared).is_writable("at")
    )
    entry = CalendarEntry(
        key,
        number,
        row.version,
        row.title,
        at,
        ends_at,
        "at",
        icon=declared.icon,
        url=f"/{declared.path}/{number}/",
        dialog_url=f"/activities/{key}/{number}/",
        note=" · ".join(filter(None, (about, owner))),
        is_movable=may_move,
        is_all_day=is_all_day,
        changed_at=row.updated_at,
    )
    return toned(entry, is_done=is_done)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))
