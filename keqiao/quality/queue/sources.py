"""What a source of the queue must be able to do, and the sources there are.

A source hands out one item at a time to a person: what is proposed, what speaks for it, and which
decisions there are. The desk (`pages.py`) knows nothing else, so that every kind of decision about
data is taken with the same keys.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import Promise

    from keqiao.access.access import Access

COUNT_STOPS_AT = 999


class Decision(StrEnum):
    """What a person says to an item; skipping is no decision, it stays where it is."""

    ACCEPT = "accept"
    DISMISS = "dismiss"


@dataclass(frozen=True)
class Option:
    """One way to decide a line; `needs_text`: it is nothing without a reason or another value."""

    key: str
    label: str | Promise
    text: str = ""  # the value it stands for
    needs_text: str | Promise = ""  # the label of the box
    tone: str = ""  # jade | red


@dataclass(frozen=True)
class Line:
    """One field of an item: what it holds now, and the options of which one is chosen.

    `chosen` is the option that holds until the person says otherwise; empty: he has to choose.
    """

    name: str
    label: str
    options: tuple[Option, ...]
    before: str = ""
    chosen: str = ""
    warning: str = ""
    text: str = ""  # what stood in the box when the item is shown again


@dataclass(frozen=True)
class Fact:
    """A piece of evidence; with `url` it leads to where one can look for oneself."""

    label: str
    text: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class QueueItem:
    """One decision to be taken. `revision` goes back with it, so that nobody decides on old facts."""

    id: int
    title: str
    kind: str  # in words: "New customer", "Change of a contact"
    lines: tuple[Line, ...]
    facts: tuple[Fact, ...] = ()
    others: tuple[Fact, ...] = ()  # further values, for context only
    sides: tuple[
        Fact, ...
    ] = ()  # two records that are compared: what each is called, and where it is
    revision: str = ""
    url: str = ""  # the record, when the person may open it
    warning: str = ""
    accept_label: str | Promise = ""
    dismiss_label: str | Promise = ""
    dismiss_needs: str | Promise = ""  # the label of the box for a reason; empty: none is asked


@dataclass(frozen=True)
class Choice:
    """What was chosen for one line."""

    option: str
    text: str = ""


@dataclass(frozen=True)
class Answer:
    """What a person decided about one item."""

    decision: Decision
    choices: Mapping[str, Choice] = field(default_factory=dict)
    reason: str = ""
    revision: str = ""
    is_sure: bool = False  # said a second time, after a warning
    request_id: str = ""


class QueueProblem(Exception):
    """A decision that cannot be taken. `is_gone`: somebody else has dealt with the item."""

    def __init__(self, message: str, *, is_gone: bool = False, may_insist: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.is_gone = is_gone
        self.may_insist = may_insist


class QueueSource(ABC):
    """One kind of decision. `address` is where its work is done; empty: at the desk."""

    key: ClassVar[str]
    label: ClassVar[str | Promise]
    hint: ClassVar[str | Promise]
    icon: ClassVar[str]
    address: ClassVar[str] = ""
    order: ClassVar[int] = 500

    @abstractmethod
    def is_for(self, access: Access) -> bool:
        """Tell whether this person ever gets items of this kind. Asks no database."""

    @abstractmethod
    def count(self, access: Access) -> int:
        """Return how many wait for this person, counted up to `COUNT_STOPS_AT` + 1."""

    @abstractmethod
    def next(self, access: Access, after: int = 0) -> QueueItem | None:
        """Return the first item behind `after` that waits for this person."""

    @abstractmethod
    def item(self, access: Access, item_id: int) -> QueueItem | None:
        """Return one item, None when it no longer waits for this person."""

    @abstractmethod
    def decide(self, access: Access, item_id: int, answer: Answer) -> None:
        """Carry out a decision, or raise `QueueProblem` and change nothing."""

    @abstractmethod
    def undo(self, access: Access, item_id: int, *, request_id: str = "") -> None:
        """Take back this person's decision of a moment ago, or raise `QueueProblem`."""

    @property
    def url(self) -> str:
        return self.address or f"/quality/queue/{self.key}/"


_sources: dict[str, QueueSource] = {}


def register_queue_source(source: QueueSource) -> QueueSource:
    """Bring a kind of decision to the desk; packages call this once at start-up."""
    _sources[source.key] = source
    return source


def queue_sources(access: Access) -> list[QueueSource]:
    """Return the kinds of decisions this person takes, in order."""
    ordered = sorted(_sources.values(), key=lambda one: (one.order, one.key))
    return [one for one in ordered if one.is_for(access)]


def queue_source(access: Access, key: str) -> QueueSource | None:
    found = _sources.get(key)
    return found if found is not None and found.is_for(access) else None
