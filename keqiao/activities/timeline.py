"""The timeline of a record: what is planned, what happened month by month, remarks and changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from keqiao.access.rights import Action
from keqiao.activities.activity import ACTIVITIES, COMMENT
from keqiao.activities.entries import TimelineEntry
from keqiao.activities.marks import Mark, read_mark
from keqiao.activities.streams import (
    CHANGE,
    FAR,
    Changes,
    Dealings,
    Portion,
    TimelineItem,
    ToldStream,
    merged,
)
from keqiao.activities.told import timeline_sources
from keqiao.base.clock import now
from keqiao.base.prepared import ask, padded
from keqiao.catalog.filter import AnyOf, Condition
from keqiao.catalog.registry import object_type as object_type_named
from keqiao.records.numbered import numbered
from keqiao.records.present import columns_needed, named_rows, present_many
from keqiao.records.query import ListQuery, get_record, matching_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row

KINDS = (*ACTIVITIES, COMMENT, CHANGE)
LATE, TODAY, LATER = "late", "today", "planned"
# What a person may not see is skipped: more than this and the page ends early, with a mark to go on.
MOST_SKIPPED = 2_000
_READ_AT_ONCE = 60
_FEWEST_READ = 20
_COMMENTS_SHOWN = 50
_LEFT_OUT = frozenset({"team", "updated_by", "updated_at", "account"})


@dataclass
class TimelinePage:
    """A stretch of a timeline. Upcoming and pinned ones come with the first page alone."""

    items: list[TimelineItem]
    upcoming: list[TimelineItem] = field(default_factory=list)
    pinned: list[TimelineItem] = field(default_factory=list)
    next: str | None = None

    @property
    def months(self) -> list[tuple[str, list[TimelineItem]]]:
        """Return the items under their months ("2026-11"), newest first."""
        return [(month, list(items)) for month, items in groupby(self.items, lambda one: one.month)]


def timeline(
    access: Access,
    object_type: ObjectType,
    record_id: int,
    *,
    kinds: Sequence[str] | None = None,
    search: str = "",
    before: str | None = None,
    limit: int = 30,
    reader: EntryReader | None = None,
    is_checked: bool = False,
) -> TimelinePage:
    """Return a page of a record's timeline, newest first; raises `RecordNotFound` out of reach.

    `kinds` are some of `KINDS` and of the keys of other sources, None for all. `before` is the mark
    of an earlier page. A `reader` of the same search knows what it has read before. `is_checked`:
    the record was read with this very access.
    """
    if not is_checked:
        get_record(access, object_type, record_id)
    asked = [kind for kind in KINDS if kinds is None or kind in kinds]
    mark = read_mark(before)
    wanted = [kind for kind in asked if kind != CHANGE]
    is_talk = asked == [COMMENT]
    read = reader or EntryReader(access, search)
    about = (object_type.key, record_id)
    place = mark if mark and mark.at < FAR else None
    found: Iterator[Portion] = iter(())
    if wanted:
        size = min(max(limit + 1, _FEWEST_READ), _READ_AT_ONCE)
        entries = talk(*about) if is_talk else Range(_past, *about)
        read_kinds = [COMMENT, *ACTIVITIES] if is_talk else wanted
        found = portions(entries, read_kinds, forwards=False, mark=place, at_once=size)
    is_whole = before is None and bool(wanted) and not is_talk
    first = next(found, None)
    upcoming = read.portions_of(_opened(about, wanted)) if is_whole else []
    pinned = _pinned(about, wanted) if is_whole else []
    ahead = first.entries if first else []
    read.load([*ahead, *pinned, *(one for portion in upcoming for one in portion.entries)])
    dealings = Dealings(read, chain([first] if first else [], found), place)
    lines: Changes | None = None
    if CHANGE in asked and not search:
        lines = Changes(access, object_type, record_id, mark)
    places = mark.told if mark else {}
    tellers = [
        ToldStream(one, access, object_type, record_id, search, places.get(one.key))
        for one in timeline_sources(access, object_type)
        if kinds is None or one.key in kinds
    ]
    items, following = merged(dealings, lines, tellers, limit)
    page = TimelinePage(items, next=following)
    page.upcoming = _open_items(read, _opened(about, wanted), upcoming, 50) if is_whole else []
    page.pinned = read.items(pinned)
    add_comments(access, [*page.items, *page.upcoming, *page.pinned])
    if is_talk:
        page.items = [one for one in page.items if one.kind == COMMENT or one.comments]
    return page


def open_activities(
    access: Access,
    object_type: ObjectType,
    record_id: int,
    *,
    limit: int = 50,
    reader: EntryReader | None = None,
    is_checked: bool = False,
) -> list[TimelineItem]:
    """Return what is planned with a record, the most urgent first."""
    if not is_checked:
        get_record(access, object_type, record_id)
    ordered = _opened((object_type.key, record_id), list(ACTIVITIES))
    read = reader or EntryReader(access)
    return _open_items(read, ordered, read.portions_of(ordered), limit)


def urgency(at: datetime, moment: datetime | None = None) -> str:
    """Return how an open activity stands: `late` since yesterday or longer, due `today`, or later."""
    due, today = timezone.localtime(at).date(), timezone.localtime(moment or now()).date()
    return LATE if due < today else TODAY if due == today else LATER


# --- reading what the index names, with this person's rights --------------------------------------


def visible_items(
    access: Access, entries: Iterable[TimelineEntry], search: str = ""
) -> list[TimelineItem]:
    """Return the activities behind `entries` that this person may see, in the same order."""
    return EntryReader(access, search).items(list(entries))


class EntryReader:
    """Reads the activities behind entries, each once, and what they link to in one go.

    On the page of the record `own` nobody needs to be told that they are about it.
    """

    def __init__(self, access: Access, search: str = "", own: str = "") -> None:
        self.access, self.search, self.own = access, search, own
        self._rows: dict[tuple[str, int], Row | None] = {}
        self._open: list[Portion] | None = None

    def items(self, entries: Sequence[TimelineEntry]) -> list[TimelineItem]:
        """Return the activities this person may see, in the same order."""
        self.load(entries)
        moment = now()
        return [
            TimelineItem(
                entry.activity_key, entry.at, entry.activity_id, row, entry.is_open,
                entry.is_pinned, urgency(entry.at, moment) if entry.is_open else "",
            )
            for entry in entries
            if (row := self._rows[entry.activity_key, entry.activity_id]) is not None
        ]  # fmt: skip

    def load(self, entries: Sequence[TimelineEntry]) -> None:
        """Read the activities that are not known yet: one query per type, and per type linked."""
        ids: dict[str, set[int]] = defaultdict(set)
        for entry in entries:
            if (entry.activity_key, entry.activity_id) not in self._rows:
                ids[entry.activity_key].add(entry.activity_id)
        parts = []
        for key, wanted in ids.items():
            self._rows.update(dict.fromkeys((key, one) for one in wanted))
            if part := self._part(key, wanted):
                parts.append(part)
        for (declared, _read, _names), rows in zip(
            parts, present_many(self.access, parts) if parts else [], strict=True
        ):
            self._rows.update({(declared.key, row.id): row for row in rows})

    def _part(self, key: str, ids: set[int]) -> tuple[ObjectType, list[Any], list[str]] | None:
        declared = object_type_named(key)
        if not self.access.can(Action.VIEW, declared):
            return None
        mask = self.access.fields(declared)
        names = [one for one in declared.builtin_fields if not mask.is_hidden(one)]
        condition = None
        if self.search:
            # What is masked cannot be searched: each try would tell a piece of it.
            read = [name for name in ("body", "name") if mask.is_readable(name)]
            if not read:
                return None
            condition = AnyOf(tuple(Condition(name, "contains", self.search) for name in read))
        shown = [name for name in names if name not in _LEFT_OUT]
        columns = columns_needed(declared, shown)
        if condition is None:
            rows = numbered(self.access, declared, ids, columns)
        else:
            query = ListQuery(object_type=declared, filter=condition, ids=tuple(ids), count=False)
            rows = list(named_rows(matching_records(self.access, query), columns))
        if self.own and "about" in shown and all(row.about == self.own for row in rows):
            shown.remove("about")
        return (declared, rows, shown) if rows else None

    def portions_of(self, ordered: Iterator[Portion]) -> list[Portion]:
        """Return the first stretch of what is planned, read once for all who ask."""
        if self._open is None:
            first = next(ordered, None)
            self._open = [first] if first else []
        return self._open


def add_comments(access: Access, items: Sequence[TimelineItem]) -> None:
    """Hang the remarks on activities below them, oldest first."""
    of: dict[tuple[str, int], list[TimelineItem]] = defaultdict(list)
    kinds: dict[str, set[int]] = defaultdict(set)
    for item in items:
        if item.kind in ACTIVITIES:
            of[item.kind, item.id].append(item)
            kinds[item.kind].add(item.id)
    if not kinds:
        return
    entries = _entries_of_comments(kinds)
    place_of = {entry.activity_id: (entry.object_key, entry.record_id) for entry in entries}
    for comment in visible_items(access, entries):
        for item in of[place_of[comment.id]]:
            if len(item.comments) < _COMMENTS_SHOWN:
                item.comments.append(comment)


def _entries_of_comments(kinds: dict[str, set[int]]) -> list[TimelineEntry]:
    """Return the comments on activities, oldest first."""
    ids = {kind: padded(kinds[kind]) for kind in sorted(kinds)}
    form = tuple((kind, len(wanted)) for kind, wanted in ids.items())

    def build(marks: Sequence[Any]) -> QuerySet[TimelineEntry]:
        places, rest = Q(), list(marks)
        for kind, length in form:
            places |= Q(object_key=kind, record_id__in=rest[:length])
            del rest[:length]
        # What else hangs on an activity is left out below: named here, its kind would make SQLite
        # read every remark of the company instead of these few places of the index.
        return TimelineEntry.objects.filter(places).order_by("at", "id")[: _COMMENTS_SHOWN * 10]

    asked = list(chain.from_iterable(ids.values()))
    found = ask(("comments on activities", form), asked, build)
    return [one for one in found if one.activity_key == COMMENT]


# --- stretches of the index -----------------------------------------------------------------------

About = tuple[str, int]
Ordered = Callable[["QuerySet[TimelineEntry]"], "QuerySet[TimelineEntry]"]


def _past(entries: QuerySet[TimelineEntry]) -> QuerySet[TimelineEntry]:
    return entries.filter(is_open=False).order_by("-at", "-id")


def _planned(entries: QuerySet[TimelineEntry]) -> QuerySet[TimelineEntry]:
    return entries.filter(is_open=True).order_by("at", "id")


def _kept_on_top(entries: QuerySet[TimelineEntry]) -> QuerySet[TimelineEntry]:
    return entries.filter(is_pinned=True, is_open=False).order_by("-at", "-id")


def talk(key: str, record_id: int) -> QuerySet[TimelineEntry]:
    """Return the remarks on a record, and those of its activities that somebody remarked upon."""
    said = TimelineEntry.objects.filter(
        object_key=OuterRef("activity_key"), record_id=OuterRef("activity_id"), activity_key=COMMENT
    )
    entries = TimelineEntry.objects.filter(object_key=key, record_id=record_id)
    return entries.filter(Q(activity_key=COMMENT) | Exists(said)).order_by("-at", "-id")


@dataclass(frozen=True)
class Range:
    """The entries of one record in one order. What every page begins with is asked as prepared."""

    ordered: Ordered
    key: str
    record_id: int

    def all(self) -> QuerySet[TimelineEntry]:
        entries = TimelineEntry.objects.filter(object_key=self.key, record_id=self.record_id)
        return self.ordered(entries)

    def first(self, limit: int) -> list[TimelineEntry]:
        def build(marks: Sequence[Any]) -> QuerySet[TimelineEntry]:
            return Range(self.ordered, *marks).all()[:limit]

        return ask(("entries", self.ordered, limit), [self.key, self.record_id], build)


def _opened(about: About, kinds: list[str]) -> Iterator[Portion]:
    return portions(Range(_planned, *about), kinds, forwards=True)


def _open_items(
    read: EntryReader, ordered: Iterator[Portion], first: list[Portion], limit: int
) -> list[TimelineItem]:
    found: list[TimelineItem] = []
    rest = islice(ordered, len(first), None) if first and not first[-1].is_last else ()
    for portion in chain(first, rest):
        found.extend(read.items(portion.entries))
        if len(found) >= limit:
            break
    return found[:limit]


def _pinned(about: About, kinds: list[str]) -> list[TimelineEntry]:
    found = Range(_kept_on_top, *about).first(20)
    return [one for one in found if one.activity_key in kinds]


def portions(
    ordered: QuerySet[TimelineEntry] | Range,
    kinds: Sequence[str],
    *,
    forwards: bool,
    mark: Mark | None = None,
    at_once: int = _READ_AT_ONCE,
) -> Iterator[Portion]:
    """Read an ordered range of the index a portion at a time, up to `MOST_SKIPPED` entries."""
    way = "gt" if forwards else "lt"
    for _number in range(0, MOST_SKIPPED, at_once):
        if isinstance(ordered, Range) and mark is None:
            read = ordered.first(at_once)
        else:
            found = ordered.all()
            if mark is not None:
                tie = Q((f"id__{way}", mark.entry_id))
                found = found.filter(Q((f"at__{way}e", mark.at)), Q((f"at__{way}", mark.at)) | tie)
            read = list(found[:at_once])
        if not read:
            return
        mark = Mark(read[-1].at, read[-1].pk)
        wanted = [entry for entry in read if entry.activity_key in kinds]
        yield Portion(wanted, mark, is_last=len(read) < at_once)
        if len(read) < at_once:
            return
