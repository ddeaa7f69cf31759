"""Puts what a timeline is made of into one order: activities, changes of the system, what others tell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from keqiao.activities.marks import Mark, write_mark
from keqiao.activities.told import Asked, Place, TimelineSource, Told
from keqiao.catalog.registry import object_type as object_type_named
from keqiao.records.audit import HistoryLine, history

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from keqiao.access.access import Access
    from keqiao.activities.entries import TimelineEntry
    from keqiao.activities.timeline import EntryReader
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row

CHANGE = "change"
FAR = datetime(9999, 1, 1, tzinfo=UTC)  # the place of a page that has no activity yet
_LINES_AT_ONCE = 40
_LINES_FOLDED = 200
_TOLD_AT_ONCE = 20


@dataclass
class TimelineItem:
    """One entry as this person may see it: an activity, a comment, changes folded into one, or
    what another package tells."""

    kind: str
    at: datetime
    id: int = 0
    row: Row | None = None
    is_open: bool = False
    is_pinned: bool = False
    urgency: str = ""  # of an open one: late | today | planned
    comments: list[TimelineItem] = field(default_factory=list)
    changes: list[HistoryLine] = field(default_factory=list)
    told: Told | None = None  # by a source of a package above

    @property
    def object_type(self) -> ObjectType:
        return object_type_named(self.kind)

    @property
    def month(self) -> str:
        return timezone.localtime(self.at).strftime("%Y-%m")


@dataclass
class Portion:
    """Some entries in order, and where to go on; `is_last`: the range ends here."""

    entries: list[TimelineEntry]
    end: Mark
    is_last: bool


class Dealings:
    """Activities and comments of a record, newest first, as this person may see them."""

    def __init__(self, read: EntryReader, found: Iterator[Portion], mark: Mark | None) -> None:
        self.read, self.found = read, found
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
            for item in self.read.items(portion.entries):
                entry = place_of[item.kind, item.id]
                self.waiting.append((item, Mark(entry.at, entry.pk)))
        return self.waiting[0][0] if self.waiting else None

    def take(self) -> TimelineItem:
        item, self.taken_to = self.waiting.pop(0)
        return item


class Changes:
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
                self.access,
                self.declared,
                self.record_id,
                _LINES_AT_ONCE,
                self.taken_to or None,
                is_checked=True,
            )
            self.is_read_out = len(self.waiting) < _LINES_AT_ONCE
        return self.waiting[0] if self.waiting else None

    def take(self) -> HistoryLine:
        line = self.waiting.pop(0)
        self.taken_to = line.id
        return line


class ToldStream:
    """What one package tells of a record, newest first."""

    def __init__(
        self, source: TimelineSource, access: Access, declared: ObjectType, record_id: int,
        search: str, before: Place | None,
    ) -> None:  # fmt: skip
        self.source, self.taken_to = source, before
        self.asked = Asked(
            access=access, declared=declared, record_id=record_id, search=search, before=before,
            limit=_TOLD_AT_ONCE,
        )  # fmt: skip
        self.waiting: list[Told] = []
        self.is_read_out = False

    def head(self) -> Told | None:
        if not self.waiting and not self.is_read_out:
            self.waiting = self.source.read(replace(self.asked, before=self.taken_to))
            self.is_read_out = not self.waiting
        return self.waiting[0] if self.waiting else None

    def take(self) -> TimelineItem:
        told = self.waiting.pop(0)
        self.taken_to = (told.at, told.id)
        return TimelineItem(self.source.key, told.at, told.id, told=told)


def merged(
    dealings: Dealings, lines: Changes | None, tellers: Sequence[ToldStream], limit: int
) -> tuple[list[TimelineItem], str | None]:
    """Return the next `limit` items, changes that follow each other as one, and the mark to go on."""
    items: list[TimelineItem] = []
    while True:
        activity = dealings.head()
        line = lines.head() if lines is not None and not dealings.gave_up else None
        teller, told = _newest(() if dealings.gave_up else tellers)
        if activity is None and line is None and told is None:
            end = _mark(dealings.read_to, lines, tellers) if dealings.gave_up else None
            return items, end
        others = [one.at for one in (activity, told) if one is not None]
        is_change = line is not None and line.at >= max(others, default=line.at)
        folds = is_change and items and len(items[-1].changes) in range(1, _LINES_FOLDED)
        if len(items) >= limit and not folds:
            return items, _mark(dealings.taken_to, lines, tellers)
        if is_change and lines is not None:
            taken = lines.take()
            if folds:
                items[-1].changes.append(taken)
            else:
                items.append(TimelineItem(CHANGE, taken.at, taken.id, changes=[taken]))
        elif teller and told and (activity is None or told.at > activity.at):
            items.append(teller.take())
        else:
            items.append(dealings.take())


def _newest(tellers: Sequence[ToldStream]) -> tuple[ToldStream | None, Told | None]:
    heads = [(one, told) for one in tellers if (told := one.head()) is not None]
    return max(heads, key=lambda head: head[1].at, default=(None, None))


def _mark(mark: Mark | None, lines: Changes | None, tellers: Sequence[ToldStream]) -> str:
    at = mark or Mark(FAR, 0)
    line_id = lines.taken_to if lines is not None else 0
    told = {one.source.key: one.taken_to for one in tellers if one.taken_to is not None}
    return write_mark(at._replace(line_id=line_id, told=told))
