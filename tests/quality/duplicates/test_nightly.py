"""Every night all records of a type are compared: pairs come, go, and move the score of uniqueness."""

from __future__ import annotations

from typing import Any

import pytest

from keqiao.customers.account import ACCOUNT
from keqiao.quality.duplicates.deciding import Verdict, decide
from keqiao.quality.duplicates.following import score_record
from keqiao.quality.duplicates.models import ComparisonRun, DuplicatePair, PairStatus, Relation
from keqiao.quality.duplicates.nightly import find_duplicates
from keqiao.quality.duplicates.running import compare_type, problem_text
from keqiao.quality.duplicates.uniqueness import expected_surplus, recount_all_twins
from keqiao.quality.matching import batch
from keqiao.quality.matching.batch import EngineMissing
from keqiao.quality.scores.expectations import expectations
from keqiao.quality.scores.facts import facts_of
from keqiao.quality.scores.nightly import count_all
from keqiao.records.merging import merge_records
from keqiao.records.outbox import dispatch_events
from keqiao.records.removal import delete_records
from tests.company import SYSTEM, TEST, Company, make, save_one
from tests.quality.duplicates.finding import keep, pair_of

NOTHING: dict[str, Any] = {
    "parent": None, "uscc": "", "more_phones": [], "email": "", "website": "", "legal_person": "",
}  # fmt: skip


def _boyuan(name: str, phone: str, **more: Any) -> int:
    given = {"region": "320505", "address": "竹园路209号", **NOTHING, **more}
    return make("account", name=name, phone=phone, **given)


@pytest.fixture
def records_like(company: Company) -> list[int]:
    """Two spellings of one customer, its branch elsewhere, and somebody else."""
    return [
        _boyuan("苏州博远科技有限公司", "13800138001", seed=1),
        _boyuan("博远科技（苏州）有限公司", "13800138001", seed=2),
        _boyuan("苏州博远科技有限公司上海分公司", "13800138001", seed=3, region="310104",
                address="漕溪北路18号"),
        _boyuan("杭州明昌贸易有限公司", "057188887777", seed=4, region="330106", address="文一路1号"),
    ]  # fmt: skip


def _twins(pk: int) -> int:
    return facts_of(ACCOUNT.model._default_manager.get(pk=pk).quality_facts).twins


def test_the_same_customer_is_found_and_a_branch_is_related(records_like: list[int]) -> None:
    one, two, branch, other = records_like
    run = compare_type(ACCOUNT)
    assert (run.problem, run.records) == ("", 4)
    pair = pair_of(one, two)
    assert pair.status == PairStatus.NEW
    assert ["phone", "same"] in pair.reasons
    assert pair_of(one, branch).relation == Relation.BRANCH
    assert not DuplicatePair.objects.filter(right_id=other).exists()
    assert run.pairs == 1


def test_the_same_night_twice_changes_nothing(records_like: list[int]) -> None:
    compare_type(ACCOUNT)
    before = list(DuplicatePair.objects.order_by("pk").values("left_id", "right_id", "status"))
    compare_type(ACCOUNT)
    assert before == list(
        DuplicatePair.objects.order_by("pk").values("left_id", "right_id", "status")
    )


def test_what_is_no_longer_alike_is_withdrawn_and_a_decision_stays(records_like: list[int]) -> None:
    one, two, branch, other = records_like
    compare_type(ACCOUNT)
    decide(SYSTEM, keep(one, other).pk, Verdict(PairStatus.DIFFERENT))
    save_one(SYSTEM, "account", {"name": "南京远大仪器厂", "phone": "02584001234", "address": "太平路3号",
                                 "region": "320102"}, record_id=two)  # fmt: skip
    run = compare_type(ACCOUNT)
    assert run.withdrawn >= 1
    assert not DuplicatePair.objects.filter(left_id=one, right_id=two).exists()
    assert pair_of(one, other).status == PairStatus.DIFFERENT
    assert pair_of(one, branch).relation == Relation.BRANCH


def test_a_value_everybody_has_is_refused_and_named(company: Company) -> None:
    for number in range(90):
        _boyuan(f"第{number}号{'甲乙丙丁戊己庚辛壬癸'[number % 10]}店{number * 7919}", "13900000000",
                seed=number + 1, region="", address="")  # fmt: skip
    from keqiao.quality.matching import blocking

    blocking_budget = blocking.budget
    try:
        blocking.budget = lambda _count: 20_000
        run = compare_type(ACCOUNT)
    finally:
        blocking.budget = blocking_budget
    assert ["phone", "+8613900000000", 90] in run.refused_blocks
    assert DuplicatePair.objects.count() < 90


@pytest.mark.parametrize(("raised", "code"), [
    (EngineMissing("duckdb"), "missing:duckdb"), (MemoryError(), "memory"),
])  # fmt: skip
def test_without_the_engine_the_page_says_what_is_missing_and_entry_goes_on(
    records_like: list[int], monkeypatch: pytest.MonkeyPatch, raised: Exception, code: str
) -> None:
    def fail(*_given: Any) -> None:
        raise raised

    monkeypatch.setattr(batch.Batch, "load", fail)
    found = find_duplicates.func()
    assert found["account"]["problem"] == code
    run = ComparisonRun.objects.filter(object_key="account").get()
    assert "{" not in problem_text(run) and len(problem_text(run)) > 20
    assert score_record(ACCOUNT, records_like[0]) >= 1, "the check of single records goes on"
    assert not expectations(ACCOUNT).counts_twins


def test_after_a_save_the_record_is_compared_by_itself(records_like: list[int]) -> None:
    one, two, branch, _other = records_like
    dispatch_events()
    assert pair_of(one, two).status == PairStatus.NEW
    assert pair_of(one, branch).relation == Relation.BRANCH
    lead = make("lead", seed=5, name="苏州博远科技有限公司", phone="13800138001", region="320505")
    dispatch_events()
    pair = DuplicatePair.objects.get(right_key="lead", right_id=lead, left_id=one)
    assert any(field.startswith("lead.") and "|account." in field for field, _word in pair.reasons)
    save_one(SYSTEM, "account", {"phone": "13511112222", "name": "无锡另一家商店", "region": "320211",
                                 "address": "湖滨路1号"}, record_id=two)  # fmt: skip
    dispatch_events()
    assert not DuplicatePair.objects.filter(left_id=one, right_id=two).exists()


# --- uniqueness -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chances", "surplus"),
    [([], 0), ([1.0], 500), ([0.5], 250), ([1.0, 1.0], 667), ([1.0] * 9, 900)],
)
def test_of_k_copies_k_minus_one_are_surplus(chances: list[float], surplus: int) -> None:
    assert expected_surplus(chances) == surplus


def test_uniqueness_counts_once_all_were_compared_and_moves_with_decisions(
    records_like: list[int],
) -> None:
    one, two, _branch, other = records_like
    assert not expectations(ACCOUNT).counts_twins
    find_duplicates.func()
    assert expectations(ACCOUNT).counts_twins
    chance = pair_of(one, two).probability
    assert _twins(one) == _twins(two) == round(500 * chance)
    assert _twins(other) == 0
    decide(SYSTEM, pair_of(one, two).pk, Verdict(PairStatus.SAME))
    assert _twins(one) == 500
    merge_records(SYSTEM, ACCOUNT, one, [two], source=TEST)
    dispatch_events()
    assert _twins(one) == 0
    assert count_all()["account"]["differences"] == 0


def test_not_the_same_and_a_removed_twin_cost_nothing(records_like: list[int]) -> None:
    one, two, *_others = records_like
    find_duplicates.func()
    DuplicatePair.objects.filter(left_id=one, right_id=two).update(status=PairStatus.DIFFERENT)
    assert recount_all_twins(ACCOUNT) == 2
    assert _twins(one) == 0
    DuplicatePair.objects.filter(left_id=one, right_id=two).update(status=PairStatus.NEW)
    recount_all_twins(ACCOUNT)
    delete_records(SYSTEM, ACCOUNT, [two], source=TEST)
    dispatch_events()
    assert _twins(one) == 0


def test_every_compared_type_is_compared(company: Company) -> None:
    found = find_duplicates.func()
    assert {"account", "contact", "lead"} <= found.keys()
    assert all(not one["problem"] for one in found.values())
