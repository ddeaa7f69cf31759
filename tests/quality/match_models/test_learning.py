"""Decisions move weights and probabilities, and only what beats the version in force comes into force."""

from __future__ import annotations

import random
from typing import Any

import pytest

from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.duplicates.models import Band, DuplicatePair, PairStatus, Scenario
from keqiao.quality.match_models.day_one import day_one_model, plan_of, single_fields
from keqiao.quality.match_models.figures import Figures, is_better, measure
from keqiao.quality.match_models.in_force import in_force, model_in_force
from keqiao.quality.match_models.judged import Judged, decided_pairs, is_frozen
from keqiao.quality.match_models.learning import calibrated, reweighted
from keqiao.quality.match_models.models import MatchModel, ModelSource
from keqiao.quality.match_models.publishing import NotPublished, keep_version, publish
from keqiao.quality.match_models.shipped import shipped_pairs
from keqiao.quality.match_models.training import train
from keqiao.quality.matching.batch import Batch, EngineMissing
from keqiao.quality.matching.model import Model, read_model
from keqiao.quality.matching.scorer import Scorer
from tests.company import Company, make_all

pytestmark = pytest.mark.django_db

# In this company one office telephone serves many firms, and a name with its address is one customer.
BRANDS = "锦恒鑫瑞博远启辰泰康宏达信诚光华利民金源德邦佳禾卓立天成"
SHARED_PHONE = {"name": "different", "phone": "same"}
ONE_FIRM = {"name": "alike", "region": "same"}


def day_one() -> Model:
    return day_one_model(plan_of(object_type("account")))


def judged(count: int = 60) -> list[Judged]:
    different = Judged(SHARED_PHONE, is_same=False)
    return [Judged(ONE_FIRM, is_same=True)] * count + [different] * count


def weight(model: Model, words: dict[str, str]) -> float:
    one = Judged(words, is_same=True)
    return Scorer(model).weight(one.levels(model), {form.form: "" for form in model.comparisons})


def decide(user: Any, pairs: list[Judged]) -> None:
    DuplicatePair.objects.bulk_create(
        DuplicatePair(
            left_key="account", left_id=at, right_key="account", right_id=at + 1_000_000,
            weight=1.0, probability=0.6, band=Band.REVIEW, reasons=list(one.words.items()),
            scenario=Scenario.NIGHTLY, model_version="0", found_at=now(), seen_at=now(),
            status=PairStatus.SAME if one.is_same else PairStatus.DIFFERENT,
            decided_at=now(), decided_by=user,
        )
        for at, one in enumerate(pairs)
    )  # fmt: skip


def test_decisions_move_the_weights_they_speak_of_and_no_others() -> None:
    before = day_one()
    after = reweighted(before, judged())
    assert weight(after, SHARED_PHONE) < weight(before, SHARED_PHONE)
    assert weight(after, ONE_FIRM) > weight(before, ONE_FIRM)
    by_name = {one.name: one for one in after.comparisons}
    untouched = next(one for one in before.comparisons if one.name == "website")
    assert by_name["website"] == untouched


def test_a_moved_model_is_kept_and_read_back_as_it_is() -> None:
    model = calibrated(reweighted(day_one(), judged()), judged())
    assert read_model(model.as_json()) == model
    assert model.origin == "decisions"


def test_probabilities_rise_with_the_weight_and_follow_the_decisions() -> None:
    model = day_one()
    rng = random.Random(3)
    words = [one.words for one in shipped_pairs(plan_of(object_type("account")))]
    answered = [Judged(one, rng.random() < 0.5) for one in words]
    made = calibrated(model, answered)
    told = [made.probability(bits / 4) for bits in range(-160, 200)]
    assert told == sorted(told)
    assert told[0] >= 0.0 and told[-1] <= 1.0
    # Half of everything is the same, whatever the weights say.
    inside = [made.probability(weight(model, one)) for one in words]
    assert 0.4 < sum(inside) / len(inside) < 0.6


def test_what_nobody_decided_keeps_the_probability_it_had() -> None:
    assert calibrated(day_one(), []) == day_one()


def test_the_frozen_set_is_a_fifth_and_never_changes() -> None:
    frozen = [pk for pk in range(1, 5001) if is_frozen(pk)]
    assert 850 < len(frozen) < 1150
    assert frozen[:6] == [11, 14, 22, 27, 32, 35]


def test_shipped_pairs_are_always_the_same_and_hold_both_kinds() -> None:
    plan = plan_of(object_type("account"))
    first = shipped_pairs(plan)
    assert {one.is_same for one in first} == {True, False}
    figures = measure(day_one(), first)
    assert figures.is_telling
    assert figures.f1 > 0.85
    assert (figures.safe_precision or 0) > 0.99


def figures(safe: int, safe_right: int, right: int) -> Figures:
    return Figures(200, 100, right, right, safe, safe_right)


NOTHING = Figures(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("own", "rival", "expected"),
    [
        (figures(50, 50, 90), figures(50, 50, 80), True),
        (figures(50, 49, 95), figures(50, 50, 80), False),  # merges wrongly: never
        (figures(0, 0, 95), figures(50, 50, 80), False),  # calls nothing safe any more
        (figures(50, 50, 80), figures(50, 50, 80), False),  # no better
        (figures(60, 60, 80), figures(50, 50, 80), True),  # merges more, as rightly
        (NOTHING, NOTHING, False),
    ],
)
def test_what_is_better(own: Figures, rival: Figures, expected: bool) -> None:
    assert is_better((own, NOTHING), (rival, NOTHING)) is expected
    assert is_better((NOTHING, own), (NOTHING, rival)) is expected


def test_the_shipped_set_guards_what_the_decisions_praise() -> None:
    own = figures(50, 50, 95), figures(50, 48, 90)
    assert not is_better(own, (figures(50, 50, 80), figures(50, 50, 90)))


def test_training_learns_from_decisions_and_publishes_what_is_better(company: Company) -> None:
    usual = list(shipped_pairs(plan_of(object_type("account"))))
    decide(company.qian, [*usual, *[Judged(SHARED_PHONE, is_same=False)] * 300])
    before = in_force(object_type("account"))
    told = train(object_type("account"))
    assert told["problem"] == "few"
    row = MatchModel.objects.get()
    assert (row.source, row.decisions) == (ModelSource.DECISIONS, told["decisions"])
    assert told["decisions"] == sum(
        not is_frozen(pk) for pk in DuplicatePair.objects.values_list("pk", flat=True)
    )
    assert told["published"] == [1]
    assert in_force(object_type("account")).number == 1 != before.number
    model = model_in_force(object_type("account"))
    assert model.probability(weight(model, SHARED_PHONE)) < 0.5


def test_a_version_that_is_not_better_stays_out_of_force_and_says_so() -> None:
    declared = object_type("account")
    row = keep_version(declared, day_one().with_(prior=30.0), ModelSource.LEARNED)
    with pytest.raises(NotPublished) as refused:
        publish(declared, row.number, None)
    assert refused.value.code == "not_better"
    assert in_force(declared).number == 0


def test_going_back_is_always_possible() -> None:
    declared = object_type("account")
    old = keep_version(declared, day_one().with_(prior=-11.0), ModelSource.LEARNED)
    MatchModel.objects.filter(pk=old.pk).update(published_at=now())
    publish(declared, old.number, None)
    assert in_force(declared).number == 1
    publish(declared, 0, None)
    assert in_force(declared).number == 0
    assert model_in_force(declared).prior == day_one().prior


def test_without_duckdb_it_says_what_is_missing_and_learns_from_decisions(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_there(self: Batch) -> Batch:
        raise EngineMissing("duckdb")

    monkeypatch.setattr(Batch, "__enter__", nothing_there)
    decide(company.qian, judged(200))
    told = train(object_type("account"))
    assert told["problem"] == "missing:duckdb"
    assert told["versions"] == [1]


def test_what_the_night_merged_by_itself_is_no_decision(company: Company) -> None:
    decide(company.qian, judged(3))
    DuplicatePair.objects.update(decided_by=None, status=PairStatus.MERGED)
    assert decided_pairs(object_type("account")) == []


def test_training_learns_from_the_records_alone(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keqiao.quality.match_models.training.LEAST_RECORDS", 100)
    rng = random.Random(11)
    firsts = [
        {"name": f"苏州{''.join(rng.choices(BRANDS, k=3))}贸易有限公司", "phone": f"138{at:08}",
         "region": rng.choice(("320505", "310101", "110101")), "website": f"www.firm{at}.com"}
        for at in rng.sample(range(10**8), 90)
    ]  # fmt: skip
    # Here everybody who is entered twice has another telephone the second time.
    again = [{**one, "phone": f"159{at:08}"} for at, one in enumerate(firsts[:40])]
    # What the company leaves empty; two valid registration numbers would make them two firms.
    plan = plan_of(object_type("account"))
    empty = {name: "" for name in single_fields(plan) if name not in firsts[0]}
    make_all("account", [{**empty, **one} for one in (*firsts, *again)])
    told = train(object_type("account"))
    assert (told["problem"], told["versions"]) == ("", [1])
    row = MatchModel.objects.get()
    learned = read_model(row.model)
    assert (row.source, learned.origin) == (ModelSource.LEARNED, "learned")
    different = {one.name: one.levels[-1].weight for one in learned.comparisons}
    by_hand = {one.name: one.levels[-1].weight for one in day_one().comparisons}
    assert different["phone"] > by_hand["phone"]
    assert row.figures["shipped"]["pairs"] > 1000
    # Nobody has decided anything: an invented set alone publishes nothing.
    assert told["published"] == []
    assert in_force(object_type("account")).number == 0
