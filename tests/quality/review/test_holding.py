"""What a review rule holds back: nothing of it is in the record, the log, the search or an event."""

from __future__ import annotations

import pytest

from keqiao.access.access import Access
from keqiao.catalog.registry import object_type
from keqiao.customers.account import ACCOUNT
from keqiao.notifications.models import Notice
from keqiao.quality.review.models import PendingChange
from keqiao.records.drafts import Draft, Held, Mode, Rejected, Saved, Source
from keqiao.records.models import ChangeEntry, Event, MatchKey
from keqiao.records.query import get_record, records
from keqiao.records.save import save_records
from tests.company import SYSTEM, Company, make
from tests.quality.review.rules import enter, only_pending, review_rule

NEW = {"name": "苏州博远科技有限公司", "phone": "0512-62881234"}


def _everything() -> tuple[int, int, int, int]:
    return (
        records(SYSTEM, ACCOUNT).count(),
        ChangeEntry.objects.count(),
        Event.objects.count(),
        MatchKey.objects.count(),
    )


def test_a_new_record_that_is_held_exists_for_nobody(company: Company) -> None:
    review_rule(company.wang)
    before = _everything()
    outcome = enter(company.li, NEW)
    pending = only_pending()
    assert outcome == Held(pending.pk)
    assert _everything() == before
    assert (pending.record_id, pending.maker_id, pending.checked) == (None, company.li.pk, ["name"])
    assert pending.values["name"] == NEW["name"]


def test_a_held_change_leaves_the_record_as_it_was(company: Company) -> None:
    pk = make("account", owner=company.li, name="苏州旧名有限公司")
    review_rule(company.wang)
    before = _everything()
    outcome = enter(company.li, {"name": "苏州新名有限公司", "note": "电话确认"}, record_id=pk)
    assert isinstance(outcome, Held)
    assert _everything() == before
    assert get_record(SYSTEM, ACCOUNT, pk).name == "苏州旧名有限公司"
    pending = only_pending()
    assert pending.before["name"] == "苏州旧名有限公司"
    assert (pending.checked, pending.version) == (["name"], 1)


def test_a_change_of_other_fields_is_not_held(company: Company) -> None:
    pk = make("account", owner=company.li)
    review_rule(company.wang)
    assert isinstance(enter(company.li, {"note": "拜访过"}, record_id=pk), Saved)
    assert not PendingChange.objects.exists()


def test_the_condition_is_asked_of_the_record_as_it_would_be(company: Company) -> None:
    review_rule(company.wang, filter={"field": "name", "operator": "contains", "value": "银行"})
    assert isinstance(enter(company.li, NEW), Saved)
    assert isinstance(enter(company.li, {"name": "苏州银行股份有限公司"}), Held)
    pk = make("account", owner=company.li, name="无锡商贸有限公司")
    assert isinstance(enter(company.li, {"name": "无锡银行"}, record_id=pk), Held)


@pytest.mark.parametrize(
    ("channel", "held"),
    [("form", True), ("calendar", True), ("api", False), ("import", False), ("revert", False)],
)
def test_a_rule_holds_for_the_roads_it_names(company: Company, channel: str, held: bool) -> None:
    review_rule(company.wang, sources=["form"])
    assert isinstance(enter(company.li, NEW, channel=channel), Held) is held


def test_a_rule_that_is_switched_off_holds_nothing(company: Company) -> None:
    review_rule(company.wang, is_active=False)
    assert isinstance(enter(company.li, NEW), Saved)


def test_a_rule_whose_condition_broke_holds_rather_than_lets_through(company: Company) -> None:
    review_rule(company.wang, filter={"field": "x_gone", "operator": "is_filled"})
    assert isinstance(enter(company.li, NEW), Held)


def test_a_try_holds_nothing_and_says_that_it_would(company: Company) -> None:
    review_rule(company.wang)
    assert enter(company.li, NEW, dry_run=True) == Held(0)
    assert not PendingChange.objects.exists()


def test_all_or_none_never_holds_a_part(company: Company) -> None:
    review_rule(company.wang, filter={"field": "name", "operator": "contains", "value": "银行"})
    drafts = [Draft(NEW), Draft({"name": "苏州银行股份有限公司"})]
    before = _everything()
    outcomes = save_records(
        Access.for_user(company.li), object_type("account"), drafts,
        source=Source("api"), mode=Mode.ALL_OR_NONE,
    )  # fmt: skip
    assert all(isinstance(outcome, Rejected) for outcome in outcomes)
    assert outcomes[1].problems[0].code == "needs_review"
    assert _everything() == before
    assert not PendingChange.objects.exists()


def test_secrets_of_a_held_entry_are_sealed(company: Company) -> None:
    review_rule(company.wang, object_key="contact", fields=[])
    number = "11010519491231002X"
    outcome = enter(company.li, {"name": "王伟", "id_number": number}, key="contact")
    assert isinstance(outcome, Held), outcome
    assert number not in str(only_pending().values)


def test_reviewers_hear_of_it_once_an_hour(company: Company) -> None:
    review_rule(company.wang)
    enter(company.li, NEW)
    enter(company.li, {"name": "无锡商贸有限公司"})
    assert list(Notice.objects.values_list("user_id", "kind")) == [
        (company.wang.pk, "review_wanted")
    ]


def test_a_rule_without_anybody_left_tells_the_administrators(company: Company) -> None:
    review_rule(company.li)
    enter(company.li, NEW)
    assert list(Notice.objects.values_list("user_id", flat=True)) == [company.qian.pk]


def test_reviewers_are_named_by_person_department_and_role(company: Company) -> None:
    from keqiao.access.models import Role
    from keqiao.quality.rules_in_force import people_named

    manager = Role.objects.get(key="manager")
    assert people_named({"users": [company.zhao.pk]}) == {company.zhao.pk}
    assert people_named({"departments": [company.west.pk]}) == {company.zhou.pk}
    assert people_named({"roles": [manager.pk]}) == {company.wang.pk}
