"""Counts all scores anew, compares them with what was kept on the way, and keeps the figures of the day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from time import perf_counter
from typing import TYPE_CHECKING, Any

from keqiao.access.access import Access
from keqiao.base.clock import now
from keqiao.jobs.progress import progress
from keqiao.quality.scores.arithmetic import Dimension
from keqiao.quality.scores.columns import read_columns, with_parts, with_score
from keqiao.quality.scores.expectations import expectations
from keqiao.quality.scores.facts import day_number
from keqiao.quality.scores.models import Grouping, QualityDay, Recount
from keqiao.records.measuring import keep_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.scores.expectations import Expectations

MOST_EXAMPLES = 20
# Below so many records of a group its figure would tell of chance, not of data.
FEWEST = 30
TODAY = "today"  # the name of the columns worked out for the day of the recount
GROUPINGS: dict[Grouping, str] = {
    Grouping.OWNER: "owner",
    Grouping.TEAM: "team",
    Grouping.ORIGIN: "origin",
    Grouping.CHANNEL: "channel",
}


@dataclass
class Counted:
    """What a recount of one type found: records, scores that moved on, scores that were wrong."""

    records: int = 0
    moved: int = 0
    unmeasured: int = 0  # had no score yet
    differences: int = 0
    examples: list[int] = field(default_factory=list)
    seconds: float = 0.0
    points: int = 0
    measured: int = 0

    @property
    def score(self) -> float | None:
        return round(self.points / self.measured, 1) if self.measured else None


def recount(declared: ObjectType) -> Counted:
    """Count one type anew and keep what is right.

    A score falls from day to day while nobody confirms anything. So a kept one is wrong when it lies
    outside of what the same record had at the last recount and has today; such differences are told,
    because they mean that a way of writing forgot to measure.
    """
    began, at = perf_counter(), now()
    access, plan = Access.system("recount of the quality scores"), expectations(declared)
    today = day_number(at)
    last = Recount.objects.filter(object_key=declared.key).order_by("-day").first()
    since = min(today, day_number(last.day)) if last else today
    days = {"today": today} if since == today else {"since": since, "today": today}
    found, groups = Counted(), []
    for frame in read_columns(access, declared, plan):
        frame = with_parts(frame, plan, days)
        for name in days:
            frame = with_score(frame, name)
        _compare(declared, frame, found, "since" if "since" in days else "today")
        groups.append(_summed(frame, plan))
        progress(found.records, 0)
    _keep_day(declared, plan, groups, at.date())
    found.seconds = perf_counter() - began
    if last and last.plan != plan.mark:
        # Something else is expected now: every score was right by what was expected before.
        found.differences, found.examples = 0, []
    _keep_run(declared, found, at.date(), plan.mark)
    return found


def count_past_days(declared: ObjectType, days: Sequence[date]) -> None:
    """Keep the figures that the records of today would have had on earlier days, where none were kept.

    Only for data loaded with their past (invented companies, a take-over): values are today's, ages
    are those of the day, and what did not exist yet is left out.
    """
    import polars as pl

    access, plan = Access.system("quality of earlier days"), expectations(declared)
    kept = set(QualityDay.objects.filter(object_key=declared.key).values_list("day", flat=True))
    wanted = {f"{day:%Y%m%d}": day for day in days if day not in kept}
    if not wanted:
        return
    numbers = {name: day_number(day) for name, day in wanted.items()}
    groups: dict[str, list[pl.DataFrame]] = {name: [] for name in wanted}
    for frame in read_columns(access, declared, plan):
        frame = with_parts(frame, plan, numbers)
        for name, number in numbers.items():
            scored = with_score(frame.filter(pl.col("made") <= number), name)
            groups[name].append(_summed(scored, plan, name))
    for name, day in wanted.items():
        _keep_day(declared, plan, groups[name], day)


def _compare(declared: ObjectType, frame: pl.DataFrame, found: Counted, earlier: str) -> None:
    import polars as pl

    now_score, kept = pl.col("score_today"), pl.col("kept")
    best = pl.max_horizontal(pl.col(f"score_{earlier}"), now_score)
    is_wrong = kept.is_not_null() & (now_score.is_null() | (kept > best) | (kept < now_score))
    wrong = frame.filter(is_wrong).get_column("id")
    found.records += frame.height
    found.points += int(frame.get_column("score_today").sum() or 0)
    found.measured += frame.get_column("score_today").count()
    found.unmeasured += frame.filter(kept.is_null() & now_score.is_not_null()).height
    found.differences += wrong.len()
    found.examples += wrong.head(MOST_EXAMPLES - len(found.examples)).to_list()
    moved = frame.filter(now_score.ne_missing(kept)).select("id", "score_today")
    found.moved += moved.height
    keep_scores(declared, dict(moved.iter_rows()))


def _summed(frame: pl.DataFrame, plan: Expectations, day: str = TODAY) -> pl.DataFrame:
    """Add the records of one frame up by owner, department, origin and channel together."""
    import polars as pl

    measured = pl.col(f"score_{day}").is_not_null()
    sums = [
        pl.len().alias("records"),
        measured.sum().cast(pl.Int64).alias("measured"),
        pl.col(f"score_{day}").sum().alias("points"),
    ]
    for dimension in Dimension:
        reached = (
            f"currentness_{day}" if dimension is Dimension.CURRENTNESS else f"{dimension}_reached"
        )
        sums += [
            pl.col(reached).sum().alias(f"{dimension}_reached"),
            pl.col(f"{dimension}_possible").sum(),
            pl.col(f"{dimension}_possible").gt(0).sum().cast(pl.Int64).alias(f"{dimension}_sample"),
        ]
    for one in plan.fields:
        missing = (pl.col("missing") & (1 << one.bit)).ne(0)
        sums.append(missing.sum().cast(pl.Int64).alias(f"missing_{one.name}"))
    return frame.group_by(list(GROUPINGS.values())).agg(sums)


def _keep_day(
    declared: ObjectType, plan: Expectations, parts: list[pl.DataFrame], day: date
) -> None:
    """Replace the figures of this day; the rest of the history stays."""
    import polars as pl

    rows: list[QualityDay] = []
    if parts:
        cube = pl.concat(parts)
        numbers = pl.all().exclude(list(GROUPINGS.values())).sum()
        rows += _rows(declared, plan, day, Grouping.ALL, cube.select(numbers).to_dicts(), "")
        for grouping, column in GROUPINGS.items():
            grouped = cube.group_by(column).agg(numbers).to_dicts()
            rows += _rows(declared, plan, day, grouping, grouped, column)
    QualityDay.objects.filter(object_key=declared.key, day=day).delete()
    QualityDay.objects.bulk_create(rows, batch_size=500)


def _rows(
    declared: ObjectType,
    plan: Expectations,
    day: date,
    grouping: Grouping,
    sums: list[dict[str, Any]],
    column: str,
) -> list[QualityDay]:
    return [
        QualityDay(
            object_key=declared.key,
            day=day,
            grouping=grouping,
            value="" if not column or row[column] is None else str(row[column]),
            records=row["records"],
            measured=row["measured"],
            points=row["points"],
            parts={
                dimension.value: [
                    row[f"{dimension}_reached"], row[f"{dimension}_possible"], row[f"{dimension}_sample"],
                ]
                for dimension in Dimension
            },
            missing={
                one.name: row[f"missing_{one.name}"]
                for one in plan.fields if row[f"missing_{one.name}"]
            },
        )
        for row in sums
    ]  # fmt: skip


def _keep_run(declared: ObjectType, found: Counted, day: date, mark: str) -> None:
    Recount.objects.update_or_create(
        object_key=declared.key,
        day=day,
        defaults={
            "at": now(),
            "records": found.records,
            "moved": found.moved,
            "differences": found.differences,
            "examples": found.examples,
            "milliseconds": round(found.seconds * 1000),
            "plan": mark,
        },
    )
