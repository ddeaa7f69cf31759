"""One model, three executors: an entry, a batch and a cluster weigh a pair alike."""

from __future__ import annotations

import importlib.util

import pytest

from keqiao.quality.matching.batch import EngineMissing
from keqiao.quality.matching.model import UnreadableModel, read_model
from keqiao.quality.matching.recipes import hand_model
from keqiao.quality.matching.run import match_tables
from keqiao.quality.matching.second_stage import TooFewReviews, train
from tests.quality.matching.agreement import compare_executors, customer_table
from tests.quality.truth.generate import customers, true_pairs


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


def test_the_second_stage_learns_from_reviews_what_weights_count_twice() -> None:
    rows = customers(8_000, 31, "judged")
    result = match_tables(customer_table(8_000, 31, "judged"), keep_weighed=True)
    true = true_pairs(rows)
    pairs = [pair for pair in result.weighed if pair.veto < 0]
    labels = [(pair.left, pair.right) in true for pair in pairs]
    if importlib.util.find_spec("sklearn") is None:
        with pytest.raises(EngineMissing, match="scikit-learn"):
            train(result.model, pairs, labels)
        return
    seen, rest = pairs[::2], pairs[1::2]
    stage = train(result.model, seen, labels[::2])
    called = [each >= 0.5 for each in stage.probabilities(rest)]
    plain = [pair.weight >= result.model.threshold for pair in rest]
    truth = labels[1::2]

    def errors(said: list[bool]) -> int:
        return sum(one != other for one, other in zip(said, truth, strict=True))

    assert errors(called) <= errors(plain)
    with pytest.raises(TooFewReviews):
        train(result.model, seen[:10], labels[:20:2])
