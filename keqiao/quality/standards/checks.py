"""Holds a record against the rules of its object type: those declared and those the company wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.filter import conditions, parse_filter
from keqiao.catalog.judging import judge
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.quality_rules import Agree, InOrder, Never, QualityRule, Severity
from keqiao.quality.cleaning.engine import Remaining
from keqiao.quality.standards.relations import contradiction_of

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.cleaning.proposal import RecordView

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold: where it is told, in words, and what happens then."""

    field: str
    message: str | Promise
    code: str
    severity: Severity
    repair: str | None = None  # a value for the field that would do, as a person would type it


@dataclass(frozen=True)
class Check:
    """A rule ready to run. It looks at `names` and runs only when all of them are filled.

    `names` is None for rules in the filter language, which say themselves what may be empty.
    """

    code: str
    severity: Severity
    field: str
    names: tuple[str, ...] | None
    find: Callable[[Values], str | Promise | None]
    looks_at: frozenset[str] = frozenset()
    repair: str | None = None


def declared_checks(declared: ObjectType) -> list[Check]:
    """Return the checks an object type declares, in their order."""
    return [_check(declared, rule) for rule in declared.quality]


def _check(declared: ObjectType, rule: QualityRule) -> Check:
    match rule:
        case Agree(first, second, severity):
            return _agreement(declared, first, second, severity)
        case InOrder(earlier, later, severity):
            return _order(declared, earlier, later, severity)
        case Never(key, where, field, message, severity):
            return written_check(declared, key, where, field, message, severity)


def _agreement(declared: ObjectType, first: str, second: str, severity: Severity) -> Check:
    fields = declared.builtin_fields
    contradiction = contradiction_of(fields[first].kind.matches_as, fields[second].kind.matches_as)
    if contradiction is None:
        message = (
            f"{declared.key}: nothing is known in which {first!r} and {second!r} could disagree."
        )
        raise ValueError(message)

    def find(values: Values) -> str | Promise | None:
        return contradiction(values[first], values[second])

    return Check(
        f"{first}_{second}", severity, first, (first, second), find, frozenset({first, second})
    )


def _order(declared: ObjectType, earlier: str, later: str, severity: Severity) -> Check:
    labels = declared.builtin_fields[earlier].label, declared.builtin_fields[later].label

    def find(values: Values) -> str | Promise | None:
        if values[earlier] <= values[later]:
            return None
        return format_lazy(
            _("“{later}” lies before “{earlier}”. Check both."), later=labels[1], earlier=labels[0]
        )

    return Check(
        f"{earlier}_{later}", severity, later, (earlier, later), find, frozenset({earlier, later})
    )


def written_check(
    declared: ObjectType,
    key: str,
    where: dict[str, Any],
    field: str,
    message: str | Promise,
    severity: Severity,
    scope: dict[str, Any] | None = None,
    repair: str | None = None,
) -> Check:
    """Return a check in the filter language: inside `scope` no record may fit `where`.

    Raises `FilterProblem` for a filter that no single record can be held against.
    """
    tree = parse_filter(where)
    bad = judge(declared, tree)
    inside = judge(declared, parse_filter(scope) if scope else None)

    def find(values: Values) -> str | Promise | None:
        return message if inside(values) and bad(values) else None

    trees = [tree, *([parse_filter(scope)] if scope else [])]
    looks_at = frozenset(one.path for part in trees for one in conditions(part))
    return Check(key, severity, field, None, find, looks_at, repair)


def findings(declared: ObjectType, values: Values, checks: Sequence[Check]) -> list[Finding]:
    """Return what does not hold of a record with these clean values."""
    fields = declared.fields()
    found = []
    for check in checks:
        if check.names is not None and any(
            name not in fields or fields[name].kind.is_empty(values.get(name))
            for name in check.names
        ):
            continue
        message = check.find(values)
        if message is not None:
            found.append(Finding(check.field, message, check.code, check.severity, check.repair))
    return found


def check_record(view: RecordView, checks: Sequence[Check]) -> list[Remaining]:
    """Return what does not hold of a row of a file, for the columns that it has."""
    read = {name: view.read(name) for name in view.fields}
    values = {name: value for name, value in read.items() if not isinstance(value, FieldProblem)}
    found = []
    for check in checks:
        if check.looks_at <= values.keys() and (
            check.names is None or all(values[name] is not None for name in check.names)
        ):
            message = check.find(values)
            if message is not None:
                found.append(Remaining(check.field, message, check.code, severity=check.severity))
    return found
