"""Pairs become customers without chains of likeness, against no decision, and without end."""

from __future__ import annotations

from keqiao.quality.matching.clusters import best_partners, cluster, is_one_to_one


def test_a_chain_of_likenesses_does_not_join_strangers() -> None:
    found = cluster({(1, 2): 5.0, (2, 3): 4.0, (1, 3): -11.0})
    assert found.groups == [[1, 2]]
    assert found.kept_apart == [(2, 3)]


def test_pairs_that_no_rule_brought_up_are_weighed_before_joining() -> None:
    asked: list[tuple[int, int]] = []

    def fill(edges: list[tuple[int, int]]) -> dict[tuple[int, int], float]:
        asked.extend(edges)
        return dict.fromkeys(edges, 3.0)

    assert cluster({(1, 2): 5.0, (2, 3): 4.0}, fill=fill).groups == [[1, 2, 3]]
    assert asked == [(1, 3)]


def test_a_pair_to_be_kept_apart_is_not_joined_round_about() -> None:
    weights = {(1, 2): 9.0, (2, 3): 9.0, (3, 4): 9.0, (1, 3): 8.0, (1, 4): 8.0, (2, 4): 8.0}
    found = cluster(weights, apart=[(4, 1)])
    assert all(not {1, 4} <= set(group) for group in found.groups)
    assert found.kept_apart


def test_decisions_that_contradict_each_other_keep_the_pair_apart() -> None:
    found = cluster({}, together=[(1, 2), (2, 3), (3, 1), (5, 6)], apart=[(1, 3)])
    assert [5, 6] in found.groups
    assert all(not {1, 3} <= set(group) for group in found.groups)


def test_what_people_called_the_same_is_joined_against_the_weight() -> None:
    assert cluster({(1, 2): -8.0}, together=[(2, 1)]).groups == [[1, 2]]


def test_five_thousand_copies_of_one_customer_are_refused_and_reported() -> None:
    chain = {(at, at + 1): 6.0 for at in range(5_000)}
    found = cluster(chain, largest=1_000)
    assert not found.groups
    assert [len(group) for group in found.refused] == [5_001]


def test_two_lists_without_inner_duplicates_are_matched_one_to_one() -> None:
    weights = {(0, 10): 9.0, (1, 11): 8.0, (2, 12): 7.0, (3, 13): 6.0, (4, 14): 5.0, (5, 15): 5.0,
               (1, 10): 3.0}  # fmt: skip
    assert is_one_to_one(weights)
    assert (1, 10) not in best_partners(weights)
    assert len(best_partners(weights)) == 6
    assert not is_one_to_one([(0, 10), (0, 11), (1, 10), (1, 11)])
