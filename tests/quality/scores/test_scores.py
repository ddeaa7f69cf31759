"""A record's score: what counts, that one record and all records come to the same, and what is told."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from keqiao.base.clock import now
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.registry import object_type
from keqiao.quality.scores.arithmetic import Dimension, Part, freshness_table, score_of
from keqiao.quality.scores.expectations import expectations
from keqiao.quality.scores.facts import day_number, facts_of
from keqiao.quality.scores.measuring import parts_of
from keqiao.quality.scores.models import Grouping, QualityDay, Recount
from keqiao.quality.scores.recount import recount
from keqiao.records.measuring import change_facts
from keqiao.records.query import get_record
from keqiao.records.save import Draft, Saved, save_records
from tests.company import SYSTEM, TEST, Company, make, make_all

WHOLE_ACCOUNT = {
    "name": "苏州博远精密机械有限公司",
    "account_type": "company",
    "level": "a",
    "industry": "manufacturing",
    "source_channel": "referral",
    "uscc": "",
    "legal_person": "王建国",
    "phone": "0512-62881234",
    "email": "info@boyuan-sz.cn",
    "region": "320500",
    "address": "工业园区星湖街 328 号",
}


def _record(key: str, pk: int) -> Any:
    return get_record(SYSTEM, object_type(key), pk)


def _parts(key: str, pk: int) -> dict[Dimension, Part]:
    declared = object_type(key)
    row = _record(key, pk)
    facts = facts_of(row.quality_facts)
    return parts_of(row, expectations(declared), facts, day_number(now()))


def _save(key: str, pk: int | None = None, **values: Any) -> int:
    [outcome] = save_records(SYSTEM, object_type(key), [Draft(values, record_id=pk)], source=TEST,
                             allow_duplicates=True)  # fmt: skip
    assert isinstance(outcome, Saved), outcome
    return outcome.record_id


def test_score_is_the_geometric_mean_of_what_was_measured() -> None:
    assert score_of([]) is None
    assert score_of([(Dimension.COMPLETENESS, 1000), (Dimension.VALIDITY, 1000)]) == 100
    # exp((20 ln .5 + 20 ln 1) / 40) = .7071
    assert score_of([(Dimension.COMPLETENESS, 500), (Dimension.VALIDITY, 1000)]) == 71
    # One rotten dimension shows, but does not wipe out the others: exp((25 ln .01) / 65) = .1701
    rotten = [(Dimension.ACCURACY, 0), (Dimension.VALIDITY, 1000), (Dimension.COMPLETENESS, 1000)]
    assert score_of(rotten) == 17


def test_values_lose_half_of_their_truth_in_a_half_life() -> None:
    table = freshness_table(24)
    assert table[0] == 1000
    assert abs(table[round(24 * 30.4375)] - 500) <= 1
    assert sorted(table, reverse=True) == table


def test_placeholders_count_as_empty(company: Company) -> None:
    real = _save("account", **WHOLE_ACCOUNT)
    fake = _save("account", **{**WHOLE_ACCOUNT, "name": "苏州博远包装有限公司", "phone": "13800000000",
                               "legal_person": "无", "email": "test@test.com"})  # fmt: skip
    lost = _parts("account", real)[Dimension.COMPLETENESS].reached
    assert _parts("account", fake)[Dimension.COMPLETENESS].reached == lost - 2 * (2 + 1 + 1)
    assert _record("account", fake).quality_score < _record("account", real).quality_score


def test_some_fields_are_expected_of_companies_only(company: Company) -> None:
    firm = _save("account", **WHOLE_ACCOUNT)
    person = _save("account", **{**WHOLE_ACCOUNT, "name": "李晓明", "account_type": "person",
                                 "legal_person": ""})  # fmt: skip
    assert _parts("account", firm)[Dimension.COMPLETENESS].share < 1000
    assert _parts("account", person)[Dimension.COMPLETENESS].share == 1000
    assert _record("account", person).quality_score == 100


def test_a_value_that_is_no_name_is_not_valid(company: Company) -> None:
    pk = _save("contact", name="13912345670", phone="13912345670")
    assert facts_of(_record("contact", pk).quality_facts).wrong == ["name"]
    before = _record("contact", pk).quality_score
    _save("contact", pk, name="周晓兰")
    assert facts_of(_record("contact", pk).quality_facts).wrong == []
    assert _record("contact", pk).quality_score > before


def test_a_typed_value_is_fresh_and_what_was_known_of_the_old_one_is_dropped(
    company: Company,
) -> None:
    pk = _save("contact", name="周晓兰", phone="13912345670", position="采购经理")

    def found_dead(row: Any) -> bool:
        row.quality_facts = {"on": {"phone": 10_000}, "bad": ["phone"]}
        return True

    assert change_facts(SYSTEM, object_type("contact"), [pk], found_dead, now()) == [pk]
    old = _record("contact", pk)
    assert _parts("contact", pk)[Dimension.ACCURACY] == Part(0, 1)
    _save("contact", pk, phone="13912345671")
    fresh = _record("contact", pk)
    assert facts_of(fresh.quality_facts).on == {"phone": day_number(now())}
    assert Dimension.ACCURACY not in _parts("contact", pk)
    assert fresh.quality_score > old.quality_score


def _random_facts(rng: Random, names: list[str]) -> dict[str, Any] | None:
    if rng.random() < 0.3:
        return None
    today = day_number(now())
    some = [name for name in names if rng.random() < 0.3]
    facts: dict[str, Any] = {
        "on": {name: today - rng.randrange(-3, 3000) for name in some},
        "ok": [name for name in names if rng.random() < 0.1],
        "bad": [name for name in names if rng.random() < 0.1],
        "half": [name for name in names if rng.random() < 0.2],
        "twins": rng.choice([0, 0, 0, 400, 1500]),
        "broken": rng.choice([[], [], [1, 3], [0, 2]]),
    }
    return {name: value for name, value in facts.items() if value} or None


@pytest.mark.parametrize("key", ["account", "contact", "lead"])
def test_counting_all_gives_what_was_kept_one_by_one(company: Company, key: str) -> None:
    rng = Random(7)
    declared = object_type(key)
    plan = expectations(declared)
    names = [one.name for one in plan.fields]
    blank = {
        name: "" for name, one in declared.fields().items()
        if not one.required and not one.read_only and one.kind.empty == "" and not one.choices
    }  # fmt: skip
    pks = make_all(key, [{name: "" for name in blank if rng.random() < 0.4} for _n in range(60)])

    def anything(row: Any) -> bool:
        row.quality_facts = _random_facts(rng, names)
        return True

    change_facts(SYSTEM, declared, pks, anything, now())
    found = recount(declared)
    assert (found.records, found.moved, found.differences) == (60, 0, 0), found.examples
    rows = [_record(key, pk) for pk in pks]
    day = QualityDay.objects.get(object_key=key, grouping=Grouping.ALL)
    assert (day.records, day.measured) == (60, 60)
    assert day.points == sum(row.quality_score for row in rows)
    for dimension in Dimension:
        parts = [
            part for row in rows
            if (part := parts_of(row, plan, facts_of(row.quality_facts), day_number(now()))
                .get(dimension))
        ]  # fmt: skip
        sums = [sum(one.reached for one in parts), sum(one.possible for one in parts), len(parts)]
        assert day.parts[dimension] == sums, dimension


def test_recount_finds_a_score_that_was_kept_wrong(company: Company) -> None:
    declared = object_type("account")
    pks = make_all("account", [{} for _number in range(3)])
    recount(declared)
    declared.model._default_manager.filter(pk=pks[1]).update(quality_score=1)
    found = recount(declared)
    assert (found.differences, found.examples, found.moved) == (1, [pks[1]], 1)
    assert Recount.objects.get(object_key="account").examples == [pks[1]]
    assert _record("account", pks[1]).quality_score > 1
    assert recount(declared).differences == 0


def test_a_score_that_falls_with_time_is_no_difference(company: Company, time_machine: Any) -> None:
    declared = object_type("contact")
    pk = make("contact", phone="13912345670", position="采购经理", email="a@boyuan-sz.cn")
    recount(declared)
    before = _record("contact", pk).quality_score
    time_machine.move_to(now() + timedelta(days=500))
    found = recount(declared)
    assert (found.differences, found.moved) == (0, 1)
    assert _record("contact", pk).quality_score < before


def test_figures_are_told_apart_by_owner_and_department(company: Company) -> None:
    make_all("account", [{"phone": ""}, {}], owner=company.li)
    make_all("account", [{}], owner=company.zhou, seed=50)
    recount(object_type("account"))
    rows = QualityDay.objects.filter(object_key="account")
    owners = {row.value: row.records for row in rows.filter(grouping=Grouping.OWNER)}
    assert owners == {str(company.li.pk): 2, str(company.zhou.pk): 1}
    teams = {row.value: row.records for row in rows.filter(grouping=Grouping.TEAM)}
    assert teams == {str(company.east.pk): 2, str(company.west.pk): 1}
    whole = rows.get(grouping=Grouping.ALL)
    assert whole.missing["phone"] == 1
    assert rows.get(grouping=Grouping.CHANNEL).value == "test"


def test_a_field_of_the_company_can_be_expected_too(company: Company) -> None:
    declared = object_type("lead")
    row = add_custom_field(declared, {"label": "意向产品", "kind": "text", "expected": 2})
    one = expectations(declared).named(row.key)
    assert one is not None and one.weight == 2
    without = make("lead", **{row.key: "无"})
    given = make("lead", seed=9, **{row.key: "变频器"})
    assert _record("lead", given).quality_score > _record("lead", without).quality_score
    assert recount(declared).differences == 0
    assert QualityDay.objects.get(object_key="lead", grouping=Grouping.ALL).missing[row.key] == 1
