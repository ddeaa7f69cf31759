"""Lists of every kind: what their columns hold, what is the same in them, and what is not."""

from __future__ import annotations

import random

import pytest

from keqiao.quality.forms import Role
from keqiao.quality.matching.columns import Skipped, Table, compared_columns
from keqiao.quality.matching.keys import key_rules, keys_of
from keqiao.quality.matching.normal import Recorder
from keqiao.quality.matching.run import NothingToCompare, Result, match_tables, reasons_of
from tests.quality.matching.agreement import customer_table
from tests.quality.truth.generate import customers, true_pairs


def f1(found: set[tuple[int, int]], true: set[tuple[int, int]]) -> float:
    return 2 * len(found & true) / (len(found) + len(true))


def edges(result: Result) -> set[tuple[int, int]]:
    return {(pair.left, pair.right) for pair in result.pairs}


@pytest.fixture(scope="module")
def judged() -> Result:
    return match_tables(customer_table(6_000, 21, "judged"))


def test_generated_customers_of_another_seed_and_mix_are_found(judged: Result) -> None:
    true = true_pairs(customers(6_000, 21, "judged"))
    found = edges(judged)
    assert f1(found, true) >= 0.985
    assert len(found & true) / len(found) >= 0.99
    assert judged.model.origin == "learned"


def test_families_and_branches_are_linked_and_not_called_the_same(judged: Result) -> None:
    rows = customers(6_000, 21, "judged")
    kinds = {judged.model.vetoes[pair.veto].link for pair in judged.links}
    assert {"household", "branch"} <= kinds
    wrong = sum(rows[pair.left].entity == rows[pair.right].entity for pair in judged.links)
    assert wrong <= 0.05 * len(judged.links)


def test_reasons_name_the_columns_that_tell(judged: Result) -> None:
    texts = [" ".join(reasons_of(judged, pair)) for pair in judged.pairs[:50]]
    assert all(texts)
    assert any("电话" in text for text in texts)


def test_a_block_everybody_is_in_is_refused_and_named() -> None:
    table = customer_table(3_000, 8)
    for row in table.rows[:2_500]:
        row[2] = "13800000000"
    result = match_tables(table)
    assert ("+8613800000000", 2_500) in [(one.value, one.rows) for one in result.refused_blocks]
    assert result.candidates < 1_000_000
    assert f1(edges(result), true_pairs(customers(3_000, 8))) > 0.85


def test_the_columns_of_a_list_without_known_names_are_told_by_content() -> None:
    rows = [
        [str(at), f"Name{at % 37} Miller", f"{at:03d}-555-{at * 7 % 10000:04d}", f"u{at}@x{at % 9}.org",
         f"19{at % 90 + 10}-03-{at % 28 + 1:02d}", f"{at * 1.17:.2f}", "same", ""]
        for at in range(200)
    ]  # fmt: skip
    table = Table(["id", "a", "b", "c", "d", "e", "f", "g"], rows)
    columns, skipped = compared_columns(table)
    assert {one.label: one.role for one in columns} == {
        "a": Role.TEXT, "b": Role.PHONE, "c": Role.EMAIL, "d": Role.DATE, "e": Role.NUMBER,
    }  # fmt: skip
    assert skipped == {"id": Skipped.ROW_NUMBER, "f": Skipped.CONSTANT, "g": Skipped.EMPTY}


def test_a_map_decides_against_name_and_content() -> None:
    table = Table(["x", "y"], [[f"A{at}", f"word {at % 50}"] for at in range(150)])
    columns, skipped = compared_columns(table, forced={"x": Role.CODE, "y": Role.NONE})
    assert [(one.label, one.role) for one in columns] == [("x", Role.CODE)]
    assert skipped == {"y": Skipped.ASIDE}


def test_columns_of_two_files_find_each_other() -> None:
    dice = random.Random(4)
    words = ["golden", "river", "dragon", "corner", "garden", "palace", "lotus", "union", "harbor"]
    names = [" ".join(dice.sample(words, 3)) for _ in range(150)]
    phones = [f"{dice.randrange(201, 899)}-{dice.randrange(200, 999)}-{dice.randrange(10**4):04d}"
              for _ in range(150)]  # fmt: skip
    left = Table(["http://a/one.owl#name", "http://a/one.owl#phone"],
                 [[names[at], phones[at]] for at in range(100)])  # fmt: skip
    right = Table(["http://b/two.owl#phone", "http://b/two.owl#name", "rating"],
                  [[phones[at].replace("-", "/", 1), names[at], "5"] for at in range(50, 150)])  # fmt: skip
    result = match_tables(left, right)
    assert result.is_one_to_one
    found = {(pair.left, pair.right - 100) for pair in result.pairs}
    assert found == {(at, at - 50) for at in range(50, 100)}


def test_a_list_with_nothing_to_compare_says_so() -> None:
    with pytest.raises(NothingToCompare):
        match_tables(Table(["id"], [["1"], ["2"], ["3"]]))


def test_bulk_records_equal_single_ones() -> None:
    table = customer_table(300, 5)
    columns, _skipped = compared_columns(table)
    recorder = Recorder(columns)
    single = [recorder.record({one.name: row[one.left] for one in columns}) for row in table.rows]
    from keqiao.quality.matching.batch import Batch

    with Batch() as batch:
        recorder.write(table.rows, [one.left for one in columns], 0, 0, batch.folder)
        batch.load(recorder.form_names(), [len(table.rows)])
        bulk = batch.records(range(300))
    for at, record in enumerate(single):
        assert {name: bulk[at][name] for name in record} == record


def test_duplicates_share_a_key_of_the_entry_check() -> None:
    table = customer_table(4_000, 9, "judged")
    columns, _skipped = compared_columns(table)
    recorder = Recorder(columns)
    rules = key_rules({one.name: one.role for one in columns})
    keys = [
        set(keys_of(recorder.record({one.name: row[one.left] for one in columns}), rules))
        for row in table.rows
    ]
    true = true_pairs(customers(4_000, 9, "judged"))
    caught = sum(bool(keys[left] & keys[right]) for left, right in true)
    assert caught >= 0.985 * len(true)
    assert all(-(2**63) <= key < 2**63 for each in keys for key in each)
