"""Deciding a held entry: field by field, by those who may, once, and with both names in the log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from keqiao.access.access import Access
from keqiao.access.directory import deactivate
from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.customers.account import ACCOUNT
from keqiao.notifications.models import Notice
from keqiao.quality.review.deciding import (
    ReviewProblem,
    Verdict,
    decide,
    entries_to_review,
    may_look,
    open_fields,
    take_back,
)
from keqiao.quality.review.models import PendingChange, PendingState
from keqiao.records.audit import history
from keqiao.records.models import ChainHead
from keqiao.records.query import get_record, records
from keqiao.ui.history_page import history_lines
from tests.company import SYSTEM, Company, found_company, make, save_one
from tests.quality.review.rules import enter, only_pending, review_rule

NEW = {"name": "苏州博远科技有限公司", "note": "展会认识"}
YES, NO = Verdict(accepted=True), Verdict(accepted=False, reason="与营业执照不符")


def _of(user: User) -> Access:
    return Access.for_user(user)


def test_accepting_writes_it_in_the_name_of_both(company: Company) -> None:
    review_rule(company.wang)
    enter(company.li, NEW)
    pending = decide(_of(company.wang), only_pending().pk, {"name": YES})
    assert pending.state == PendingState.ACCEPTED
    record = get_record(_of(company.li), ACCOUNT, pending.record_id)
    assert (record.name, record.note, record.owner_id) == (*NEW.values(), company.li.pk)
    [line] = history(SYSTEM, ACCOUNT, record.pk)
    assert (line.actor_id, line.source, line.detail) == (company.li.pk, "review", "王经理")
    [shown], _older = history_lines(SYSTEM, ACCOUNT, record.pk, None)
    assert "李销售" in shown["who"]
    assert "王经理" in shown["who"]


def test_part_of_a_change_is_accepted_and_the_rest_goes_back_with_the_reason(
    company: Company,
) -> None:
    pk = make("account", owner=company.li, name="苏州旧名有限公司", uscc="", note="旧")
    review_rule(company.wang)
    values = {"name": "苏州新名有限公司", "uscc": "91350100M000100Y43", "note": "新"}
    enter(company.li, values, record_id=pk)
    pending = decide(_of(company.wang), only_pending().pk, {"name": NO, "uscc": YES})
    record = get_record(SYSTEM, ACCOUNT, pk)
    assert (record.name, record.uscc, record.note) == ("苏州旧名有限公司", values["uscc"], "新")
    assert pending.state == PendingState.PARTLY
    notice = Notice.objects.get(kind="review_decided")
    assert (notice.user_id, notice.url) == (company.li.pk, f"/quality/review/{pending.pk}/")
    assert "与营业执照不符" in notice.body


def test_what_is_rejected_writes_nothing(company: Company) -> None:
    review_rule(company.wang)
    enter(company.li, NEW)
    pending = decide(_of(company.wang), only_pending().pk, {"name": NO})
    assert pending.state == PendingState.REJECTED
    assert not records(SYSTEM, ACCOUNT).exists()


def test_a_rejection_needs_a_reason(company: Company) -> None:
    review_rule(company.wang)
    enter(company.li, NEW)
    with pytest.raises(ReviewProblem) as problem:
        decide(_of(company.wang), only_pending().pk, {"name": Verdict(accepted=False, reason=" ")})
    assert problem.value.code == "reason"
    assert only_pending().state == PendingState.WAITING


def test_only_reviewers_decide_and_never_their_own_entries(company: Company) -> None:
    rule = review_rule(company.wang, company.li)
    enter(company.li, NEW)
    pk = only_pending().pk
    for stranger in (company.li, company.zhou, company.zhao):
        with pytest.raises(ReviewProblem) as problem:
            decide(_of(stranger), pk, {"name": YES})
        assert problem.value.code == "missing"
        assert not entries_to_review(_of(stranger)).exists()
    rule.allows_self = True
    rule.save()
    from keqiao.quality.review.known import rules_changed

    rules_changed()
    assert decide(_of(company.li), pk, {"name": YES}).state == PendingState.ACCEPTED


def test_nobody_decides_on_a_field_he_cannot_read(company: Company) -> None:
    """Two reviewers, each with a field the other may not see: only both together settle it."""
    from keqiao.access.models import Role

    review_rule(company.wang, company.sun, object_key="contact", fields=["name", "note"])
    set_field_right(Role.objects.get(key="manager"), "contact", "name", Right.MASKED)
    enter(company.li, {"name": "王伟", "note": "采购负责人"}, key="contact")
    pk = only_pending().pk
    assert open_fields(_of(company.wang), only_pending()) == ["note"]
    assert open_fields(_of(company.sun), only_pending()) == ["name"]  # the auditor sees no notes
    with pytest.raises(ReviewProblem) as problem:
        decide(_of(company.wang), pk, {"name": YES, "note": YES})
    assert problem.value.code == "fields"
    assert decide(_of(company.wang), pk, {"note": YES}).state == PendingState.WAITING
    assert open_fields(_of(company.wang), only_pending()) == []
    done = decide(_of(company.sun), pk, {"name": YES})
    assert done.state == PendingState.ACCEPTED
    from keqiao.customers.contact import CONTACT

    [line] = history(SYSTEM, CONTACT, done.record_id)
    assert line.detail == "王经理, 孙审计"


def test_a_record_changed_meanwhile_is_a_conflict(company: Company) -> None:
    pk = make("account", owner=company.li, name="苏州旧名有限公司")
    review_rule(company.wang)
    enter(company.li, {"name": "苏州新名有限公司"}, record_id=pk)
    save_one(SYSTEM, "account", {"name": "苏州别名有限公司"}, record_id=pk)
    with pytest.raises(ReviewProblem) as problem:
        decide(_of(company.wang), only_pending().pk, {"name": YES})
    assert problem.value.code == "conflict"
    assert get_record(SYSTEM, ACCOUNT, pk).name == "苏州别名有限公司"
    assert only_pending().verdicts == {}
    version = get_record(SYSTEM, ACCOUNT, pk).version
    decide(_of(company.wang), only_pending().pk, {"name": YES}, seen_version=version)
    assert get_record(SYSTEM, ACCOUNT, pk).name == "苏州新名有限公司"


def test_who_may_no_longer_change_the_record_gets_nothing_in_by_a_review(company: Company) -> None:
    pk = make("account", owner=company.li, name="苏州旧名有限公司")
    review_rule(company.wang)
    enter(company.li, {"name": "苏州新名有限公司"}, record_id=pk)
    save_one(SYSTEM, "account", {"owner": company.zhou.pk}, record_id=pk)
    with pytest.raises(ReviewProblem) as problem:
        decide(_of(company.wang), only_pending().pk, {"name": YES})
    assert problem.value.code == "gone"
    assert get_record(SYSTEM, ACCOUNT, pk).name == "苏州旧名有限公司"


def test_the_reviewer_answers_for_what_a_leaver_entered(company: Company) -> None:
    review_rule(company.wang)
    enter(company.li, NEW)
    deactivate(company.li)
    done = decide(_of(company.wang), only_pending().pk, {"name": YES})
    [line] = history(SYSTEM, ACCOUNT, done.record_id)
    assert (line.actor_id, line.source, line.detail) == (
        company.wang.pk, "reviewed_entry", "李销售",
    )  # fmt: skip


def test_two_entries_of_the_same_customer_do_not_both_get_in(company: Company) -> None:
    review_rule(company.wang)
    for name in ("苏州博远科技有限公司", "博远科技"):
        enter(company.li, {"name": name, "uscc": "91350100M000100Y43"})
    first, second = PendingChange.objects.order_by("pk")
    decide(_of(company.wang), first.pk, {"name": YES, "uscc": YES})
    with pytest.raises(ReviewProblem) as problem:
        decide(_of(company.wang), second.pk, {"name": YES, "uscc": YES}, knows_duplicates=True)
    assert problem.value.code == "blocked"
    assert records(SYSTEM, ACCOUNT).count() == 1


def test_nobody_else_knows_of_a_held_entry(company: Company) -> None:
    review_rule(company.wang)
    enter(company.li, NEW)
    pending = only_pending()
    seen = {one.username for one in company.everybody if may_look(_of(one), pending)}
    assert seen == {"li", "wang", "qian"}


def test_a_decision_is_taken_back(company: Company) -> None:
    pk = make("account", owner=company.li, name="苏州旧名有限公司")
    review_rule(company.wang)
    enter(company.li, {"name": "苏州新名有限公司"}, record_id=pk)
    decide(_of(company.wang), only_pending().pk, {"name": YES})
    with pytest.raises(ReviewProblem):
        take_back(_of(company.qian), only_pending().pk)
    pending = take_back(_of(company.wang), only_pending().pk)
    assert (pending.state, pending.verdicts) == (PendingState.WAITING, {})
    assert get_record(SYSTEM, ACCOUNT, pk).name == "苏州旧名有限公司"
    decide(_of(company.wang), pending.pk, {"name": YES})
    assert get_record(SYSTEM, ACCOUNT, pk).name == "苏州新名有限公司"


def test_a_new_record_taken_back_lies_in_the_bin_and_waits_again(company: Company) -> None:
    review_rule(company.wang)
    enter(company.li, NEW)
    decide(_of(company.wang), only_pending().pk, {"name": YES})
    pending = take_back(_of(company.wang), only_pending().pk)
    assert pending.record_id is None
    assert not records(SYSTEM, ACCOUNT).exists()
    decide(_of(company.wang), pending.pk, {"name": YES})
    assert records(SYSTEM, ACCOUNT).count() == 1


def test_what_somebody_changed_since_is_not_taken_back(company: Company) -> None:
    pk = make("account", owner=company.li, name="苏州旧名有限公司")
    review_rule(company.wang)
    enter(company.li, {"name": "苏州新名有限公司"}, record_id=pk)
    decide(_of(company.wang), only_pending().pk, {"name": YES})
    save_one(SYSTEM, "account", {"note": "后来改的"}, record_id=pk)
    with pytest.raises(ReviewProblem) as problem:
        take_back(_of(company.wang), only_pending().pk)
    assert problem.value.code == "moved_on"
    assert only_pending().state == PendingState.ACCEPTED


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_one_is_heard() -> None:
    ChainHead.objects.get_or_create(pk=1)
    company = found_company()
    review_rule(company.wang, company.zhou)
    enter(company.li, NEW)
    pk = only_pending().pk
    ready = Barrier(2)

    def review(user: User) -> str:
        ready.wait()
        try:
            decide(_of(user), pk, {"name": YES if user == company.wang else NO})
            return "heard"
        except ReviewProblem as problem:
            return problem.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(review, (company.wang, company.zhou)))
    assert answers == ["decided", "heard"]
    state = only_pending().state
    assert records(SYSTEM, ACCOUNT).count() == (state == PendingState.ACCEPTED)
