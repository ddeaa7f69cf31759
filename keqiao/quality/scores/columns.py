"""Reads what the scores of all records of a type follow from, as columns: a few numbers for each record.

The database turns each record into bits (which expected fields are filled, which are not asked of it);
polars does the same sums as `measuring` does for one record. A million records take seconds this way.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, Case, F, Q, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Left
from django.db.models.lookups import In, IsNull

from keqiao.catalog.field import JsonKey
from keqiao.catalog.filter import Condition
from keqiao.quality.scores.arithmetic import (
    LOGARITHMS,
    OLDEST_DAYS,
    STEPS,
    WEIGHTS,
    WHOLE,
    Dimension,
    days_of,
    freshness_table,
)
from keqiao.quality.scores.measuring import HALVES
from keqiao.records.query import checked_filter, records

if TYPE_CHECKING:
    import polars as pl

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.scores.expectations import Expectations, Expected

AT_ONCE = 100_000
NO_TEXT = ""


def read_columns(
    access: Access, declared: ObjectType, plan: Expectations, at_once: int = AT_ONCE
) -> Iterator[pl.DataFrame]:
    """Yield the records of a type in the order of their ids.

    Columns: id, kept (score), owner, team, origin, channel (texts and numbers as stored), made (day
    number), filled and unasked (bits by `Expected.bit`), facts (JSON text or null).
    """
    import polars as pl

    schema = {
        "id": pl.Int64, "kept": pl.Int64, "owner": pl.Int64, "team": pl.Int64, "origin": pl.String,
        "channel": pl.String, "made": pl.String, "filled": pl.Int64, "unasked": pl.Int64,
        "facts": pl.String,
    }  # fmt: skip
    rows = _rows(access, declared, plan)
    last = 0
    while part := list(rows.filter(pk__gt=last)[:at_once]):
        last = part[-1][0]
        made = pl.col("made").str.to_date("%Y-%m-%d").cast(pl.Int32).cast(pl.Int64)
        yield pl.DataFrame(part, schema=schema, orient="row").with_columns(made=made)


def _rows(access: Access, declared: ObjectType, plan: Expectations) -> Any:
    found = records(access, declared).order_by("pk")
    filled, unasked = [], []
    for one in plan.fields:
        empty = _is_empty(access, declared, one)
        filled.append(_bit(~empty, one.bit))
        if one.when:
            unasked.append(_bit(~Q((f"{one.when}__in", sorted(one.values))), one.bit))
    origin = F(declared.origin) if declared.origin else Value(NO_TEXT)
    return found.values_list(
        "pk", "quality_score", "owner_id", "team_id", origin, "source",
        Left(Cast("created_at", TextField()), 10), _sum(filled), _sum(unasked),
        Cast("quality_facts", TextField()),
    )  # fmt: skip


def _is_empty(access: Access, declared: ObjectType, one: Expected) -> Q:
    placeholders = sorted(one.field.kind.placeholders)
    if isinstance(one.field.storage, JsonKey):
        # A custom value that is empty is not kept at all.
        stored = one.field.expression()
        return Q(IsNull(stored, True)) | (Q(In(stored, placeholders)) if placeholders else Q())
    empty = checked_filter(access, declared, Condition(one.name, "is_empty")).condition
    return empty | Q((f"{one.name}__in", placeholders)) if placeholders else empty


def _bit(condition: Q, bit: int) -> Case:
    return Case(
        When(condition, then=Value(1 << bit)), default=Value(0), output_field=BigIntegerField()
    )


def _sum(bits: list[Case]) -> Any:
    zero: Any = Coalesce(Value(0), Value(0), output_field=BigIntegerField())
    return reduce(lambda left, right: left + right, bits, zero)


# --- the dimensions -------------------------------------------------------------------------------


def with_parts(frame: pl.DataFrame, plan: Expectations, days: dict[str, int]) -> pl.DataFrame:
    """Add `<dimension>_reached` and `_possible` for each dimension (0 of 0: not measured).

    Currentness is worked out for each of `days` (name -> day number) as `currentness_<name>`, the
    others once. Adds `missing`: the bits of the fields that are asked and empty.
    """
    import polars as pl

    asked_bits = sum(1 << one.bit for one in plan.fields if one.weight)
    frame = _with_facts(frame, plan)
    asked = pl.lit(asked_bits) & ~pl.col("unasked")
    frame = frame.with_columns(asked=asked).with_columns(
        missing=pl.col("asked") & ~pl.col("filled"), counted=pl.col("asked") & pl.col("filled")
    )
    weighed = [one for one in plan.fields if one.weight]
    zero = pl.lit(0, dtype=pl.Int64)
    filled_count = reduce(lambda a, b: a + b, (_has("counted", one) for one in weighed), zero)
    possible = reduce(
        lambda a, b: a + b, (_has("asked", one) * one.weight for one in weighed), zero
    )
    reached = reduce(
        lambda a, b: a + b,
        (
            _has("counted", one) * one.weight * (HALVES - pl.col(f"half_{one.bit}"))
            for one in weighed
        ),
        zero,
    )
    checked = pl.col("ok") + pl.col("bad")
    has_twins = (pl.col("twins") > 0).cast(pl.Int64)
    counted = pl.lit(1, dtype=pl.Int64) if plan.counts_twins else has_twins
    parts = {
        Dimension.COMPLETENESS: (reached, possible * HALVES),
        Dimension.VALIDITY: (filled_count - pl.col("wrong"), filled_count),
        Dimension.ACCURACY: (pl.col("ok"), checked),
        Dimension.CONSISTENCY: (pl.col("applicable") - pl.col("broken"), pl.col("applicable")),
        Dimension.UNIQUENESS: (
            counted * (WHOLE - pl.col("twins")).clip(lower_bound=0), counted * WHOLE,
        ),
    }  # fmt: skip
    columns: dict[str, Any] = {}
    for dimension, (part, whole) in parts.items():
        columns |= {f"{dimension}_reached": part, f"{dimension}_possible": whole}
    for name, today in days.items():
        part, whole = _currentness(plan, today)
        columns |= {f"currentness_{name}": part, "currentness_possible": whole}
    return frame.with_columns(**columns)


def _has(column: str, one: Expected) -> pl.Expr:
    import polars as pl

    return (pl.col(column) & (1 << one.bit)).ne(0).cast(pl.Int64)


def _with_facts(frame: pl.DataFrame, plan: Expectations) -> pl.DataFrame:
    """Read the facts of those records that have any; what is not told is nothing."""
    import polars as pl

    names = pl.List(pl.String)
    shape = pl.Struct(
        {
            "on": pl.Struct({one.name: pl.Int64 for one in plan.aging} or {"_": pl.Int64}),
            "ok": names, "bad": names, "half": names, "wrong": names,
            "broken": pl.List(pl.Int64), "twins": pl.Int64,
        }
    )  # fmt: skip
    told = frame.get_column("facts").str.json_decode(shape).struct.unnest()
    frame = pl.concat([frame.drop("facts"), told], how="horizontal")
    columns = {name: _length(name) for name in ("ok", "bad", "wrong")}
    columns |= {
        f"half_{one.bit}": pl.col("half")
        .list.contains(one.name)
        .fill_null(value=False)
        .cast(pl.Int64)
        for one in plan.fields
    }
    columns |= {
        f"on_{one.bit}": pl.coalesce(pl.col("on").struct.field(one.name), pl.col("made"))
        for one in plan.aging
    }
    columns["broken"] = pl.col("broken").list.get(0, null_on_oob=True).fill_null(0)
    columns["applicable"] = pl.col("broken").list.get(1, null_on_oob=True).fill_null(0)
    columns["twins"] = pl.col("twins").fill_null(0)
    return frame.with_columns(**columns)


def _length(name: str) -> pl.Expr:
    import polars as pl

    return pl.col(name).list.len().fill_null(0).cast(pl.Int64)


def _currentness(plan: Expectations, today: int) -> tuple[pl.Expr, pl.Expr]:
    import polars as pl

    reached = possible = pl.lit(0, dtype=pl.Int64)
    for one in plan.aging:
        weight = one.weight or 1
        table = pl.Series(freshness_table(one.half_life_months), dtype=pl.Int64)
        age = (pl.lit(today, dtype=pl.Int64) - pl.col(f"on_{one.bit}")).clip(0, OLDEST_DAYS)
        has = _has("filled", one)
        reached = reached + has * weight * pl.lit(table).gather(age)
        possible = possible + has * weight * WHOLE
    return reached, possible


# --- the score ------------------------------------------------------------------------------------


def with_score(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Add `score_<name>`, worked out as `arithmetic.score_of` does, null where nothing is measured."""
    import polars as pl

    logarithms = pl.lit(pl.Series(LOGARITHMS, dtype=pl.Int64))
    total = weight = pl.lit(0, dtype=pl.Int64)
    for dimension, weighs in WEIGHTS.items():
        reached = f"{dimension}_reached"
        if dimension is Dimension.CURRENTNESS:
            reached = f"{dimension}_{name}"
        whole = pl.col(f"{dimension}_possible")
        is_measured = whole.gt(0)
        safe = pl.when(is_measured).then(whole).otherwise(1)
        share = (2 * WHOLE * pl.col(reached) + safe) // (2 * safe)
        measured = is_measured.cast(pl.Int64)
        total = total + measured * weighs * logarithms.gather(share)
        weight = weight + measured * weighs
    frame = frame.with_columns(_total=total, _weight=weight)
    mean = pl.col("_total") // pl.when(pl.col("_weight") > 0).then(pl.col("_weight")).otherwise(1)
    steps = pl.Series(STEPS, dtype=pl.Int64)
    means = frame.select(mean=mean).get_column("mean")
    points = steps.search_sorted(means, side="right").cast(pl.Int64)
    return frame.with_columns(points.alias(f"score_{name}")).with_columns(
        pl.when(pl.col("_weight") > 0).then(pl.col(f"score_{name}")).alias(f"score_{name}")
    )


# --- ages -----------------------------------------------------------------------------------------


def with_ages(frame: pl.DataFrame, plan: Expectations, today: int) -> pl.DataFrame:
    """Add `stale_<bit>` for each value past its half-life, and by how many days the oldest is."""
    import polars as pl

    frame = _with_facts(frame, plan)
    overdue = {
        one.bit: pl.when(_has("filled", one) == 1)
        .then(
            pl.lit(today, dtype=pl.Int64) - pl.col(f"on_{one.bit}") - days_of(one.half_life_months)
        )
        .otherwise(0)
        for one in plan.aging
    }
    stale = {f"stale_{bit}": days > 0 for bit, days in overdue.items()}
    return frame.with_columns(overdue_days=pl.max_horizontal(*overdue.values()), **stale)
