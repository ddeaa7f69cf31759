"""What a rule would do before it is switched on: how many records, whose, and which ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils import timezone

from keqiao.access.matrix import matrix
from keqiao.base.clock import today
from keqiao.customers.pool.due import (
    condition_of,
    exemption_of,
    last_start,
    owned,
    return_day,
    usable,
)
from keqiao.customers.pool.known import known
from keqiao.customers.pool.reasons import return_reason

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import Model, QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool, PoolRule

SAMPLE = 20
PEOPLE = 20
DRASTIC_SHARE = 20  # percent of the members' records
DRASTIC_COUNT = 1000


@dataclass(frozen=True)
class Sample:
    """One record a rule would send back."""

    record_id: int
    title: str
    owner: str
    since: date | None
    on: date | None


@dataclass
class Simulation:
    """What a rule would send back, if it had been in force for long."""

    now: int = 0
    in_seven_days: int = 0
    in_thirty_days: int = 0
    total: int = 0  # records the members of the pool hold
    by_person: list[tuple[str, int]] = field(default_factory=list)
    sample: list[Sample] = field(default_factory=list)

    @property
    def share(self) -> int:
        return round(100 * self.in_thirty_days / self.total) if self.total else 0

    @property
    def is_drastic(self) -> bool:
        """Tell whether somebody must type the count before the rule may be switched on."""
        many = max(self.now, self.in_seven_days)
        if many > DRASTIC_COUNT:
            return True
        return many * 100 > self.total * DRASTIC_SHARE

    @property
    def to_type(self) -> int:
        return max(self.now, self.in_seven_days)


def simulate(access: Access, declared: ObjectType, rule: PoolRule) -> Simulation:
    """Ask what `rule` (stored or not) would send back, with the other rules in force as they are.

    Counts everything; names of records are shown as far as this person may read them.
    """
    pool = known().pools[rule.pool_id]
    mine = [
        person for person, home in known().homes.get(declared.key, {}).items() if home == pool.pk
    ]
    held = owned(declared).filter(owner_id__in=mine)
    reached = _reached(declared, pool, rule, held)
    found = Simulation(total=held.order_by().values("pk").count())
    reason = return_reason(rule.reason)
    if reached is None or reason is None:
        return found
    found.now = _ran_out(reached, rule, 0).count()
    found.in_seven_days = _ran_out(reached, rule, 7).count()
    found.in_thirty_days = _ran_out(reached, rule, 30).count()
    soon = _ran_out(reached, rule, 0 if found.now else 7 if found.in_seven_days else 30)
    people = soon.order_by().values_list("owner_id").annotate(count=Count("pk"))
    ordered = sorted(people, key=lambda line: (-line[1], line[0]))[:PEOPLE]
    found.by_person = [(matrix().people[owner].name, count) for owner, count in ordered]
    found.sample = _sample(access, declared, soon.annotate(_since=reason.since()), rule)
    return found


def _reached(
    declared: ObjectType, pool: Pool, rule: PoolRule, held: QuerySet[Model]
) -> QuerySet[Model] | None:
    """Return the records on which this very rule decides, whenever its clock runs out."""
    others = [one for one in known().rules.get(pool.pk, ()) if one.pk != rule.pk]
    same = [*(one for one in others if one.reason == rule.reason), rule]
    same.sort(key=lambda one: (one.position, one.pk or 0))
    working = usable(declared, same)
    if rule not in working:
        return None
    annotations: dict[str, Any] = {}
    condition = Q(pool_locked=False)
    for one in working[: working.index(rule) + 1]:
        fits = condition_of(declared, one.filter, annotations) if one.filter else Q()
        if one is rule:
            condition &= fits
        elif not one.filter:
            return None  # a rule before it takes everything
        else:
            condition &= ~fits
    spared = exemption_of(declared, pool, annotations)
    if spared is not None:
        condition &= ~spared
    return held.alias(**annotations).filter(condition)


def _ran_out(reached: QuerySet[Model], rule: PoolRule, ahead_days: int) -> QuerySet[Model]:
    """Return those whose clock will have run out in so many days, if nobody does anything."""
    moment: datetime = last_start(today() + timedelta(days=ahead_days), rule.days)
    reason = return_reason(rule.reason)
    if reason is None:
        return reached.none()
    if reason.before is not None:
        return reached.filter(reason.before(moment))
    return reached.alias(_clock=reason.since()).filter(_clock__lt=moment)


def _sample(
    access: Access, declared: ObjectType, rows: QuerySet[Model], rule: PoolRule
) -> list[Sample]:
    from keqiao.records.present import titles_of

    first = list(rows.order_by("_since", "pk").values_list("pk", "owner_id", "_since")[:SAMPLE])
    titles = titles_of(access, declared, [pk for pk, _owner, _since in first])
    return [
        Sample(
            pk,
            titles.get(pk, f"#{pk}"),
            access.person_name(owner),
            timezone.localtime(since).date() if since else None,
            return_day(since, rule.days) if since else None,
        )
        for pk, owner, since in first
    ]
