"""What the rules of activities put in, refuse and keep: subject, state, times, links, authors."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils.translation import gettext

from keqiao.access.access import Access
from keqiao.activities import verbs
from keqiao.activities.verbs import Next
from keqiao.catalog.filter import FilterProblem, parse_where
from keqiao.catalog.registry import object_type
from keqiao.notifications.models import Notice
from keqiao.records.audit import history
from keqiao.records.models import RecordLink
from keqiao.records.outbox import dispatch_events
from keqiao.records.present import present
from keqiao.records.query import ListQuery, RecordNotFound, get_record, run_list
from keqiao.records.removal import delete_records
from keqiao.records.save import Rejected, Saved
from tests.company import SYSTEM, TEST, Company, make, make_all, save_one

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def row_of(key: str, pk: int) -> Any:
    return get_record(SYSTEM, object_type(key), pk)


def saved(key: str, **values: Any) -> Any:
    outcome = save_one(SYSTEM, key, values)
    assert isinstance(outcome, Saved), outcome
    return row_of(key, outcome.record_id)


def problem_of(outcome: Any) -> tuple[str, str]:
    assert isinstance(outcome, Rejected), outcome
    return outcome.problems[0].field, outcome.problems[0].code


# --- subject, state and time ------------------------------------------------------------------------


def test_the_first_line_is_the_subject_until_somebody_gives_one() -> None:
    note = saved("note", body="\n客户要 20 台\n下周签")
    assert note.name == "客户要 20 台"
    save_one(SYSTEM, "note", {"body": "改成 30 台"}, record_id=note.pk)
    assert row_of("note", note.pk).name == "改成 30 台"
    save_one(SYSTEM, "note", {"name": "报价"}, record_id=note.pk)
    save_one(SYSTEM, "note", {"body": "别的"}, record_id=note.pk)
    assert row_of("note", note.pk).name == "报价"
    assert saved("call").name == gettext("Telephone call")
    assert len(saved("note", body="长" * 500).name) == 80


def test_ten_thousand_characters_fit_and_one_more_is_refused_in_words() -> None:
    text = ("😀 שלום مرحبا " * 2000)[:9_999] + "。"
    assert row_of("note", saved("note", body=text).pk).body == text.strip()
    family = "👨\u200d👩\u200d👧 ❤️\u200d🔥"
    assert row_of("note", saved("note", body=family).pk).body == family
    assert row_of("note", saved("note", body="隐\u200d藏").pk).body == "隐藏"
    outcome = save_one(SYSTEM, "note", {"body": "字" * 10_001})
    assert problem_of(outcome) == ("body", "too_long")
    assert "10001" in str(outcome.problems[0].message)


@pytest.mark.parametrize(
    ("kind", "hours", "state"),
    [("task", None, "planned"), ("event", 3, "planned"), ("task", -3, "planned"),
     ("call", None, "done"), ("call", -5, "done"), ("call", 5, "planned"), ("note", None, "done")],
)  # fmt: skip
def test_state_follows_from_the_type_and_the_time(kind: str, hours: int | None, state: str) -> None:
    values = {} if hours is None else {"at": NOON + timedelta(hours=hours)}
    assert saved(kind, body="x", **values).state == state


def test_a_task_without_a_day_is_due_today() -> None:
    assert saved("task", name="x").at == NOON.replace(hour=18)
    with time_machine.travel(NOON.replace(hour=20), tick=False):
        assert saved("task", name="x").at == NOON.replace(hour=23, minute=59)


def test_done_is_dated_and_undone_again() -> None:
    task = saved("task", name="x", at=NOON + timedelta(days=3))
    save_one(SYSTEM, "task", {"state": "done"}, record_id=task.pk)
    assert row_of("task", task.pk).done_at == NOON
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        save_one(SYSTEM, "task", {"body": "补充"}, record_id=task.pk)
    assert row_of("task", task.pk).done_at == NOON
    save_one(SYSTEM, "task", {"state": "planned"}, record_id=task.pk)
    assert row_of("task", task.pk).done_at is None
    call = saved("call", at=NOON + timedelta(days=3))
    save_one(SYSTEM, "call", {"state": "done"}, record_id=call.pk)
    assert row_of("call", call.pk).at == NOON, "no call was made in the future"


def test_an_event_keeps_its_length_when_it_is_moved() -> None:
    event = saved("event", name="x", at=NOON, ends_at=NOON + timedelta(hours=2))
    save_one(SYSTEM, "event", {"at": NOON + timedelta(days=1)}, record_id=event.pk)
    assert row_of("event", event.pk).ends_at == NOON + timedelta(days=1, hours=2)
    outcome = save_one(SYSTEM, "event", {"ends_at": NOON}, record_id=event.pk)
    assert problem_of(outcome) == ("ends_at", "ends_before_start")
    assert saved("event", name="x", at=NOON, all_day=True).ends_at == NOON.replace(
        hour=23, minute=59
    )


# --- links ------------------------------------------------------------------------------------------


def test_the_customer_follows_from_what_it_is_about(company: Company) -> None:
    first, second = make_all("account", [{}, {}])
    contact = make("contact", account=first)
    lead = make("lead")
    assert saved("call", about=f"account:{first}").account_id == first
    assert saved("call", about=f"lead:{lead}").account_id is None
    call = saved("call", about=f"contact:{contact}")
    assert call.account_id == first
    save_one(SYSTEM, "contact", {"account": second}, record_id=contact)
    save_one(SYSTEM, "call", {"body": "补充"}, record_id=call.pk)
    assert row_of("call", call.pk).account_id == first, "it was said at the customer of that day"
    save_one(SYSTEM, "call", {"about": f"account:{second}"}, record_id=call.pk)
    assert row_of("call", call.pk).account_id == second
    assert isinstance(save_one(SYSTEM, "call", {"account": first}), Rejected)


@pytest.mark.parametrize(
    "about", ["account:999999", "nothing:1", "account:0", "note:1", "没有这家公司"]
)
def test_a_link_to_nothing_is_refused(about: str, company: Company) -> None:
    field, _code = problem_of(save_one(SYSTEM, "note", {"body": "x", "about": about}))
    assert field == "about"


def test_a_link_out_of_reach_is_refused_in_the_words_of_one_that_is_not_there(
    company: Company,
) -> None:
    foreign = make("account", owner=company.zhou, name="成都山海机械有限公司")
    person = make("contact", owner=company.zhou, name="赵六")
    access = Access.for_user(company.li)
    for there, missing in (
        ({"about": f"account:{foreign}"}, {"about": "account:987654"}),
        ({"about": "成都山海机械有限公司"}, {"about": "成都没有机械有限公司"}),
        ({"contacts": [person]}, {"contacts": [987654]}),
        ({"contacts": "赵六"}, {"contacts": "钱八"}),
    ):
        words = []
        for values in (there, missing):
            outcome = save_one(access, "note", {"body": "x", **values})
            assert isinstance(outcome, Rejected), values
            [problem] = outcome.problems
            said = str(problem.message)
            for text in ("成都山海机械有限公司", "成都没有机械有限公司", "赵六", "钱八"):
                said = said.replace(text, "…")
            words.append((problem.field, problem.code, said))
        assert words[0] == words[1]


def test_names_find_their_records_with_or_without_their_type(company: Company) -> None:
    account = make("account", name="苏州博远精密机械有限公司")
    contact = make("contact", name="王小明", account=account)
    make("lead", name="苏州博远精密机械有限公司")
    lead = make("lead", name="无锡云启有限公司")
    for written, pointer in (
        ("苏州博远精密机械有限公司", f"account:{account}"),
        ("客户：苏州博远精密机械有限公司", f"account:{account}"),
        ("account: 苏州博远精密机械有限公司", f"account:{account}"),
        ("联系人：王小明", f"contact:{contact}"),
        ("无锡云启有限公司", f"lead:{lead}"),
    ):
        assert saved("note", body="x", about=written, contacts="王小明").about == pointer
    assert RecordLink.objects.filter(target_key="contact", target_id=contact).count() == 5


def test_of_two_namesakes_the_one_of_the_customer_is_meant(company: Company) -> None:
    first, second = make_all("account", [{}, {}])
    here = make("contact", name="王伟", account=first)
    make("contact", name="王伟", account=second, seed=2)
    assert saved("note", body="x", about=f"account:{first}", contacts="王伟").contacts == [here]
    outcome = save_one(SYSTEM, "note", {"body": "x", "contacts": "王伟"})
    assert problem_of(outcome) == ("contacts", "reference")


def test_links_a_person_cannot_see_survive_his_edit(company: Company) -> None:
    mine = make("contact", owner=company.li, name="李四")
    hidden = make("contact", owner=company.zhou, name="赵六")
    note = make("note", owner=company.li, contacts=[mine, hidden])
    access = Access.for_user(company.li)
    [row] = present(access, object_type("note"), [row_of("note", note)], ("contacts",))
    assert row.cells["contacts"].value == [mine]
    assert "赵六" not in row.cells["contacts"].text
    assert isinstance(save_one(access, "note", {"contacts": []}, record_id=note), Saved)
    assert row_of("note", note).contacts == [hidden]


def test_a_deleted_record_leaves_its_activities_and_shows_as_deleted(company: Company) -> None:
    account = make("account", owner=company.li)
    contact = make("contact", owner=company.li)
    note = make("note", owner=company.li, about=f"account:{account}", contacts=[contact])
    for key, pk in (("account", account), ("contact", contact)):
        assert delete_records(SYSTEM, object_type(key), [pk], source=TEST).done == [pk]
    for user in (company.li, company.qian):
        [row] = present(
            Access.for_user(user),
            object_type("note"),
            [row_of("note", note)],
            ("about", "contacts"),
        )
        assert {row.cells[name].text for name in ("about", "contacts")} == {gettext("(deleted)")}
        assert row.cells["about"].link is None
    access = Access.for_user(company.li)
    again = save_one(
        access, "note", {"about": f"account:{account}", "body": "补充"}, record_id=note
    )
    assert isinstance(again, Saved), "what stands there already is no new link"


def test_lists_are_filtered_by_their_links_but_tell_nothing(company: Company) -> None:
    account = make("account", owner=company.li)
    contact = make("contact", owner=company.li, name="李四")
    foreign = make("contact", owner=company.zhou)
    linked = make("note", owner=company.li, about=f"account:{account}", contacts=[contact])
    plain = make("note", owner=company.li)
    access = Access.for_user(company.li)

    def found(where: str) -> list[int]:
        query = ListQuery(object_type=object_type("note"), filter=parse_where([where]), sort="id")
        return [row.id for row in run_list(access, query).rows]

    assert found(f"about:equals:account:{account}") == [linked]
    assert found(f"contacts:any_of:{contact}") == [linked]
    assert found(f"contacts:none_of:{contact}") == [plain]
    assert found("contacts:is_empty") == [plain]
    assert found("contacts.name:contains:李四") == [linked]
    assert found("account.name:is_filled") == [linked]
    for where in (
        f"contacts:any_of:{foreign}",
        "contacts:any_of:987654",
        "about:equals:account:987654",
        "about:equals:nix:1",
    ):
        with pytest.raises(FilterProblem) as caught:
            found(where)
        assert caught.value.code == "reference"


def test_the_log_names_links_as_a_person_may_see_them(company: Company) -> None:
    foreign = make("account", owner=company.zhou, name="成都山海机械有限公司")
    note = make("note", owner=company.li, about=f"account:{foreign}")
    shown = {
        one.name: one.after
        for one in history(Access.for_user(company.li), object_type("note"), note)[0].fields
    }
    assert "成都山海" not in shown["about"]
    shown = {one.name: one.after for one in history(SYSTEM, object_type("note"), note)[0].fields}
    assert shown["about"] == "成都山海机械有限公司"


# --- comments and mentions ------------------------------------------------------------------------------


def test_only_the_author_changes_a_comment(company: Company) -> None:
    account = make("account", owner=company.li)
    li = Access.for_user(company.li)
    made = verbs.comment(li, f"account:{account}", "价格太高")
    assert isinstance(made, Saved)
    for user in (company.wang, company.qian):
        outcome = save_one(
            Access.for_user(user), "comment", {"body": "改"}, record_id=made.record_id
        )
        assert isinstance(outcome, Rejected), user
    outcome = save_one(
        Access.for_user(company.qian),
        "comment",
        {"owner": company.qian.pk},
        record_id=made.record_id,
    )
    assert isinstance(outcome, Rejected)
    assert isinstance(
        save_one(li, "comment", {"body": "价格偏高"}, record_id=made.record_id), Saved
    )
    assert problem_of(verbs.comment(li, f"comment:{made.record_id}", "x")) == (
        "about",
        "about_comment",
    )
    assert problem_of(verbs.comment(li, f"account:{account}", " ")) == ("body", "empty")
    assert problem_of(verbs.comment(li, "", "x")) == ("about", "required")


def test_mentions_mean_the_colleague_with_that_name(company: Company) -> None:
    account = make("account", owner=company.li)
    li = Access.for_user(company.li)
    made = verbs.comment(li, f"account:{account}", "＠王经理、@周销售 看一下，abc@example.com")
    assert row_of("comment", made.record_id).mentions == [company.wang.pk, company.zhou.pk]
    query = ListQuery(
        object_type=object_type("comment"),
        filter=parse_where([f"mentions:any_of:{company.wang.pk}"]),
    )
    assert [row.id for row in run_list(li, query).rows] == [made.record_id]
    verbs_only = verbs.comment(li, f"account:{account}", "不提谁", mentions=[company.wang.pk])
    assert row_of("comment", verbs_only.record_id).mentions == []


# --- verbs ---------------------------------------------------------------------------------------------


def test_a_follow_up_and_its_next_step_are_saved_together_or_not_at_all(company: Company) -> None:
    account = make("account", owner=company.li)
    li = Access.for_user(company.li)
    about = f"account:{account}"
    logged = verbs.log_follow_up(
        li, about, type="call", body="谈妥", next=Next(NOON + timedelta(days=3), "寄合同")
    )
    assert logged.is_saved
    stored = row_of("account", account)
    assert (stored.last_activity_at, stored.next_activity_at) == (NOON, NOON + timedelta(days=3))
    refused = verbs.log_follow_up(li, about, body="又谈", next=Next(values={"priority": "没有"}))
    assert not refused.is_saved
    assert isinstance(refused.outcome, Rejected)
    assert run_list(li, ListQuery(object_type=object_type("note"))).rows == []


def test_completing_notes_what_came_of_it_and_plans_on(company: Company) -> None:
    account = make("account", owner=company.li)
    li = Access.for_user(company.li)
    planned = verbs.plan(li, f"account:{account}", name="回访", at=NOON - timedelta(days=1))
    assert isinstance(planned, Saved)
    task = f"task:{planned.record_id}"
    done = verbs.complete(li, task, "客户满意", next=Next(NOON + timedelta(days=7), "续约", "call"))
    assert done.is_saved
    assert row_of("task", planned.record_id).body == "客户满意"
    assert row_of("account", account).next_activity_at == NOON + timedelta(days=7)
    assert isinstance(verbs.reopen(li, task), Saved)
    assert row_of("account", account).next_activity_at == NOON - timedelta(days=1)
    assert isinstance(verbs.postpone(li, task, NOON + timedelta(days=30)), Saved)
    assert isinstance(verbs.cancel(li, task, "客户不需要了"), Saved)
    assert row_of("task", planned.record_id).state == "cancelled"
    with pytest.raises(RecordNotFound):
        verbs.complete(Access.for_user(company.zhou), task)
    for nonsense in ("", "account:1", "task:0", "task:x"):
        with pytest.raises(RecordNotFound):
            verbs.complete(li, nonsense)


# --- who hears of it ---------------------------------------------------------------------------------


def test_who_is_mentioned_hears_of_it_once_if_he_may_see_it(company: Company) -> None:
    account = make("account", owner=company.zhou, name="成都山海机械有限公司")
    dispatch_events()
    zhou = Access.for_user(company.zhou)
    made = verbs.comment(zhou, f"account:{account}", "@李销售 @钱管理员 看一下")
    assert isinstance(made, Saved)
    dispatch_events()
    told = Notice.objects.filter(kind="mention").values_list("user_id", "object_key", "record_id")
    assert list(told) == [(company.qian.pk, "account", account)], "李 may not see that customer"
    save_one(zhou, "comment", {"body": "@李销售 @钱管理员 再看一下"}, record_id=made.record_id)
    dispatch_events()
    assert Notice.objects.filter(kind="mention").count() == 1


def test_the_owner_hears_of_a_remark_of_somebody_else(company: Company) -> None:
    account = make("account", owner=company.li)
    dispatch_events()
    verbs.comment(Access.for_user(company.qian), f"account:{account}", "价格底线和我确认")
    verbs.comment(Access.for_user(company.li), f"account:{account}", "好的")
    dispatch_events()
    [notice] = Notice.objects.filter(kind="comment")
    assert (notice.user_id, notice.actor_id) == (company.li.pk, company.qian.pk)
