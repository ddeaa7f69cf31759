"""What goes into the write path and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import Promise


class Mode(StrEnum):
    """What happens to a batch when one of its drafts cannot be saved."""

    EACH = "each"  # the others are saved
    ALL_OR_NONE = "all_or_none"  # nothing is saved


EACH, ALL_OR_NONE = Mode.EACH, Mode.ALL_OR_NONE


@dataclass(frozen=True)
class Source:
    """Where values come from, as the change log tells it: channel and a detail.

    `note` is what somebody wrote to whoever gets the record: it goes into the log in the detail's
    place, and to that person.
    """

    channel: str  # form | api | import | bulk | demo | rule | revert …
    detail: str = ""
    request_id: str = ""
    note: str = ""
    # Whether anything follows from it afterwards. What is invented happened long ago: nobody is told,
    # and millions of events would keep the worker busy for an hour to find that out.
    has_events: bool = True


DEMO = Source("demo", has_events=False)


@dataclass
class Draft:
    """Values somebody wants to have saved: of a new record, or onto record `record_id`."""

    values: dict[str, Any]
    record_id: int | None = None
    version: int | None = None
    ref: Any = None
    allow_duplicates: bool = False
    recorded_at: datetime | None = None  # when it really happened; only the system may say so
    # What a verb of the product decides, not a person: read-only fields, and columns of the model
    # beside the catalog. Only with the system's access.
    settled: dict[str, Any] = field(default_factory=dict)
    # Records ("account:12") that were shown to the person as perhaps the same, who knows better.
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Problem:
    """Why a draft cannot be saved: the field (empty: the whole record), words, and a code."""

    field: str
    message: str | Promise
    code: str
    suggestion: str | None = None


@dataclass(frozen=True)
class FieldConflict:
    """A field that somebody else changed while this person was editing it."""

    name: str
    mine: str
    theirs: str
    by: str
    at: datetime | None


@dataclass(frozen=True)
class DuplicateCandidate:
    """A record that holds the same value of `field`, or may be the same as a whole (no field).

    Without id, title and reasons when this person may not see it.
    """

    object_key: str
    record_id: int | None
    title: str | None
    owner: str
    field: str
    rule: str
    blocking: bool
    ref: Any = None  # set when the other one stands in the same batch
    place: str | Promise = ""  # where it lies when no colleague looks after it, and what to do
    place_url: str = ""
    reasons: tuple[str, ...] = ()  # in words, why it may be the same, when no one field says it


@dataclass(frozen=True)
class Change:
    """One changed field, before and after, in the JSON form of its kind."""

    before: Any
    after: Any


@dataclass(frozen=True)
class Saved:
    """The record was written (in a dry run: could be)."""

    record_id: int
    version: int
    created: bool
    changes: dict[str, Change] = field(default_factory=dict)
    repairs: dict[str, str] = field(default_factory=dict)
    hints: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Rejected:
    """Nothing was written; the problems say why. `missing`: the record cannot be reached."""

    problems: list[Problem]
    missing: bool = False
    forbidden: bool = False


@dataclass(frozen=True)
class DuplicateFound:
    """Nothing was written, because others hold the same value."""

    candidates: list[DuplicateCandidate]

    @property
    def blocking(self) -> bool:
        return any(candidate.blocking for candidate in self.candidates)


@dataclass(frozen=True)
class Held:
    """Stored for review; the record itself is unchanged."""

    pending_id: int


@dataclass(frozen=True)
class Conflict:
    """Nothing was written, because the record changed since this person read it."""

    fields: list[FieldConflict]
    current_version: int


Outcome = Saved | Rejected | DuplicateFound | Held | Conflict
