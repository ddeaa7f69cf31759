"""Corrections of stored records keep what stood there, can be taken back, and respect later edits."""

from __future__ import annotations

import pytest

from keqiao.access.access import Access
from keqiao.catalog.registry import object_type
from keqiao.quality.cleaning.knowledge import Knowledge
from keqiao.quality.cleaning.models import Correction, CorrectionState
from keqiao.quality.cleaning.stored import (
    accept,
    correct_records,
    correctable_fields,
    decline,
    rule_records,
    take_back,
)
from keqiao.records.drafts import Draft, Saved, Source
from keqiao.records.query import get_record
from keqiao.records.save import save_records
from tests.company import SYSTEM, Company, make

DECLARED = "account"


def run(ids, access=SYSTEM, batch="b1"):
    return correct_records(
        access,
        object_type(DECLARED),
        ids,
        batch=batch,
        knowledge=Knowledge(),
        history=rule_records(),
    )


def value(record_id, name):
    return (
        object_type(DECLARED)
        .field(name)
        .value(get_record(SYSTEM, object_type(DECLARED), record_id))
    )


def change(record_id, access=SYSTEM, **values):
    drafts = [Draft(values, record_id, allow_duplicates=True)]
    [outcome] = save_records(access, object_type(DECLARED), drafts, source=Source("form"))
    assert isinstance(outcome, Saved)


@pytest.fixture
def account(company: Company) -> int:
    # An address that tells the region, a name torn apart, a mail host that is a slip.
    return make(
        DECLARED, owner=company.li, name="博远 科技有限 公司", email="li@gmial.com", region="",
        phone="", more_phones=[], address="江苏省苏州市吴中区人民路1号",
    )  # fmt: skip


def test_sure_corrections_are_made_and_others_proposed_each_with_its_line(account) -> None:
    effect = run([account])
    assert (effect.looked_at, effect.applied, effect.suggested, effect.refused) == (1, 2, 1, 0)
    assert value(account, "name") == "博远科技有限公司"
    assert value(account, "region") == "320506"
    assert value(account, "email") == "li@gmial.com"
    lines = {line.field: line for line in Correction.objects.all()}
    assert (lines["name"].before, lines["name"].state) == (
        "博远 科技有限 公司",
        CorrectionState.APPLIED,
    )
    assert lines["name"].rule == "inner_spaces" and lines["name"].confidence >= 0.995
    assert lines["email"].state == CorrectionState.SUGGESTED and lines["email"].evidence


def test_a_second_round_makes_nothing_twice(account) -> None:
    run([account])
    effect = run([account], batch="b2")
    assert (effect.applied, effect.suggested) == (0, 0)
    assert Correction.objects.count() == 3


def test_a_batch_is_taken_back_and_not_made_again(account) -> None:
    run([account])
    undone = take_back(SYSTEM, object_type(DECLARED), Correction.objects.filter(batch="b1"))
    assert (undone.done, undone.conflicts) == (2, [])
    assert value(account, "name") == "博远 科技有限 公司"
    assert value(account, "region") == ""
    assert (
        Correction.objects.filter(state=CorrectionState.UNDONE, undone_at__isnull=False).count()
        == 2
    )
    run([account], batch="b2")
    assert value(account, "name") == "博远 科技有限 公司"


def test_one_field_alone_is_taken_back(account) -> None:
    run([account])
    lines = Correction.objects.filter(record_id=account, field="name")
    assert take_back(SYSTEM, object_type(DECLARED), lines).done == 1
    assert value(account, "name") == "博远 科技有限 公司"
    assert value(account, "region") == "320506"


def test_a_later_edit_stays_and_is_told_as_a_conflict(account) -> None:
    run([account])
    change(account, name="博远智能科技有限公司")
    undone = take_back(SYSTEM, object_type(DECLARED), Correction.objects.filter(record_id=account))
    assert [line.field for line in undone.conflicts] == ["name"]
    assert value(account, "name") == "博远智能科技有限公司"
    assert value(account, "region") == ""


def test_a_proposal_is_accepted_only_while_it_fits(account) -> None:
    run([account])
    waiting = Correction.objects.filter(field="email")
    assert accept(SYSTEM, object_type(DECLARED), waiting).done == 1
    assert value(account, "email") == "li@gmail.com"
    assert take_back(SYSTEM, object_type(DECLARED), waiting).done == 1
    assert value(account, "email") == "li@gmial.com"


def test_a_proposal_about_a_changed_value_is_a_conflict(account) -> None:
    run([account])
    change(account, email="wang@boyuan.cn")
    decided = accept(SYSTEM, object_type(DECLARED), Correction.objects.filter(field="email"))
    assert decided.done == 0 and len(decided.conflicts) == 1
    assert value(account, "email") == "wang@boyuan.cn"


def test_a_declined_proposal_is_not_made_again(account) -> None:
    run([account])
    assert decline(SYSTEM, object_type(DECLARED), Correction.objects.filter(field="email")) == 1
    assert run([account], batch="b2").suggested == 0


def test_what_people_take_back_counts_against_the_rule(account) -> None:
    run([account])
    assert rule_records()["inner_spaces"].kept == 1
    take_back(SYSTEM, object_type(DECLARED), Correction.objects.filter(field="name"))
    found = rule_records()["inner_spaces"]
    assert (found.kept, found.undone, found.undone_lately) == (0, 1, 1)


def test_nobody_corrects_accepts_or_takes_back_out_of_his_reach(company: Company, account) -> None:
    stranger = Access.for_user(company.zhao)
    assert run([account], access=stranger).looked_at == 0
    run([account])
    lines = Correction.objects.all()
    declared = object_type(DECLARED)
    assert take_back(stranger, declared, lines).done == 0
    assert accept(stranger, declared, lines).done == 0
    assert decline(stranger, declared, lines) == 0
    assert value(account, "name") == "博远科技有限公司"


def test_sealed_fields_never_get_into_the_log_of_corrections(company: Company) -> None:
    names = correctable_fields(SYSTEM, object_type("contact"))
    assert "id_number" not in names and "phone" in names
