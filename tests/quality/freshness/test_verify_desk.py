"""Old values at the desk: whose they are, what one key says of them, and a slip of the finger taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.freshness.marks import confirm
from keqiao.quality.freshness.models import FieldMark
from keqiao.quality.freshness.source import VerifySource
from keqiao.quality.queue.sources import Answer, Choice, Decision, QueueItem, QueueProblem
from keqiao.quality.scores.facts import day_number, facts_of
from keqiao.quality.scores.recount import recount
from keqiao.records.query import get_record
from tests.company import SYSTEM, Company, make, save_one

PERSON = {"phone": "13912345670", "position": "采购经理", "email": "zhou@boyuan-sz.cn"}
DESK = VerifySource()


@pytest.fixture
def old(company: Company, time_machine: Any) -> int:
    pk = make("contact", owner=company.li, name="周文斌", **PERSON)
    time_machine.move_to(now() + timedelta(days=800))
    recount(object_type("contact"))
    return pk


def item_of(user: User) -> QueueItem:
    found = DESK.next(Access.for_user(user))
    assert found is not None
    return found


def say(user: User, item: QueueItem, **said: str) -> None:
    choices = {line.name: Choice(said.get(line.name, line.chosen)) for line in item.lines}
    answer = Answer(Decision.ACCEPT, choices, revision=item.revision)
    DESK.decide(Access.for_user(user), item.id, answer)


def row(pk: int) -> Any:
    return get_record(SYSTEM, object_type("contact"), pk)


def test_one_key_confirms_all_old_values_of_a_record(company: Company, old: int) -> None:
    before = row(old).quality_score
    item = item_of(company.li)
    assert (item.title, [line.name for line in item.lines]) == (
        "周文斌", ["position", "phone", "email"],
    )  # fmt: skip
    say(company.li, item)
    assert row(old).quality_score > before
    assert facts_of(row(old).quality_facts).on["phone"] == day_number(now())
    assert DESK.next(Access.for_user(company.li)) is None
    assert DESK.count(Access.for_user(company.li)) == 0
    with pytest.raises(QueueProblem) as problem:
        say(company.li, item)
    assert problem.value.is_gone


def test_a_number_that_is_dead_is_noted_as_such(company: Company, old: int) -> None:
    say(company.li, item_of(company.li), phone="dead")
    assert FieldMark.objects.get(record_id=old, field="phone").state == "dead"
    assert facts_of(row(old).quality_facts).bad == ["phone"]
    assert DESK.next(Access.for_user(company.li)) is None


def test_a_slip_is_taken_back_whole(company: Company, old: int) -> None:
    access, declared = Access.for_user(company.li), object_type("contact")
    confirm(access, declared, [old], "email")
    known, score = row(old).quality_facts, row(old).quality_score
    FieldMark.objects.update(at=now() - timedelta(hours=1))
    item = item_of(company.li)
    say(company.li, item, phone="wrong")
    DESK.undo(access, item.id)
    assert (row(old).quality_facts, row(old).quality_score) == (known, score)
    assert item_of(company.li).id == item.id
    assert FieldMark.objects.filter(record_id=old).count() == 1


def test_what_was_typed_since_is_not_taken_back(company: Company, old: int) -> None:
    item = item_of(company.li)
    say(company.li, item)
    save_one(SYSTEM, "contact", {"phone": "13912345671"}, record_id=old)
    with pytest.raises(QueueProblem):
        DESK.undo(Access.for_user(company.li), item.id)


def test_only_the_owner_is_asked_and_only_for_what_he_may_read(company: Company, old: int) -> None:
    for other in (company.zhou, company.wang, company.qian):
        access = Access.for_user(other)
        assert DESK.next(access) is None
        assert DESK.count(access) == 0
        assert DESK.item(access, item_of(company.li).id) is None
    set_field_right(company.li.roles.get(), "contact", "phone", Right.MASKED)
    assert [line.name for line in item_of(company.li).lines] == ["position", "email"]
    say(company.li, item_of(company.li), phone="dead")
    assert not FieldMark.objects.filter(field="phone").exists()


def test_nobody_decides_on_what_he_did_not_see(company: Company, old: int) -> None:
    item = item_of(company.li)
    save_one(SYSTEM, "contact", {"position": "总经理"}, record_id=old)
    with pytest.raises(QueueProblem):
        say(company.li, item)
