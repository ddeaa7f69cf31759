"""A pair is kept once, whichever way round it is found, and never against what a person decided."""

from __future__ import annotations

import pytest

from keqiao.access.access import Access
from keqiao.customers.account import ACCOUNT
from keqiao.quality.duplicates.deciding import (
    PairProblem,
    Verdict,
    decidable_pairs,
    decide,
    take_back,
    visible_pairs,
)
from keqiao.quality.duplicates.models import Band, DuplicatePair, PairStatus, Relation, Scenario
from keqiao.quality.duplicates.pairs import record_pairs
from keqiao.records.merging import Merged, merge_records
from keqiao.records.merging_log import raw_row
from keqiao.records.merging_undo import Unmerged, undo_merge
from keqiao.records.save import Source
from tests.company import SYSTEM, TEST, Company, make
from tests.quality.duplicates.finding import found, keep, pair_of

SAME = Verdict(PairStatus.SAME)
DIFFERENT = Verdict(PairStatus.DIFFERENT, reason="两家公司同一栋楼")


def _accounts(count: int, **values: object) -> list[int]:
    return [make("account", seed=seed + 1, parent=None, **values) for seed in range(count)]


def _merge(survivor: int, *losers: int) -> Merged:
    outcome = merge_records(SYSTEM, ACCOUNT, survivor, losers, source=TEST)
    assert isinstance(outcome, Merged), outcome
    return outcome


def test_a_pair_is_one_row_whichever_way_round_it_is_found(company: Company) -> None:
    one, two = _accounts(2)
    finds = [found(two, one, weight=9.0), found(one, two, weight=11.0)]
    assert record_pairs(finds, Scenario.ENTRY, "hand-1") == 1
    assert (
        record_pairs([found(two, one, weight=30.0, probability=0.9999)], Scenario.NIGHTLY, "v2")
        == 1
    )
    [pair] = DuplicatePair.objects.all()
    assert (pair.left, pair.right) == (("account", one), ("account", two))
    assert (pair.weight, pair.band, pair.model_version) == (30.0, Band.SAFE, "v2")
    assert pair.scenario == Scenario.ENTRY, "who found it first"
    assert pair.reasons == [["phone", "same"], ["name", "similar"]]


def test_records_of_two_types_are_a_pair_as_well(company: Company) -> None:
    account, lead = make("account", seed=1, parent=None), make("lead", seed=2)
    record_pairs([found(lead, account, keys=("lead", "account"))], Scenario.WEB, "hand-1")
    [pair] = DuplicatePair.objects.all()
    assert (pair.left, pair.right) == (("account", account), ("lead", lead))


@pytest.mark.parametrize("way_round", [False, True])
def test_not_the_same_is_for_ever(company: Company, way_round: bool) -> None:
    one, two = _accounts(2)
    decide(SYSTEM, keep(one, two).pk, DIFFERENT)
    again = found(two, one, weight=40.0) if way_round else found(one, two, weight=40.0)
    record_pairs([again], Scenario.NIGHTLY, "v9")
    pair = pair_of(one, two)
    assert (pair.status, pair.weight, pair.reason) == (PairStatus.DIFFERENT, 12.0, DIFFERENT.reason)


def test_a_veto_makes_related_records_until_the_model_sees_it_otherwise(company: Company) -> None:
    one, two = _accounts(2)
    pair = keep(one, two, link="branch")
    assert (pair.status, pair.relation) == (PairStatus.RELATED, Relation.BRANCH)
    assert keep(one, two).status == PairStatus.NEW
    pair = keep(one, two, link="related_company")
    assert (pair.relation, pair.decided_at) == (Relation.GROUP, None)


def test_who_was_merged_away_is_found_as_the_one_that_stands_for_him(company: Company) -> None:
    one, two, three = _accounts(3)
    _merge(one, two)
    assert record_pairs([found(two, three)], Scenario.NIGHTLY, "hand-1") == 1
    assert pair_of(one, three).status == PairStatus.NEW
    assert record_pairs([found(one, two)], Scenario.NIGHTLY, "hand-1") == 0, "they are one"


def test_after_a_merge_the_decision_moves_to_the_survivor_and_back(company: Company) -> None:
    one, two, three, four = _accounts(4)
    decide(SYSTEM, keep(two, three).pk, DIFFERENT)
    decide(SYSTEM, keep(two, four).pk, Verdict(PairStatus.RELATED, Relation.HOUSEHOLD))
    for left, right in ((one, two), (one, three)):
        keep(left, right)
    before = {row.pk: raw_row(row) for row in DuplicatePair.objects.all()}
    merged = _merge(one, two)
    assert pair_of(one, two).status == PairStatus.MERGED
    assert pair_of(one, three).status == PairStatus.DIFFERENT, "of two the one that keeps apart"
    assert pair_of(one, four).relation == Relation.HOUSEHOLD
    assert DuplicatePair.objects.count() == 3
    record_pairs([found(three, two), found(three, one)], Scenario.NIGHTLY, "v2")
    assert pair_of(one, three).status == PairStatus.DIFFERENT
    outcome = undo_merge(SYSTEM, merged.merge_id, source=Source("revert"))
    assert isinstance(outcome, Unmerged), outcome
    assert {row.pk: raw_row(row) for row in DuplicatePair.objects.all()} == before


def test_several_merges_one_after_another_carry_the_decision_along(company: Company) -> None:
    one, two, three, four = _accounts(4)
    decide(SYSTEM, keep(one, four).pk, DIFFERENT)
    _merge(two, one)
    _merge(three, two)
    assert pair_of(three, four).status == PairStatus.DIFFERENT
    _merge(three, four)
    assert pair_of(three, four).status == PairStatus.MERGED, "somebody merged them knowingly"


# --- who decides ----------------------------------------------------------------------------------


def test_only_who_sees_both_and_may_change_one_decides(company: Company) -> None:
    mine, also_mine = _accounts(2, owner=company.li)
    of_zhou = make("account", seed=9, owner=company.zhou, parent=None)
    own, foreign = keep(mine, also_mine), keep(mine, of_zhou)
    li, auditor = Access.for_user(company.li), Access.for_user(company.sun)
    assert list(visible_pairs(li)) == [own]
    assert set(visible_pairs(auditor)) == {own, foreign}
    assert not decidable_pairs(auditor).exists(), "an auditor looks and changes nothing"
    with pytest.raises(PairProblem) as refused:
        decide(li, foreign.pk, DIFFERENT)
    assert refused.value.code == "missing"
    with pytest.raises(PairProblem):
        decide(auditor, own.pk, DIFFERENT)
    pair = decide(li, own.pk, DIFFERENT)
    assert (pair.status, pair.decided_by_id) == (PairStatus.DIFFERENT, company.li.pk)


def test_a_decision_is_taken_once_and_taken_back_by_who_took_it(company: Company) -> None:
    one, two = _accounts(2, owner=company.li)
    pair = keep(one, two)
    li = Access.for_user(company.li)
    decide(li, pair.pk, DIFFERENT)
    with pytest.raises(PairProblem) as refused:
        decide(SYSTEM, pair.pk, SAME)
    assert refused.value.code == "decided"
    assert take_back(li, pair.pk).status == PairStatus.NEW
    assert decide(SYSTEM, pair.pk, SAME).status == PairStatus.SAME
    assert decide(li, pair.pk, DIFFERENT).status == PairStatus.DIFFERENT, "not merged: still open"


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(PairStatus.MERGED),
        Verdict(PairStatus.NEW),
        Verdict(PairStatus.RELATED),
        Verdict(PairStatus.RELATED, "cousins"),
        Verdict(PairStatus.DIFFERENT, Relation.BRANCH),
    ],
)
def test_what_is_no_decision_is_refused(company: Company, verdict: Verdict) -> None:
    one, two = _accounts(2)
    pair = keep(one, two)
    with pytest.raises(PairProblem) as refused:
        decide(SYSTEM, pair.pk, verdict)
    assert refused.value.code == "invalid"
    assert pair_of(one, two).status == PairStatus.NEW


def test_the_same_in_a_circle_with_not_the_same_is_told_before_it_is_kept(company: Company) -> None:
    one, two, three, four = _accounts(4)
    decide(SYSTEM, keep(one, two).pk, SAME)
    decide(SYSTEM, keep(two, three).pk, SAME)
    decide(SYSTEM, keep(one, four).pk, DIFFERENT)
    last = keep(three, four)
    with pytest.raises(PairProblem) as refused:
        decide(SYSTEM, last.pk, SAME)
    assert refused.value.code == "contradiction"
    assert decide(SYSTEM, last.pk, SAME, is_sure=True).status == PairStatus.SAME


def test_a_circle_of_same_decisions_comes_to_an_end(company: Company) -> None:
    one, two, three = _accounts(3)
    for left, right in ((one, two), (two, three), (one, three)):
        assert decide(SYSTEM, keep(left, right).pk, SAME).status == PairStatus.SAME
