"""What else a timeline tells besides activities and changes: a file that came, a payment, a moved stage.

Packages above register a source each; it reads through the doors, so it tells nobody more than he may see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

Place = tuple["datetime", int]


@dataclass(frozen=True, kw_only=True)
class Told:
    """One entry: what happened, when, with which record, and by whom.

    `at` and `id` are its place: of two of one moment the one with the higher number is the newer.
    """

    at: datetime
    id: int
    label: str
    who: str = ""
    title: str = ""  # of the record it is about, with the way there
    url: str = ""
    facts: tuple[str, ...] = ()
    html: SafeString = field(default_factory=SafeString)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The next entries a timeline wants: older than `before`, newest first, `limit` at most."""

    access: Access
    declared: ObjectType
    record_id: int
    search: str
    before: Place | None
    limit: int


@dataclass(frozen=True, kw_only=True)
class TimelineSource:
    """Who tells of something on timelines. None are left once `read` returns nothing."""

    key: str
    label: str | Promise  # of the chip that shows these alone
    icon: str
    read: Callable[[Asked], list[Told]]
    is_for: Callable[[Access, ObjectType], bool]
    order: int = 500


_sources: dict[str, TimelineSource] = {}


def register_timeline_source(source: TimelineSource) -> TimelineSource:
    """Have timelines tell of something else; packages above call this once at start-up."""
    _sources[source.key] = source
    return source


def timeline_sources(access: Access, declared: ObjectType) -> list[TimelineSource]:
    """Return who has something to tell on the timeline of a type of records, in order."""
    ordered = sorted(_sources.values(), key=lambda one: one.order)
    return [one for one in ordered if one.is_for(access, declared)]


def timeline_source(key: str) -> TimelineSource:
    return _sources[key]
