"""What a correction rule sees, and what it may propose: never more than a person could check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keqiao.catalog.kinds.roles import Role
from keqiao.catalog.problems import FieldProblem
from keqiao.quality.cleaning.confidence import Level
from keqiao.quality.cleaning.knowledge import Knowledge

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.catalog.field import Field


@dataclass(frozen=True, slots=True)
class Proposal:
    """One field to be changed; those of one `group` stand or fall together."""

    field: str
    before: Any
    after: Any
    rule: str
    version: int
    confidence: float
    level: Level
    evidence: str | Promise
    group: int = 0


@dataclass(frozen=True, slots=True)
class Repair:
    """What a rule found: texts as a person would type them, why, and how well this case fits."""

    changes: Mapping[str, Any]
    evidence: str | Promise
    strength: float = 1.0


@dataclass(frozen=True)
class Rule:
    """A correction rule. `kept` and `undone` count its corrections of the sets it was tuned on."""

    id: str
    version: int
    label: str | Promise
    find: Callable[[RecordView], Iterator[Repair]]
    kept: int
    undone: int = 0
    ceiling: Level = Level.APPLY


@dataclass
class RecordView:
    """A record on its way: values as entered, read by their fields; rules only look at it."""

    fields: Mapping[str, Field]
    values: dict[str, Any]
    knowledge: Knowledge = field(default_factory=Knowledge)
    _read: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the value as a text without white space around it; empty when there is none."""
        raw = self.values.get(name)
        return raw.strip() if isinstance(raw, str) else "" if raw is None else str(raw)

    def read(self, name: str) -> Any:
        """Return the clean value, or the problem why there is none; None for an empty field."""
        raw = self.values.get(name)
        if raw is None or raw == "":
            return None
        kept = self._read.get(name)
        if kept is None or kept[0] is not raw:
            kept = self._read[name] = (raw, read_as(self.fields[name], raw))
        return kept[1]

    def is_wrong(self, name: str) -> bool:
        return isinstance(self.read(name), FieldProblem)

    def is_empty(self, name: str) -> bool:
        return self.values.get(name) in (None, "")

    def named(self, *roles: Role, many: bool = False) -> Iterator[str]:
        """Walk the fields that say something of this kind; those of several values with `many`."""
        for name, one in self.fields.items():
            if one.kind.matches_as in roles and one.kind.many == many:
                yield name

    def put(self, changes: Mapping[str, Any]) -> None:
        self.values.update(changes)


def read_as(one: Field, raw: Any) -> Any:
    """Return the clean value of `raw` in a field, the problem, or None for nothing."""
    try:
        value = one.kind.clean(raw, one)
    except FieldProblem as problem:
        return problem
    return None if one.kind.is_empty(value) else value


def is_readable(one: Field, raw: Any) -> bool:
    """Say whether the field could hold this value."""
    value = read_as(one, raw)
    return value is not None and not isinstance(value, FieldProblem)
