"""Rules over several fields refuse, ask for review or hint, and never tell of what a person may not see."""

from __future__ import annotations

import pytest

from keqiao.access.access import Access
from keqiao.access.models import Role
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.base.clock import now
from keqiao.base.identifiers import resident_id_with_check_character, with_check_character
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.kinds.roles import Role as Told
from keqiao.catalog.quality_rules import Severity
from keqiao.catalog.registry import object_type, object_types
from keqiao.quality.standards import known
from keqiao.quality.standards.checks import declared_checks
from keqiao.quality.standards.models import StandardRule
from keqiao.quality.standards.relations import contradiction_of
from keqiao.quality.standards.trial import try_rule
from keqiao.records.drafts import Draft, Rejected, Saved, Source
from keqiao.records.save import save_records
from tests.company import Company, make

FORM = Source("form")
SUZHOU, HANGZHOU = "320500", "330100"
SUZHOU_CODE = with_check_character("91320594MA1MX6R01")


@pytest.fixture
def access(db):
    known.forget()
    yield Access.system(reason="test")
    known.forget()


def save(access, **values):
    drafts = [Draft({"name": "博远", **values}, allow_duplicates=True)]
    [outcome] = save_records(access, object_type("account"), drafts, source=FORM)
    return outcome


@pytest.mark.parametrize(
    ("first", "second", "here", "there", "agreeing"),
    [
        (Told.USCC, Told.REGION, SUZHOU_CODE, HANGZHOU, "320102"),
        (Told.PHONE, Told.REGION, "+8651262881234", HANGZHOU, "320506"),
        (Told.ADDRESS, Told.REGION, "江苏省苏州市人民路1号", HANGZHOU, "320000"),
        (Told.COMPANY, Told.REGION, "苏州博远科技有限公司", HANGZHOU, "320506"),
        (
            Told.COMPANY,
            Told.ADDRESS,
            "苏州博远科技有限公司",
            "杭州市西湖区文三路1号",
            "苏州市人民路1号",
        ),
    ],
)
def test_two_fields_that_contradict_each_other_are_found(
    first, second, here, there, agreeing
) -> None:
    check = contradiction_of(first, second)
    assert str(check(here, there))
    assert check(here, agreeing) is None
    turned = contradiction_of(second, first)
    assert str(turned(there, here)) == str(check(here, there))


@pytest.mark.parametrize("value", ["+8613812345678", "+864008208820", "+16502530000"])
def test_numbers_without_area_code_contradict_no_region(value) -> None:
    assert contradiction_of(Told.PHONE, Told.REGION)(value, HANGZHOU) is None


def test_every_declared_rule_of_every_object_type_can_run() -> None:
    for declared in object_types():
        assert len(declared_checks(declared)) == len(declared.quality)


def test_a_contradiction_is_saved_and_told(access) -> None:
    outcome = save(access, phone="0512-62881234", region=HANGZHOU)
    assert isinstance(outcome, Saved)
    assert [hint.field for hint in outcome.hints] == ["phone"]
    assert "苏州" in str(outcome.hints[0].message)
    assert not save(access, phone="0512-62881235", region=SUZHOU).hints


def test_a_change_of_something_else_is_not_judged_again(access) -> None:
    outcome = save(access, phone="0512-62881234", region=HANGZHOU)
    draft = Draft({"employees": 5}, outcome.record_id)
    [changed] = save_records(access, object_type("account"), [draft], source=FORM)
    assert changed.hints == []
    [moved] = save_records(
        access,
        object_type("account"),
        [Draft({"region": "440100"}, outcome.record_id)],
        source=FORM,
    )
    assert [hint.field for hint in moved.hints] == ["phone"]


def rule(**changes) -> StandardRule:
    values = {
        "object_key": "account", "name": "大客户要有信用代码", "field": "uscc", "severity": Severity.ERROR,
        "where": {"field": "uscc", "operator": "is_empty"},
        "scope": {"field": "employees", "operator": "at_least", "value": 500},
        "message_zh": "500 人以上的客户必须填写统一社会信用代码。",
        "message_en": "Large customers need a code.",
        "is_active": True, "changed_at": now(), **changes,
    }  # fmt: skip
    made = StandardRule.objects.create(**values)
    known.standards_changed()
    return made


def test_a_written_rule_refuses_inside_its_scope_only(access) -> None:
    rule()
    refused = save(access, employees=800)
    assert isinstance(refused, Rejected)
    assert [(one.field, str(one.message)) for one in refused.problems] == [
        ("uscc", "500 人以上的客户必须填写统一社会信用代码。")
    ]
    assert isinstance(save(access, employees=20), Saved)
    assert isinstance(save(access, employees=900, uscc=SUZHOU_CODE), Saved)


def test_a_rule_is_in_force_as_soon_as_it_is_active(access) -> None:
    written = rule(is_active=False)
    assert isinstance(save(access, employees=800), Saved)
    written.is_active = True
    written.save()
    known.standards_changed()
    assert isinstance(save(access, employees=801), Rejected)


def test_a_hint_and_a_review_do_not_refuse(access) -> None:
    rule(severity=Severity.HINT)
    rule(severity=Severity.REVIEW)
    outcome = save(access, employees=800)
    assert isinstance(outcome, Saved)
    assert len(outcome.hints) == 2


def test_a_rule_over_a_field_that_is_gone_holds_up_nobody(access) -> None:
    rule(where={"field": "x_gone", "operator": "is_empty"})
    assert isinstance(save(access, employees=800), Saved)


def test_a_trial_counts_and_shows_what_a_rule_would_refuse(access) -> None:
    for count in (20, 600, 700):
        save(access, employees=count)
    declared = object_type("account")
    found = try_rule(access, declared, rule(is_active=False))
    assert (found.count, found.all_count, found.is_everything) == (2, 3, False)
    assert len(found.sample) == 2
    everything = rule(is_active=False, where={"field": "name", "operator": "is_filled"}, scope=None)
    assert try_rule(access, declared, everything).is_everything
    with pytest.raises(FilterProblem):
        try_rule(
            access, declared, rule(is_active=False, where={"field": "owner", "operator": "is_me"})
        )


def test_the_birthday_of_an_identity_number_is_told_only_to_whom_sees_the_number(
    company: Company,
) -> None:
    known.forget()
    number = resident_id_with_check_character("32050619800412001")
    contact, access = object_type("contact"), Access.for_user(company.li)
    person = make("contact", owner=company.li, id_number=number)

    def hints(birthday: str) -> str:
        [outcome] = save_records(
            access, contact, [Draft({"birthday": birthday}, person)], source=FORM
        )
        assert isinstance(outcome, Saved)
        return " ".join(str(hint.message) for hint in outcome.hints)

    role = Role.objects.get(key="sales")
    set_field_right(role, "contact", "id_number", Right.WRITE)
    access = Access.for_user(company.li)
    assert "1980-04-12" in hints("1981-01-01")
    for right in (Right.MASKED, Right.HIDDEN):
        set_field_right(role, "contact", "id_number", right)
        access = Access.for_user(company.li)
        assert hints(f"198{int(right) + 2}-01-01") == ""
