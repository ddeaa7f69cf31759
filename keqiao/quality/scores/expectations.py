"""What is expected of a record of each type, read from the catalog: which fields, how much each counts."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from keqiao.catalog import state
from keqiao.catalog.registry import object_types
from keqiao.quality.duplicates.models import ComparisonRun
from keqiao.quality.standards.known import STANDARDS, checks_of
from keqiao.records.measuring import is_measured

if TYPE_CHECKING:
    from django.db.models import Model

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.standards.checks import Check


@dataclass(frozen=True)
class Expected:
    """One field that is expected, or goes stale. `bit` is its place in the counts of many records."""

    field: Field
    bit: int
    weight: int  # for completeness; 0: only its age is measured
    half_life_months: int
    when: str = ""  # only of records whose choice of this name …
    values: frozenset[str] = frozenset()  # … has one of these values

    @property
    def name(self) -> str:
        return self.field.name

    def is_asked(self, record: Model) -> bool:
        return not self.when or getattr(record, self.when) in self.values

    def is_filled(self, record: Model) -> bool:
        """Tell whether the record has a value here that somebody meant."""
        stored = self.field.storage.stored(record)
        if stored is None or stored == "":
            return False
        return stored not in self.field.kind.placeholders


@dataclass(frozen=True)
class Expectations:
    """All that is expected of records of one type."""

    fields: tuple[Expected, ...]
    checks: tuple[Check, ...] = ()  # the rules between fields that hold now
    # All records were compared with one another: who has no twin is known to be unique.
    counts_twins: bool = False

    @property
    def aging(self) -> list[Expected]:
        return [one for one in self.fields if one.half_life_months]

    @property
    def mark(self) -> str:
        """Return a text that differs when something else is expected: scores do not compare then."""
        told: list[object] = [
            (one.name, one.weight, one.half_life_months, one.when, sorted(one.values))
            for one in self.fields
        ]
        told += [(check.code, sorted(check.looks_at)) for check in self.checks]
        told += ["twins"] if self.counts_twins else []
        return blake2b(repr(told).encode(), digest_size=8).hexdigest()

    def named(self, name: str) -> Expected | None:
        return next((one for one in self.fields if one.name == name), None)


_kept: dict[str, tuple[tuple[int, ...], Expectations]] = {}


def measured_types() -> list[ObjectType]:
    return [declared for declared in object_types() if is_measured(declared)]


def expectations(declared: ObjectType) -> Expectations:
    """Return what is expected; worked out anew when somebody changed the fields."""
    names = state.CATALOG, STANDARDS, ComparisonRun.VERSION
    version = tuple(state.version(name) for name in names)
    kept = _kept.get(declared.key)
    if kept is None or kept[0] != version:
        kept = _kept[declared.key] = (
            version,
            Expectations(
                tuple(_expected(declared)), tuple(checks_of(declared)), _is_compared(declared)
            ),
        )
    return kept[1]


def _is_compared(declared: ObjectType) -> bool:
    runs = ComparisonRun.objects.filter(object_key=declared.key, problem="", ended_at__isnull=False)
    return runs.exists()


def _expected(declared: ObjectType) -> list[Expected]:
    conditions = {name: rule for rule in declared.expected_when for name in rule.names}
    wanted = [one for one in declared.fields().values() if _can_be_expected(one)]
    found = []
    for bit, own in enumerate(one for one in wanted if one.expected or one.half_life_months):
        rule = conditions.get(own.name)
        found.append(
            Expected(
                own, bit, own.expected, own.half_life_months,
                rule.field if rule else "", frozenset(rule.values if rule else ()),
            )
        )  # fmt: skip
    return found


def _can_be_expected(own: Field) -> bool:
    """One value in one place: a list says by its length what it lacks, and nobody fills in a secret."""
    return not (own.kind.many or own.is_indexed_by_terms or own.read_only)
