"""A batch on its way through the write path: each draft with what the steps found out about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from keqiao.records.drafts import Change, Draft, Mode, Outcome, Problem, Rejected, Saved, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.models import Record


@dataclass(eq=False)
class Item:
    """One draft and its state. `outcome` is set as soon as it is refused."""

    draft: Draft
    index: int
    record: Record | None = None  # the stored record that is changed; for a new one after step 9
    values: dict[str, Any] = field(default_factory=dict)  # cleaned values of the draft
    columns: dict[str, Any] = field(default_factory=dict)  # settled columns beside the catalog
    before: dict[str, Any] = field(default_factory=dict)  # values as stored, of changed fields
    repairs: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    reviews: list[Problem] = field(default_factory=list)  # why a second person should look at it
    hints: list[Problem] = field(default_factory=list)  # told, and saved all the same
    changes: dict[str, Change] = field(default_factory=dict)
    match_keys: dict[int, tuple[str, str]] = field(default_factory=dict)  # key -> (rule, field)
    is_compared: bool = False  # a value that may not repeat is new or changes
    links_in_batch: dict[str, Item] = field(default_factory=dict)  # field -> draft it points at
    is_taken: bool = False  # new, and in the care of another taker than a person or department
    shared_keys: set[int] = field(default_factory=set)  # keys knowingly shared with another record
    outcome: Outcome | None = None

    @property
    def creating(self) -> bool:
        return self.draft.record_id is None

    @property
    def stored(self) -> Record:
        """The record itself: there from step 1 for a change, from step 9 for a new one."""
        if self.record is None:
            message = "The record is asked for before the write step made it."
            raise RuntimeError(message)
        return self.record

    def refuse_if_problems(self) -> None:
        if self.problems and self.outcome is None:
            self.outcome = Rejected(self.problems)

    def as_saved(self) -> Saved:
        record = self.record
        return Saved(
            record_id=record.pk if record is not None and record.pk else 0,
            version=record.version if record is not None else 1,
            created=self.creating,
            changes=self.changes,
            repairs=self.repairs,
            # What no reviewer's rule held back is told at least.
            hints=[*self.hints, *self.reviews],
        )


@dataclass
class Batch:
    """Drafts of one object type saved together by one actor from one source."""

    access: Access
    object_type: ObjectType
    items: list[Item]
    source: Source
    mode: Mode
    dry_run: bool
    allow_duplicates: bool
    at: datetime
    # What a check wants done once the drafts are records, still in the transaction.
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    @cached_property
    def fields(self) -> dict[str, Field]:
        return self.object_type.fields()

    @property
    def has_refusals(self) -> bool:
        return any(item.outcome is not None for item in self.items)

    def open_items(self) -> Iterator[Item]:
        """Walk the drafts that nothing speaks against so far."""
        return (item for item in self.items if item.outcome is None)
