"""The rules of data quality that name people, as this process knows them, with everybody they mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from keqiao.access.matrix import matrix
from keqiao.catalog import state
from keqiao.quality.rule_model import PeopleRule

Rule = TypeVar("Rule", bound=PeopleRule)
PARTS = ("users", "departments", "roles")  # how a rule names people


@dataclass(frozen=True)
class InForce(Generic[Rule]):
    """All rules by object type, in order, and the people each of them names."""

    rules: dict[str, list[Rule]]
    people: dict[int, frozenset[int]]


def rules_in_force(
    version: str,
    rows: Callable[[], Iterable[Rule]],
    named: Callable[[Rule], Mapping[str, Sequence[int]]],
) -> state.Remembered[InForce[Rule]]:
    """Return what tells the rules; they are read anew when `version` was bumped."""

    def read() -> InForce[Rule]:
        rules: dict[str, list[Rule]] = defaultdict(list)
        people = {}
        for rule in rows():
            rules[rule.object_key].append(rule)
            people[rule.pk] = people_named(named(rule))
        return InForce(dict(rules), people)

    return state.Remembered(lambda: (state.version(version), matrix().version), read)


def people_named(chosen: Mapping[str, Sequence[int]]) -> frozenset[int]:
    """Return the people meant who still work here; a department stands for all below it as well."""
    rights = matrix()
    found = rights.people_of(**{part: chosen.get(part, ()) for part in PARTS})
    return frozenset(pk for pk in found if (one := rights.people.get(pk)) and one.is_active)
