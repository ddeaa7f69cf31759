"""Compares the pairs of a batch on Spark, for lists beyond one machine (KEQIAO_MATCH_ENGINE=spark).

The statements are those DuckDB runs, in Spark's words. DuckDB plans and counts; Spark takes the records
and pairs as Parquet files and gives the levels back as such. A cluster is named as usual for Spark
(`spark.master` in its defaults file); without one it runs on the cores of this machine.
"""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from keqiao.quality.matching.batch import Batch, EngineMissing
from keqiao.quality.matching.conditions import SparkDialect
from keqiao.quality.matching.model import Model
from keqiao.quality.matching.statements import levels_of_pairs, weighed_pairs

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def _jaro_winkler(left: str | None, right: str | None) -> float | None:
    return None if left is None or right is None else JaroWinkler.similarity(left, right)


def _damerau(left: str | None, right: str | None) -> int | None:
    return None if left is None or right is None else DamerauLevenshtein.distance(left, right)


@cache
def session() -> SparkSession:
    """Return the Spark session of this process, with the two distances Spark lacks."""
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
        from pyspark.sql.types import DoubleType, IntegerType
    except ImportError:
        raise EngineMissing("pyspark") from None
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.ansi.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
    }
    # The workers must find what this process finds.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("keqiao-match")
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        made = builder.getOrCreate()
    except PySparkRuntimeError:  # its gateway does not come up
        raise EngineMissing("java") from None
    made.sparkContext.setLogLevel("ERROR")
    made.udf.register(SparkDialect.jaro_winkler, _jaro_winkler, DoubleType())
    made.udf.register(SparkDialect.damerau, _damerau, IntegerType())
    return made


def reach_levels(batch: Batch, model: Model, pairs: str, into: str) -> None:
    """Do what `Batch.reach_levels` does, on Spark."""
    spark = session()
    _offer(batch, "records")
    _offer(batch, pairs)
    answered = _emptied(batch, f"{into}-answer")
    statement = levels_of_pairs(model, pairs, "records", SparkDialect())
    spark.sql(statement).write.parquet(str(answered))
    batch.connection.execute(
        f"CREATE OR REPLACE TABLE {into} AS SELECT * FROM read_parquet('{answered}/*.parquet')"
    )


def weights(batch: Batch, model: Model, levels: str, least: float) -> list[tuple[Any, ...]]:
    """Return (l, r, weight) of the pairs of a table of levels that reach `least` bits, from Spark."""
    spark = session()
    batch.put_shares(model)
    _offer(batch, levels)
    _offer(batch, "shares")
    found = spark.sql(weighed_pairs(model, levels, "shares", least)).select("l", "r", "weight")
    return [tuple(row) for row in found.collect()]


def _offer(batch: Batch, table: str) -> None:
    """Show a table of the batch to Spark under its name."""
    path = _emptied(batch, f"{table}-offered")
    path.mkdir()
    batch.connection.execute(f"COPY {table} TO '{path}/part.parquet' (FORMAT parquet)")
    session().read.parquet(str(path)).createOrReplaceTempView(table)


def _emptied(batch: Batch, name: str) -> Path:
    path = batch.folder / name
    if path.exists():
        shutil.rmtree(path)
    return path
