"""When a record returns to the pool: the rules of its owner's pool, read off the record's clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, Case, Q, Value, When
from django.utils import timezone

from keqiao.access.access import Access
from keqiao.catalog.filter import FilterProblem, parse_filter
from keqiao.customers.pool.known import known
from keqiao.customers.pool.reasons import return_exemptions, return_reason
from keqiao.records.query import checked_filter, records

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool, PoolRule

RULES = Access.system("rules of the pool")


@dataclass(frozen=True)
class Facts:
    """What the rules ask about one record."""

    owner_id: int | None
    is_locked: bool
    exempt_in: frozenset[int] = frozenset()  # pools whose exemptions hold
    fits: frozenset[int] = frozenset()  # rules whose filter fits
    since: Mapping[str, datetime | None] = field(default_factory=dict)  # by reason


@dataclass(frozen=True)
class Due:
    """A record's return: the morning it lies in the pool, which pool, and by which rule."""

    on: date
    pool_id: int
    rule: PoolRule

    @property
    def reason(self) -> str:
        found = return_reason(self.rule.reason)
        return found.text(self.rule.days) if found else ""


def due(facts: Facts, pool: Pool | None, rules: Iterable[PoolRule]) -> Due | None:
    """Return when and why a record goes back; None: not as things stand.

    Of the rules with one reason the first that fits decides; of several reasons the earliest day.
    """
    if pool is None or facts.is_locked or pool.pk in facts.exempt_in:
        return None
    found: Due | None = None
    decided: set[str] = set()
    for rule in rules:
        if rule.reason in decided or (rule.filter and rule.pk not in facts.fits):
            continue
        decided.add(rule.reason)
        since = facts.since.get(rule.reason)
        if since is None:
            continue
        day = max(return_day(since, rule.days), first_day(pool, rule))
        if found is None or day < found.on:
            found = Due(day, pool.pk, rule)
    return found


def return_day(since: datetime, days: int) -> date:
    """Return the day at whose first hour the clock has run out: after `days` whole days."""
    return timezone.localtime(since).date() + timedelta(days=days + 1)


def last_start(today: date, days: int) -> datetime:
    """Return the moment before which a clock must have started to have run out by today."""
    day = today - timedelta(days=days)
    return timezone.make_aware(datetime(day.year, day.month, day.day))


def first_day(pool: Pool, rule: PoolRule) -> date:
    """Return the day before which a rule sends nothing back: time for the warning comes first."""
    if rule.on_since is None:
        return date.min
    return rule.on_since + timedelta(days=pool.warn_days + 1)


# --- the facts, from the database --------------------------------------------------------------------


def condition_of(declared: ObjectType, data: Any, annotations: dict[str, Any]) -> Q:
    """Return a stored filter as a condition. Raises `FilterProblem` when it no longer works."""
    compiled = checked_filter(RULES, declared, parse_filter(data))
    annotations.update(compiled.annotations)
    return compiled.condition


def is_broken(declared: ObjectType, data: Any) -> bool:
    """Tell whether a stored filter cannot be used any more (its field was deleted)."""
    if not data:
        return False
    try:
        condition_of(declared, data, {})
    except FilterProblem:
        return True
    return False


def usable(declared: ObjectType, rules: Iterable[PoolRule]) -> list[PoolRule]:
    """Leave out what follows a rule with a broken filter: those it kept would fall to the next."""
    found, stopped = [], set()
    for rule in rules:
        if is_broken(declared, rule.filter):
            stopped.add(rule.reason)
        elif rule.reason not in stopped:
            found.append(rule)
    return found


def exemption_of(declared: ObjectType, pool: Pool, annotations: dict[str, Any]) -> Q | None:
    """Return what spares records of a pool, besides the lock; None: nothing.

    A filter that no longer works spares everything: rather too little returns than too much.
    """
    found = [one.condition() for one in return_exemptions(declared) if one.key in pool.exemptions]
    if is_broken(declared, pool.exempt_filter):
        found.append(Q(pk__isnull=False))
    elif pool.exempt_filter:
        found.append(condition_of(declared, pool.exempt_filter, annotations))
    combined = Q()
    for one in found:
        combined |= one
    return combined if found else None


def active_rules(declared: ObjectType) -> dict[int, list[PoolRule]]:
    """Return the rules in force for a type, by pool."""
    now_known = known()
    return {
        number: usable(declared, rules)
        for number, rules in now_known.rules.items()
        if (pool := now_known.pools.get(number))
        and pool.is_active
        and pool.object_key == declared.key
    }


def dues(declared: ObjectType, rows: QuerySet[Model]) -> dict[int, tuple[Due | None, date | None]]:
    """Return for each row when it returns by the rules, and what day is noted on it so far."""
    by_pool = active_rules(declared)
    homes, pools = known().homes.get(declared.key, {}), known().pools
    aliases: dict[str, Any] = {}
    expressions: dict[str, Any] = {}
    asked = _questions(declared, by_pool, _Questions(aliases, expressions))
    found: dict[int, tuple[Due | None, date | None]] = {}
    names = ("pk", "owner_id", "pool_locked", "returns_on", *expressions)
    rows = rows.order_by().alias(**aliases).annotate(**expressions)
    for pk, owner, is_locked, noted, *values in rows.values_list(*names):
        number = homes.get(owner or 0)
        answer = None
        if number in by_pool:
            facts = asked.facts(owner, is_locked, values)
            answer = due(facts, pools[number], by_pool[number])
        found[pk] = (answer, noted)
    return found


@dataclass
class _Questions:
    """What is asked of each row, as named expressions, and how to read the answers."""

    aliases: dict[str, Any]
    expressions: dict[str, Any]
    read: list[tuple[str, Any]] = field(default_factory=list)

    def ask(self, what: str, key: Any, expression: Any) -> None:
        self.expressions[f"_{what}_{len(self.read)}"] = expression
        self.read.append((what, key))

    def facts(self, owner: int | None, is_locked: bool, values: list[Any]) -> Facts:  # noqa: FBT001
        since: dict[str, datetime | None] = {}
        marks: dict[str, set[int]] = {"exempt": set(), "fits": set()}
        for (what, key), value in zip(self.read, values, strict=True):
            if what == "since":
                since[key] = value
            elif value:
                marks[what].add(key)
        return Facts(owner, is_locked, frozenset(marks["exempt"]), frozenset(marks["fits"]), since)


def _questions(
    declared: ObjectType, by_pool: dict[int, list[PoolRule]], asked: _Questions
) -> _Questions:
    reasons: set[str] = set()
    for number, rules in by_pool.items():
        spared = exemption_of(declared, known().pools[number], asked.aliases)
        if spared is not None:
            asked.ask("exempt", number, _flag(spared))
        for rule in rules:
            reasons.add(rule.reason)
            if rule.filter:
                fits = condition_of(declared, rule.filter, asked.aliases)
                asked.ask("fits", rule.pk, _flag(fits))
    for key in sorted(reasons):
        reason = return_reason(key)
        if reason is not None and reason.is_for(declared):
            asked.ask("since", key, reason.since())
    return asked


def _flag(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
    )


def owned(declared: ObjectType) -> QuerySet[Model]:
    """Return the records somebody looks after: those that rules can send back."""
    return records(RULES, declared).filter(owner__isnull=False)
