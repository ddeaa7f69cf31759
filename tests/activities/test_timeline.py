"""The timeline shows what a person may see, in order, page by page, with nothing lost between pages."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.directory import share_record
from keqiao.access.rights import Action, Level, Right
from keqiao.access.roles import set_field_right, set_right
from keqiao.activities.agenda import agenda, count_open, open_of
from keqiao.activities.streams import TimelineItem
from keqiao.activities.timeline import KINDS, open_activities, timeline
from keqiao.activities.told import Asked, TimelineSource, Told, _sources, register_timeline_source
from keqiao.activities.verbs import comment
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.registry import object_type
from keqiao.records.query import RecordNotFound
from keqiao.records.save import Draft, Saved, save_records
from tests.company import SYSTEM, TEST, Company, make, make_all, save_one

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=SHANGHAI)
ACCOUNT = "account"


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def add(kind: str, owner: Any, about: int, days: float = -1, **values: Any) -> int:
    given = {"about": f"account:{about}", "body": "谈妥交期", "at": NOON + timedelta(days=days)}
    if owner is not None:
        given["owner"] = owner.pk
    saved = save_one(SYSTEM, kind, {**given, **values})
    assert isinstance(saved, Saved), saved
    return saved.record_id


def all_pages(access: Access, pk: int, limit: int, **asked: Any) -> list[TimelineItem]:
    found: list[TimelineItem] = []
    mark: str | None = None
    for _number in range(200):
        page = timeline(access, object_type(ACCOUNT), pk, before=mark, limit=limit, **asked)
        assert len(page.items) <= limit
        found.extend(page.items)
        mark = page.next
        if mark is None:
            return found
    raise AssertionError("the timeline never ends")


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_put_together_are_the_whole(limit: int, company: Company) -> None:
    account = make(ACCOUNT, owner=company.li)
    access = Access.for_user(company.li)
    made = {("note", add("note", company.li, account, days=-(day % 5) - 1)) for day in range(12)}
    made |= {("call", add("call", company.li, account, days=-day)) for day in range(1, 6)}
    for number in range(4):
        save_one(SYSTEM, ACCOUNT, {"note": f"改动{number}"}, record_id=account)
    items = all_pages(access, account, limit)
    dealings = [(item.kind, item.id) for item in items if item.kind != "change"]
    assert len(dealings) == len(made)
    assert set(dealings) == made
    moments = [item.at for item in items if item.kind != "change"]
    assert moments == sorted(moments, reverse=True)
    lines = [line.id for item in items for line in item.changes]
    assert lines == sorted(set(lines), reverse=True)
    assert len(lines) == 5


def test_what_a_person_may_not_see_is_skipped_without_a_gap(company: Company) -> None:
    account = make(ACCOUNT, owner=company.wang)
    share_record(object_type(ACCOUNT), account, company.li, by=None)
    mine, theirs = [], []
    for day in range(1, 31):
        mine.append(add("note", company.li, account, days=-day))
        theirs.append(add("note", company.zhou, account, days=-day - 0.5))
    # The share of the account reaches what belongs to it; without one, only his own show.
    found = {item.id for item in all_pages(Access.for_user(company.li), account, 7, kinds=["note"])}
    assert found == {*mine, *theirs}
    set_right(company.li.roles.get(), "note", Action.VIEW, Level.NONE)
    page = timeline(Access.for_user(company.li), object_type(ACCOUNT), account, limit=7)
    assert {item.kind for item in page.items} <= {"change"}


def test_a_record_out_of_reach_has_no_timeline(company: Company) -> None:
    account = make(ACCOUNT, owner=company.zhou)
    add("note", company.zhou, account)
    with pytest.raises(RecordNotFound):
        timeline(Access.for_user(company.li), object_type(ACCOUNT), account)
    with pytest.raises(RecordNotFound):
        open_activities(Access.for_user(company.li), object_type(ACCOUNT), account)


def test_upcoming_comes_first_and_only_once(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li)
    late = add("task", company.li, account, days=-3)
    today = add("task", company.li, account, days=0.1)
    later = add("event", company.li, account, days=4)
    for day in range(10):
        add("note", company.li, account, days=-day - 1)
    access = Access.for_user(company.li)
    page = timeline(access, object_type(ACCOUNT), account, kinds=["task", "event", "note"], limit=4)
    assert [(one.id, one.urgency) for one in page.upcoming] == [
        (late, "late"), (today, "today"), (later, "planned"),
    ]  # fmt: skip
    assert all(item.kind == "note" for item in page.items)
    following = timeline(access, object_type(ACCOUNT), account, limit=4, before=page.next)
    assert following.upcoming == []


def test_kinds_search_and_pins(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li)
    access = Access.for_user(company.li)
    note = add("note", company.li, account, body="样品 a100 已寄出 😀 مرحبا")
    call = add("call", company.li, account, body="客户没接")
    pinned = add("note", company.li, account, days=-200, body="关键：只付银承", pinned=True)
    declared = object_type(ACCOUNT)
    assert [one.id for one in timeline(access, declared, account, search="A100").items] == [note]
    assert [one.id for one in timeline(access, declared, account, search="مرحبا").items] == [note]
    assert [one.id for one in timeline(access, declared, account, kinds=["call"]).items] == [call]
    page = timeline(access, declared, account, kinds=["note"], limit=1)
    assert [one.id for one in page.pinned] == [pinned]
    assert timeline(access, declared, account, kinds=["change"]).items[0].changes


def test_a_masked_text_cannot_be_searched(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li)
    add("note", company.li, account, name="主题", body="底价 980 元")
    role = company.li.roles.get()
    for right in (Right.MASKED, Right.HIDDEN):
        set_field_right(role, "note", "body", right)
        access = Access.for_user(company.li)
        assert timeline(access, object_type(ACCOUNT), account, search="980").items == []
        assert timeline(access, object_type(ACCOUNT), account, search="主题").items
        [item] = timeline(access, object_type(ACCOUNT), account, kinds=["note"]).items
        assert item.row is not None
        assert "980" not in str(item.row.cells.get("body"))


def test_comments_hang_below_their_activity(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li)
    note = add("note", company.li, account)
    access = Access.for_user(company.li)
    assert isinstance(comment(access, f"note:{note}", "@王经理 请看价格"), Saved)
    assert isinstance(comment(access, f"account:{account}", "客户很重要"), Saved)
    items = timeline(access, object_type(ACCOUNT), account, kinds=["note", "comment"]).items
    assert sorted(item.kind for item in items) == ["comment", "note"]
    [below] = next(item for item in items if item.kind == "note").comments
    assert below.row is not None
    assert below.row.cells["mentions"].value == [company.wang.pk]


def test_a_spoilt_mark_is_refused_in_words(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li)
    for mark in ("x", "é", "bnVsbA", "WyIyMDI2IiwxLDJd", "W10", "9" * 5000):
        with pytest.raises(FilterProblem):
            timeline(Access.for_user(company.li), object_type(ACCOUNT), account, before=mark)


def test_the_number_of_queries_does_not_grow_with_the_timeline(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    account = make(ACCOUNT, owner=company.li)
    contact = make("contact", account=account, owner=company.li)
    for kind in KINDS[:6]:
        rows = [
            Draft({"about": f"account:{account}", "contacts": [contact], "body": "x", "owner": company.li.pk,
                   "at": NOON - timedelta(days=day + 1), "state": "done"}) for day in range(20)
        ]  # fmt: skip
        assert all(
            isinstance(one, Saved)
            for one in save_records(SYSTEM, object_type(kind), rows, source=TEST)
        )
    access = Access.for_user(company.li)
    timeline(access, object_type(ACCOUNT), account)
    with django_assert_max_num_queries(40):
        page = timeline(access, object_type(ACCOUNT), account, limit=60)
    assert len(page.items) == 60
    assert len(page.months) >= 1


# --- a person's calendar ---------------------------------------------------------------------------


def test_a_day_holds_open_work_events_and_what_goes_on(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li)
    access = Access.for_user(company.li)
    day = NOON.replace(hour=0)
    call = add("call", company.li, account, days=0.1)  # planned: it lies in the future
    held = add("event", company.li, account, days=-0.1, state="done")
    fair = add("event", company.li, account, days=-2, ends_at=NOON + timedelta(days=1))
    add("note", company.li, account, days=-0.2)  # happened: no entry of a calendar
    add("task", company.li, account, days=1.5)
    add("event", company.zhou, account, days=0)
    items = agenda(access, company.li.pk, day, day + timedelta(days=1))
    assert [(item.kind, item.id) for item in items] == [
        ("event", fair), ("event", held), ("call", call),
    ]  # fmt: skip


def test_participants_see_the_event_and_lose_it_again(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li)
    event = add("event", company.li, account, days=1, participants=[company.zhou.pk])
    day = NOON.replace(hour=0) + timedelta(days=1)
    zhou = Access.for_user(company.zhou)
    found = agenda(zhou, company.zhou.pk, day, day + timedelta(days=1))
    assert [item.id for item in found] == [event]
    assert found[0].row is not None
    assert found[0].row.cells["about"].masked, "the customer itself stays out of his sight"
    save_one(SYSTEM, "event", {"participants": []}, record_id=event)
    assert (
        agenda(Access.for_user(company.zhou), company.zhou.pk, day, day + timedelta(days=1)) == []
    )


def test_a_colleague_s_calendar_shows_what_one_may_see(company: Company) -> None:
    account = make(ACCOUNT, owner=company.zhou)
    add("event", company.zhou, account, days=1)
    start = NOON.replace(hour=0)
    week = (start, start + timedelta(days=7))
    assert agenda(Access.for_user(company.li), company.zhou.pk, *week) == []
    assert len(agenda(Access.for_user(company.qian), company.zhou.pk, *week)) == 1


def test_open_work_is_counted_and_listed_by_day(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li)
    for days in (-2, -1, 0.1, 0.2, 3):
        add("task", company.li, account, days=days)
    access = Access.for_user(company.li)
    tomorrow = NOON.replace(hour=0) + timedelta(days=1)
    assert count_open(company.li.pk) == 5
    assert count_open(company.li.pk, until=tomorrow) == 4
    assert count_open(company.li.pk, since=NOON.replace(hour=0), until=tomorrow) == 2
    listed = open_of(access, company.li.pk, until=tomorrow)
    assert [item.urgency for item in listed] == ["late", "late", "today", "today"]


def test_handing_work_over_moves_it_to_the_other_calendar(company: Company) -> None:
    task = make("task", owner=company.li, state="planned", at=NOON + timedelta(days=1))
    save_one(SYSTEM, "task", {"owner": company.zhou.pk}, record_id=task)
    assert count_open(company.li.pk) == 0
    assert count_open(company.zhou.pk) == 1
    make_all("task", [{"state": "cancelled"}], owner=company.zhou, seed=8)
    assert count_open(company.zhou.pk) == 1


# --- what other packages tell ----------------------------------------------------------------------


@pytest.fixture
def payments() -> Any:
    """A package above that tells of payments: one a day at noon, as many as a test wants."""
    days: list[int] = []

    def read(asked: Asked) -> list[Told]:
        if not asked.access.can(Action.VIEW, object_type("note")):
            return []
        found = [
            Told(
                at=NOON - timedelta(days=day), id=number, label="回款", title=f"HK-{number}",
                url=f"/payments/{number}/", who="李销售", facts=("¥1,200.00",),
            )
            for number, day in enumerate(days)
        ]  # fmt: skip
        found.sort(key=lambda one: (one.at, one.id), reverse=True)
        older = [one for one in found if not asked.before or (one.at, one.id) < asked.before]
        return [one for one in older if asked.search in one.title][: asked.limit]

    register_timeline_source(
        TimelineSource(
            key="payment", label="回款", icon="coin", read=read,
            is_for=lambda _access, declared: declared.key == ACCOUNT,
        )
    )  # fmt: skip
    yield days
    _sources.pop("payment")


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_what_others_tell_stands_between_in_order_and_once(
    limit: int, payments: list[int], company: Company
) -> None:
    account = make(ACCOUNT, owner=company.li)
    notes = {add("note", company.li, account, days=-day - 0.5) for day in range(1, 9)}
    payments.extend([1, 2, 2, 2, *range(3, 60)])
    items = all_pages(Access.for_user(company.li), account, limit)
    assert [one.id for one in items if one.kind == "payment"] == [0, 3, 2, 1, *range(4, 61)]
    assert {one.id for one in items if one.kind == "note"} == notes
    assert len([one for one in items if one.kind == "note"]) == len(notes)
    moments = [one.at for one in items if one.kind != "change"]
    assert moments == sorted(moments, reverse=True)


def test_what_others_tell_is_narrowed_searched_and_shown(
    payments: list[int], company: Company, client: Client
) -> None:
    account = make(ACCOUNT, owner=company.li)
    add("note", company.li, account)
    payments.extend(range(1, 4))
    client.force_login(company.li, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/accounts/{account}/?kind=payment").content.decode()
    assert page.count('href="/payments/') == 3
    assert "¥1,200.00" in page
    assert "谈妥交期" not in page
    assert client.get(f"/accounts/{account}/?q=HK-1").content.decode().count("/payments/") == 1
    lead = make("lead", owner=company.li)
    assert "kind=payment" not in client.get(f"/leads/{lead}/").content.decode()
    set_right(company.li.roles.get(), "note", Action.VIEW, Level.NONE)
    assert "/payments/" not in client.get(f"/accounts/{account}/").content.decode()


@pytest.mark.parametrize(
    "told", ['{"file": []}', '{"file": ["2026-11-21", 1]}', '{"file": ["x"]}', "[1]", "7"]
)
def test_a_forged_mark_is_refused(told: str, company: Company) -> None:
    account = make(ACCOUNT, owner=company.li)
    data = f'["2026-11-21T12:00:00+08:00",1,1,{told}]'
    mark = base64.urlsafe_b64encode(data.encode()).decode()
    with pytest.raises(FilterProblem):
        timeline(Access.for_user(company.li), object_type(ACCOUNT), account, before=mark)
