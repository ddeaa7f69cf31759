"""The figures of the quality desk, for exactly what a person may see: all, his departments, or his own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Sum

from keqiao.access.matrix import matrix
from keqiao.access.rights import Action, Level
from keqiao.quality.scores.arithmetic import LOGARITHMS, WEIGHTS, WHOLE, Dimension, Part
from keqiao.quality.scores.expectations import expectations, measured_types
from keqiao.quality.scores.models import Grouping, QualityDay
from keqiao.quality.scores.recount import FEWEST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.scores.expectations import Expected

TREND_DAYS = 91
# What the arrows of the desk compare with.
BEFORE = timedelta(days=7)


@dataclass(frozen=True)
class Sight:
    """Which rows of the daily figures are a person's to see, of one object type."""

    grouping: Grouping
    values: tuple[str, ...]

    def rows(self, declared: ObjectType) -> QuerySet[QualityDay]:
        return QualityDay.objects.filter(
            object_key=declared.key, grouping=self.grouping, value__in=self.values
        )


def sight(access: Access, declared: ObjectType) -> Sight | None:
    """Return what of a type's figures this person may see; None: nothing.

    Records that colleagues shared are not counted in: the figures are those of one's own work.
    """
    if not access.fields(declared).is_readable("quality_score"):
        return None
    level = access.level(Action.VIEW, declared)
    if level is Level.ALL:
        return Sight(Grouping.ALL, ("",))
    if level in {Level.SUBTREE, Level.TEAM}:
        teams = departments_of(access, level)
        return Sight(Grouping.TEAM, tuple(map(str, teams))) if teams else None
    if level is Level.OWN and access.user_id is not None:
        return Sight(Grouping.OWNER, (str(access.user_id),))
    return None


def departments_of(access: Access, level: Level) -> list[int]:
    if access.department_id is None:
        return []
    return (
        matrix().subtree(access.department_id) if level is Level.SUBTREE else [access.department_id]
    )


def seen_types(access: Access) -> list[ObjectType]:
    return [declared for declared in measured_types() if sight(access, declared) is not None]


@dataclass
class Figures:
    """Sums over groups of one day, of which any mean can be made."""

    records: int = 0
    measured: int = 0
    points: int = 0
    parts: dict[str, list[int]] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)

    @property
    def score(self) -> float | None:
        return self.points / self.measured if self.measured else None

    def share(self, dimension: Dimension) -> float | None:
        """Return 0 to 100; None when it was measured of too few records to say anything."""
        reached, possible, sample = self.parts.get(dimension, [0, 0, 0])
        return 100 * reached / possible if possible and sample >= FEWEST else None

    def sample(self, dimension: Dimension) -> int:
        return self.parts.get(dimension, [0, 0, 0])[2]

    def add(self, row: QualityDay) -> None:
        self.records += row.records
        self.measured += row.measured
        self.points += row.points
        self.missing.update(row.missing)
        for name, numbers in row.parts.items():
            kept = self.parts.get(name, [0] * len(numbers))
            self.parts[name] = [a + b for a, b in zip(kept, numbers, strict=True)]

    def lift(self, dimension: Dimension) -> float:
        """Return about how many points the mean score would rise with nothing left to fix in a dimension."""
        reached, possible, _sample = self.parts.get(dimension, [0, 0, 0])
        score = self.score
        if not possible or score is None:
            return 0.0
        weights = sum(WEIGHTS[one] for one in Dimension if self.parts.get(one, [0, 0])[1])
        loss = -LOGARITHMS[Part(reached, possible).share]
        return score * loss * WEIGHTS[dimension] / weights / (WHOLE * WHOLE)

    def gain(self, one: Expected) -> float:
        """Return about how many points the mean score would rise with this field filled everywhere.

        Completeness alone moves; the slope of the geometric mean at where it stands now.
        """
        reached, possible, _sample = self.parts.get(Dimension.COMPLETENESS, [0, 0, 0])
        score = self.score
        if not possible or not reached or score is None:
            return 0.0
        added = min(2 * one.weight * self.missing[one.name], possible - reached)
        weights = sum(
            WEIGHTS[dimension] for dimension in Dimension if self.parts.get(dimension, [0, 0])[1]
        )
        before, after = Part(reached, possible), Part(reached + added, possible)
        lift = LOGARITHMS[after.share] - LOGARITHMS[before.share]
        return score * lift * WEIGHTS[Dimension.COMPLETENESS] / weights / (WHOLE * WHOLE)


def summed(rows: Iterable[QualityDay]) -> Figures:
    found = Figures()
    for row in rows:
        found.add(row)
    return found


def latest_day(declared: ObjectType) -> date | None:
    rows = QualityDay.objects.filter(object_key=declared.key, grouping=Grouping.ALL)
    return rows.order_by("-day").values_list("day", flat=True).first()


def figures_of(declared: ObjectType, seen: Sight, day: date) -> Figures:
    return summed(seen.rows(declared).filter(day=day))


def day_before(declared: ObjectType, day: date) -> date | None:
    """Return the latest counted day that lies a week or more back."""
    rows = QualityDay.objects.filter(
        object_key=declared.key, grouping=Grouping.ALL, day__lte=day - BEFORE
    )
    return rows.order_by("-day").values_list("day", flat=True).first()


def trend(declared: ObjectType, seen: Sight, until: date) -> list[tuple[date, float]]:
    """Return the mean score of each counted day of the last thirteen weeks."""
    rows = seen.rows(declared).filter(day__gt=until - timedelta(days=TREND_DAYS), measured__gt=0)
    by_day = rows.values("day").annotate(all_points=Sum("points"), all_measured=Sum("measured"))
    return [(one["day"], one["all_points"] / one["all_measured"]) for one in by_day.order_by("day")]


def worth_fixing(
    access: Access, declared: ObjectType, figures: Figures
) -> list[tuple[Expected, int, float]]:
    """Return the fields whose filling would lift the score most, among those this person may read."""
    mask = access.fields(declared)
    found = [
        (one, figures.missing[one.name], figures.gain(one))
        for one in expectations(declared).fields
        if one.weight and figures.missing[one.name] and mask.is_readable(one.name)
    ]
    return sorted(found, key=lambda line: (-line[2], line[0].name))


def groups(
    access: Access, declared: ObjectType, grouping: Grouping, day: date
) -> list[tuple[str, Figures]]:
    """Return the figures of each owner, department or origin this person may see, worst first.

    Below the level of the whole company only owners and departments of one's own are told apart.
    """
    level = access.level(Action.VIEW, declared)
    rows = QualityDay.objects.filter(object_key=declared.key, day=day, grouping=grouping)
    if level is not Level.ALL:
        allowed = _groups_within(access, level, grouping)
        rows = rows.filter(value__in=allowed)
    found = [(row.value, summed([row])) for row in rows.exclude(value="").filter(measured__gt=0)]
    return sorted(found, key=lambda line: (line[1].score or 0, line[0]))


def _groups_within(access: Access, level: Level, grouping: Grouping) -> list[str]:
    teams = set(departments_of(access, level)) if level in {Level.SUBTREE, Level.TEAM} else set()
    if grouping is Grouping.TEAM:
        return [str(one) for one in teams]
    if grouping is Grouping.OWNER:
        return [str(one.id) for one in matrix().people.values() if one.department_id in teams]
    return []
