"""One model, three executors: an entry, a batch and a cluster weigh a pair alike."""

from __future__ import annotations

import importlib.util

import pytest

from keqiao.quality.matching.batch import EngineMissing
from keqiao.quality.matching.model import UnreadableModel, read_model
from keqiao.quality.matching.recipes import hand_model
from keqiao.quality.matching.run import match_tables
from tests.quality.matching.agreement import compare_executors, customer_table


def test_duckdb_weighs_as_python_does() -> None:
    count, worst, other_levels = compare_executors(4_000, spark=False)["duckdb"]
    assert count > 2_000
    assert other_levels == 0
    assert worst < 1e-6


def test_spark_weighs_as_python_does_or_says_what_is_missing() -> None:
    if importlib.util.find_spec("pyspark") is None:
        from keqiao.quality.matching import spark

        with pytest.raises(EngineMissing, match="pyspark"):
            spark.session()
        return
    count, worst, other_levels = compare_executors(1_500, spark=True)["spark"]
    assert count > 500
    assert other_levels == 0
    assert worst < 1e-6


def test_a_kept_model_weighs_as_the_one_that_was_kept() -> None:
    table = customer_table(1_500, 4)
    first = match_tables(table)
    again = match_tables(table, model=read_model(first.model.as_json()))
    assert [(p.left, p.right, p.weight) for p in again.pairs] == [
        (p.left, p.right, p.weight) for p in first.pairs
    ]


def test_a_model_of_another_version_is_refused() -> None:
    kept = hand_model([]).as_json().replace('"version": 1', '"version": 0')
    with pytest.raises(UnreadableModel):
        read_model(kept)
    with pytest.raises(UnreadableModel):
        read_model("{")
