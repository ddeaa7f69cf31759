"""The timeline of a record: what is planned, what happened month by month, remarks and changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from keqiao.access.rights import Action
from keqiao.activities.activity import ACTIVITIES, COMMENT
from keqiao.activities.entries import TimelineEntry
from keqiao.activities.marks import Mark, read_mark, write_mark
from keqiao.base.clock import now
from keqiao.catalog.filter import AnyOf, Condition
from keqiao.catalog.registry import object_type as object_type_named
from keqiao.records.audit import HistoryLine, history
from keqiao.records.query import ListQuery, get_record, run_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row

CHANGE = "change"
KINDS = (*ACTIVITIES, COMMENT, CHANGE)
LATE, TODAY, LATER = "late", "today", "planned"
# What a person may not see is skipped: more than this and the page ends early, with a mark to go on.
MOST_SKIPPED = 2_000
_READ_AT_ONCE = 60
_LINES_AT_ONCE = 40
_LINES_FOLDED = 200
_COMMENTS_SHOWN = 50
_LEFT_OUT = frozenset({"team", "updated_by", "updated_at", "account"})
_FAR = datetime(9999, 1, 1, tzinfo=UTC)  # the place of a page that has no activity yet


@dataclass
class TimelineItem:
    """One entry as this person may see it: an activity, a comment, or changes folded into one."""

    kind: str
    at: datetime
    id: int = 0
    row: Row | None = None
    is_open: bool = False
    is_pinned: bool = False
    urgency: str = ""  # of an open one: late | today | planned
    comments: list[TimelineItem] = field(default_factory=list)
    changes: list[HistoryLine] = field(default_factory=list)

    @property
    def object_type(self) -> ObjectType:
        return object_type_named(self.kind)

    @property
    def month(self) -> str:
        return timezone.localtime(self.at).strftime("%Y-%m")


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
) -> TimelinePage:
    """Return a page of a record's timeline, newest first; raises `RecordNotFound` out of reach.

    `kinds` are some of `KINDS`, None for all. `before` is the mark of an earlier page.
    """
    get_record(access, object_type, record_id)
    asked = [kind for kind in KINDS if kinds is None or kind in kinds]
    mark = read_mark(before)
    wanted = [kind for kind in asked if kind != CHANGE]
    entries = TimelineEntry.objects.filter(object_key=object_type.key, record_id=record_id)
    past = entries.filter(is_open=False).order_by("-at", "-id")
    place = mark if mark and mark.at < _FAR else None
    found = portions(past, wanted, forwards=False, mark=place) if wanted else iter(())
    dealings = _Dealings(access, found, search, place)
    lines: _Changes | None = None
    if CHANGE in asked and not search:
        lines = _Changes(access, object_type, record_id, mark)
    items, following = _merged(dealings, lines, limit)
    page = TimelinePage(items, next=following)
    if before is None and wanted:
        page.upcoming = _open_items(access, entries, wanted, search, limit=50)
        page.pinned = _pinned(access, entries, wanted, search)
    add_comments(access, [*page.items, *page.upcoming, *page.pinned])
    return page


def open_activities(
    access: Access, object_type: ObjectType, record_id: int, *, limit: int = 50
) -> list[TimelineItem]:
    """Return what is planned with a record, the most urgent first."""
    get_record(access, object_type, record_id)
    entries = TimelineEntry.objects.filter(object_key=object_type.key, record_id=record_id)
    return _open_items(access, entries, list(ACTIVITIES), "", limit=limit)


def urgency(at: datetime, moment: datetime | None = None) -> str:
    """Return how an open activity stands: `late` since yesterday or longer, due `today`, or later."""
    due, today = timezone.localtime(at).date(), timezone.localtime(moment or now()).date()
    return LATE if due < today else TODAY if due == today else LATER


# --- reading what the index names, with this person's rights --------------------------------------


def visible_items(
    access: Access, entries: Iterable[TimelineEntry], search: str = ""
) -> list[TimelineItem]:
    """Return the activities behind `entries` that this person may see, in the same order."""
    entries = list(entries)
    ids: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        ids[entry.activity_key].add(entry.activity_id)
    rows = {key: _rows(access, key, wanted, search) for key, wanted in ids.items()}
    moment = now()
    return [
        TimelineItem(
            entry.activity_key, entry.at, entry.activity_id, row, entry.is_open, entry.is_pinned,
            urgency(entry.at, moment) if entry.is_open else "",
        )
        for entry in entries
        if (row := rows[entry.activity_key].get(entry.activity_id)) is not None
    ]  # fmt: skip


def _rows(access: Access, key: str, ids: set[int], search: str) -> dict[int, Row]:
    declared = object_type_named(key)
    if not access.can(Action.VIEW, declared):
        return {}
    mask = access.fields(declared)
    names = [one for one in declared.builtin_fields if not mask.is_hidden(one)]
    condition = None
    if search:
        # What is masked cannot be searched: each try would tell a piece of it.
        read = [name for name in ("body", "name") if mask.is_readable(name)]
        if not read:
            return {}
        condition = AnyOf(tuple(Condition(name, "contains", search) for name in read))
    page = run_list(
        access,
        ListQuery(
            object_type=declared,
            columns=tuple(name for name in names if name not in _LEFT_OUT),
            filter=condition,
            ids=tuple(ids),
            sort="id",
            limit=500,
            count=False,
        ),
    )
    return {row.id: row for row in page.rows}


def add_comments(access: Access, items: Sequence[TimelineItem]) -> None:
    """Hang the remarks on activities below them, oldest first."""
    of: dict[str, dict[int, list[TimelineItem]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        if item.kind in ACTIVITIES:
            of[item.kind][item.id].append(item)
    for key, below in of.items():
        found = TimelineEntry.objects.filter(
            object_key=key, record_id__in=list(below), activity_key=COMMENT
        ).order_by("at", "id")
        entries = list(found[: _COMMENTS_SHOWN * 10])
        place_of = {entry.activity_id: entry.record_id for entry in entries}
        for comment in visible_items(access, entries):
            for item in below[place_of[comment.id]]:
                if len(item.comments) < _COMMENTS_SHOWN:
                    item.comments.append(comment)


def _open_items(
    access: Access, entries: QuerySet[TimelineEntry], kinds: list[str], search: str, *, limit: int
) -> list[TimelineItem]:
    found: list[TimelineItem] = []
    ordered = entries.filter(is_open=True).order_by("at", "id")
    for portion in portions(ordered, kinds, forwards=True):
        found.extend(visible_items(access, portion.entries, search))
        if len(found) >= limit:
            break
    return found[:limit]


def _pinned(
    access: Access, entries: QuerySet[TimelineEntry], kinds: list[str], search: str
) -> list[TimelineItem]:
    found = entries.filter(is_pinned=True, is_open=False).order_by("-at", "-id")
    return visible_items(access, [one for one in found[:20] if one.activity_key in kinds], search)


@dataclass
class Portion:
    """Some entries in order, and where to go on; `is_last`: the range ends here."""

    entries: list[TimelineEntry]
    end: Mark
    is_last: bool


def portions(
    ordered: QuerySet[TimelineEntry],
    kinds: Sequence[str],
    *,
    forwards: bool,
    mark: Mark | None = None,
) -> Iterator[Portion]:
    """Read an ordered range of the index a portion at a time, up to `MOST_SKIPPED` entries."""
    way = "gt" if forwards else "lt"
    for _number in range(0, MOST_SKIPPED, _READ_AT_ONCE):
        found = ordered
        if mark is not None:
            tie = Q((f"id__{way}", mark.entry_id))
            found = found.filter(Q((f"at__{way}e", mark.at)), Q((f"at__{way}", mark.at)) | tie)
        read = list(found[:_READ_AT_ONCE])
        if not read:
            return
        mark = Mark(read[-1].at, read[-1].pk)
        wanted = [entry for entry in read if entry.activity_key in kinds]
        yield Portion(wanted, mark, is_last=len(read) < _READ_AT_ONCE)
        if len(read) < _READ_AT_ONCE:
            return


# --- activities and changes in one stream ------------------------------------------------------------


class _Dealings:
    """Activities and comments of a record, newest first, as this person may see them."""

    def __init__(self, access: Access, found: Iterator[Portion], search: str, mark: Mark | None):
        self.access, self.found, self.search = access, found, search
        self.waiting: list[tuple[TimelineItem, Mark]] = []
        self.taken_to = mark  # the last entry that stands on the page
        self.read_to = mark  # the last entry that was looked at
        self.is_read_out = False
        self.gave_up = False

    def head(self) -> TimelineItem | None:
        while not self.waiting and not self.is_read_out and not self.gave_up:
            portion = next(self.found, None)
            if portion is None:
                # Nothing at all, or so much that this person may not see that it must go on later.
                self.gave_up = self.read_to is not self.taken_to and self.read_to is not None
                self.is_read_out = not self.gave_up
                break
            self.read_to, self.is_read_out = portion.end, portion.is_last
            place_of = {(one.activity_key, one.activity_id): one for one in portion.entries}
            for item in visible_items(self.access, portion.entries, self.search):
                entry = place_of[item.kind, item.id]
                self.waiting.append((item, Mark(entry.at, entry.pk)))
        return self.waiting[0][0] if self.waiting else None

    def take(self) -> TimelineItem:
        item, self.taken_to = self.waiting.pop(0)
        return item


class _Changes:
    """The change log of a record, newest first."""

    def __init__(
        self, access: Access, declared: ObjectType, record_id: int, mark: Mark | None
    ) -> None:
        self.access, self.declared, self.record_id = access, declared, record_id
        self.taken_to = mark.line_id if mark else 0
        self.waiting: list[HistoryLine] = []
        self.is_read_out = False

    def head(self) -> HistoryLine | None:
        if not self.waiting and not self.is_read_out:
            self.waiting = history(
                self.access, self.declared, self.record_id, _LINES_AT_ONCE, self.taken_to or None
            )
            self.is_read_out = len(self.waiting) < _LINES_AT_ONCE
        return self.waiting[0] if self.waiting else None

    def take(self) -> HistoryLine:
        line = self.waiting.pop(0)
        self.taken_to = line.id
        return line


def _merged(
    dealings: _Dealings, lines: _Changes | None, limit: int
) -> tuple[list[TimelineItem], str | None]:
    """Return the next `limit` items, changes that follow each other as one, and the mark to go on."""
    items: list[TimelineItem] = []
    while True:
        activity = dealings.head()
        line = lines.head() if lines is not None and not dealings.gave_up else None
        if activity is None and line is None:
            return items, _mark(dealings.read_to, lines) if dealings.gave_up else None
        is_change = line is not None and (activity is None or line.at >= activity.at)
        folds = is_change and items and len(items[-1].changes) in range(1, _LINES_FOLDED)
        if len(items) >= limit and not folds:
            return items, _mark(dealings.taken_to, lines)
        if not is_change:
            items.append(dealings.take())
        elif lines is not None:
            taken = lines.take()
            if folds:
                items[-1].changes.append(taken)
            else:
                items.append(TimelineItem(CHANGE, taken.at, taken.id, changes=[taken]))


def _mark(mark: Mark | None, lines: _Changes | None) -> str:
    line_id = lines.taken_to if lines is not None else 0
    return write_mark((mark or Mark(_FAR, 0))._replace(line_id=line_id))
