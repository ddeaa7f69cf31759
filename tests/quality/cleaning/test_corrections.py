"""Corrections are right where they are made unasked, leave entered names alone, and learn from people."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.base.identifiers import with_check_character
from keqiao.quality.cleaning.confidence import APPLY_FROM, Level, Record, level_of, sure_share
from keqiao.quality.cleaning.engine import correct
from keqiao.quality.cleaning.knowledge import Knowledge
from keqiao.quality.cleaning.proposal import RecordView
from keqiao.quality.cleaning.rules import BY_ID
from tests.quality.cleaning.injected import FIELDS, HELD_OUT, damaged_records
from tests.quality.cleaning.scoring import account_fields, score

CODE = with_check_character("91320594MA1MX6R01")


def corrected(knowledge: Knowledge | None = None, records=None, **values):
    return correct(RecordView(account_fields(), dict(values), knowledge or Knowledge()), records)


def test_what_is_applied_unasked_is_right_and_most_errors_are_repaired() -> None:
    found = score(damaged_records(HELD_OUT, 1500))
    assert found.applied_right.total() > 1500
    assert found.precision >= 0.995, found.examples[:5]
    assert found.recall >= 0.90, found.missed[:5]


@pytest.mark.parametrize(
    ("field", "before", "after", "rule"),
    [
        ("phone", "＋８６ １３８-１２３４-５６７８", "138 1234 5678", "written_form"),
        ("email", "li@163,com", "li@163.com", "mail_signs"),
        ("email", "Li@QQ.COM", "Li@qq.com", "written_form"),
        ("phone", "138l2345O78", "138 1234 5078", "digit_letters"),
        ("name", "博远 科技有限 公司", "博远科技有限公司", "inner_spaces"),
        ("uscc", CODE.replace("0", "O").replace("1", "I"), CODE, "written_form"),
        ("phone", "暂无", "", "placeholder"),
    ],
)
def test_sure_errors_are_repaired(field, before, after, rule) -> None:
    result = corrected(**{field: before})
    assert result.view.values[field] == after
    assert [(one.rule, one.before) for one in result.applied] == [(rule, before)]


@pytest.mark.parametrize(
    ("values", "field", "after", "rule"),
    [
        ({"email": "li@gmial.com"}, "email", "li@gmail.com", "mail_host"),
        ({"name": "博远科技有限公师"}, "name", "博远科技有限公司", "legal_form"),
        ({"region": "江苏省苏洲市"}, "region", "江苏省苏州市", "place_sound"),
        ({"phone": "62881234", "region": "苏州"}, "phone", "0512-62881234", "area_code"),
        (
            {"name": "王小明", "legal_person": "博远科技有限公司"},
            "name",
            "博远科技有限公司",
            "name_and_person",
        ),
        ({"legal_person": "王小明先生"}, "legal_person", "王小明", "title_in_name"),
    ],
)
def test_probable_errors_are_proposed_and_left(values, field, after, rule) -> None:
    result = corrected(**values)
    assert result.view.values == values
    proposal = next(one for one in result.proposed if one.field == field)
    assert (proposal.after, proposal.rule, proposal.level) == (after, rule, Level.SUGGEST)
    assert 0.80 <= proposal.confidence < APPLY_FROM
    assert str(proposal.evidence)


SUZHOU = {"address": "江苏省苏州市虎丘区星湖街1号", "phone": "0512-62881234"}


def test_a_region_that_all_other_values_contradict_is_pointed_at() -> None:
    [proposal] = corrected(region="北京市东城区", **SUZHOU).proposed
    assert (proposal.after, proposal.rule) == ("江苏省苏州市虎丘区", "region_elsewhere")
    assert proposal.level is Level.FLAG  # nobody has judged this rule yet
    kept = {"region_elsewhere": Record(kept=60)}
    [proposal] = corrected(records=kept, region="北京市东城区", **SUZHOU).proposed
    assert proposal.level is Level.SUGGEST


@pytest.mark.parametrize(
    "values",
    [
        {"region": "江苏省苏州市", **SUZHOU},
        {"region": "江苏省苏州市吴中区", "phone": SUZHOU["phone"]},
        {"region": "北京市东城区", "phone": SUZHOU["phone"]},  # one value against one
        {
            "region": "北京市东城区",
            "address": "上海市浦东新区世纪大道1号",
            "phone": SUZHOU["phone"],
        },
        {"region": "北京市东城区", **SUZHOU, "phone": "010-62881234"},
    ],
)
def test_a_region_is_left_when_the_others_do_not_agree_against_it(values) -> None:
    assert not [one for one in corrected(**values).proposed if one.rule == "region_elsewhere"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "蘇州乾元國際有限公司"),
        ("legal_person", "於慧"),
        ("legal_person", "王总"),
        ("address", "五峰铺镇一号"),
        ("phone", "0512-62881234"),
        ("email", "li@163.com.au"),
        ("name", "O2O科技有限公司"),
    ],
)
def test_what_only_looks_odd_stays_as_entered(field, value) -> None:
    result = corrected(**{"region": "苏州", field: value})
    assert result.view.values[field] == value
    assert result.applied == [] == result.proposed


def test_swapped_fields_change_together_or_not_at_all() -> None:
    result = corrected(phone="li@qq.com", email="13812345678")
    assert (result.view.values["phone"], result.view.values["email"]) == (
        "13812345678",
        "li@qq.com",
    )
    first, second = result.applied
    assert first.group == second.group and first.rule == "swapped_fields"
    # One of them fits where it stands: nothing proves the exchange.
    assert not corrected(phone="13812345678", email="13812345679").applied


def test_a_value_that_cannot_be_repaired_remains_with_its_reason() -> None:
    result = corrected(name="博远科技有限公司", phone="1381234567")
    assert [(one.field, one.code) for one in result.remaining] == [("phone", "too_short")]


def test_correcting_twice_changes_nothing_more() -> None:
    for one in damaged_records(HELD_OUT, 400):
        first = corrected(**one.values)
        again = corrected(**first.view.values)
        assert again.view.values == first.view.values, one.values


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=40), min_size=1))
def test_no_text_breaks_a_rule(values) -> None:
    corrected(**values)


def test_certainty_grows_with_what_was_kept_and_falls_with_what_was_undone() -> None:
    assert sure_share(0, 0) == pytest.approx(0.05, abs=1e-6)
    assert sure_share(598, 0) == pytest.approx(0.05 ** (1 / 599), abs=1e-9)
    assert sure_share(596, 0) < APPLY_FROM < sure_share(597, 0)
    assert sure_share(200, 0) < sure_share(2000, 0)
    assert sure_share(2000, 40) < sure_share(2000, 0)


def test_the_lower_bound_is_the_fifth_percentile_of_the_beta_distribution() -> None:
    rng = random.Random(7)
    drawn = sorted(rng.betavariate(96, 6) for _draw in range(40_000))
    assert sure_share(95, 5) == pytest.approx(drawn[2_000], abs=0.003)


def test_a_rule_that_people_take_back_only_suggests() -> None:
    values = {"email": "li@163,com"}
    assert corrected(**values).applied
    often = {"mail_signs": Record(kept=97, undone=3, kept_lately=97, undone_lately=3)}
    result = corrected(records=often, **values)
    assert not result.applied
    assert [one.level for one in result.proposed] == [Level.SUGGEST]


def test_a_few_judgements_demote_no_rule() -> None:
    assert not Record(kept_lately=9, undone_lately=1).is_demoted
    assert Record(kept_lately=95, undone_lately=5).is_demoted
    assert not Record(kept_lately=99, undone_lately=1).is_demoted


def test_a_rule_nobody_has_judged_only_flags() -> None:
    result = corrected(phone="0512-62881234", region="")
    assert [(one.rule, one.level) for one in result.proposed] == [("region_of_phone", Level.FLAG)]
    assert BY_ID["region_of_phone"].kept == 0


def test_bands_are_inclusive() -> None:
    assert level_of(0.995) is Level.APPLY
    assert level_of(0.80) is level_of(0.9949) is Level.SUGGEST
    assert level_of(0.7999) is Level.FLAG


def test_hosts_of_a_company_are_learned_and_a_firm_of_similar_name_is_no_slip() -> None:
    knowledge = Knowledge()
    for _mail in range(60):
        knowledge.learn_mail("a@boyuan-group.cn")
    knowledge.learn_mail("a@bouuan-group.cn")
    assert knowledge.usual_mail_host("bouuan-group.cn") == "boyuan-group.cn"
    for _mail in range(9):
        knowledge.learn_mail("a@bayuan-group.cn")
    assert knowledge.usual_mail_host("bayuan-group.cn") is None


def test_a_name_unlike_the_others_is_strange_once_there_are_enough() -> None:
    knowledge, rng = Knowledge(), random.Random(3)
    assert knowledge.strangeness("name", "qzxkjw") == 0.0
    for _name in range(400):
        knowledge.learn_text("name", "".join(rng.choices("博远云启山海科技", k=4)) + "有限公司")
    assert knowledge.strangeness("name", "qzxkjw") > 2 * knowledge.strangeness(
        "name", "博远科技有限公司"
    )
