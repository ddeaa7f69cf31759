"""Masks and reach hold on the side roads too: history, the bin, exports, odd filters and page marks."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from keqiao.access.access import Access
from keqiao.access.models import Role
from keqiao.access.rights import Action, Level, Right
from keqiao.access.roles import set_field_right, set_right
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.custom_index import build_index
from keqiao.catalog.filter import FilterProblem, parse_where
from keqiao.catalog.registry import object_type
from keqiao.records.audit import history
from keqiao.records.query import ListQuery, records, run_list
from keqiao.records.removal import delete_records
from tests.company import SYSTEM, TEST, Company, make, make_all, save_one
from tests.ui.test_pages import browser

ACCOUNT = "account"
NAME = "苏州博远精密机械有限公司"


def found(access: Access, where: str, sort: str = "") -> list[int]:
    query = ListQuery(object_type=object_type(ACCOUNT), filter=parse_where([where]), sort=sort)
    return [row.id for row in run_list(access, query).rows]


def test_history_names_no_record_whose_title_is_masked(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li, name=NAME)
    person = make("contact", owner=company.li, account=account)
    set_field_right(Role.objects.get(key="sales"), ACCOUNT, "name", Right.MASKED)
    lines = history(Access.for_user(company.li), object_type("contact"), person)
    assert NAME not in str(lines)


def test_names_that_are_masked_stand_nowhere_on_the_way_to_a_link(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li, name=NAME)
    set_field_right(Role.objects.get(key="sales"), ACCOUNT, "name", Right.MASKED)
    client = browser(company.li)
    for address in (
        f"/contacts/?where=account:equals:{account}",
        f"/contacts/new/?account={account}",
        f"/accounts/{account}/",
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert NAME not in answer.content.decode(), address
    access = Access.for_user(company.li)
    by_name = save_one(access, "contact", {"name": "王三", "account": NAME})
    guessed = save_one(access, "contact", {"name": "王四", "account": "没有这家公司"})
    assert by_name.problems[0].code == guessed.problems[0].code == "reference"


def test_a_chip_does_not_tell_the_name_of_a_hidden_field(company: Company) -> None:
    set_field_right(Role.objects.get(key="sales"), "contact", "wechat", Right.HIDDEN)
    answer = browser(company.li).get("/contacts/?where=wechat:equals:abc")
    assert answer.status_code == 422
    assert "微信" not in answer.content.decode()


def test_a_day_means_the_whole_day_of_a_moment(company: Company) -> None:
    record = make(ACCOUNT)
    today = timezone.localdate()
    before, after = today - timedelta(days=1), today + timedelta(days=1)
    for where in (
        f"created_at:equals:{today}",
        f"created_at:at_most:{today}",
        f"created_at:between:{before},{today}",
        f"created_at:at_least:{today}",
    ):
        assert found(SYSTEM, where) == [record], where
    for where in (
        f"created_at:equals:{before}",
        f"created_at:at_most:{before}",
        f"created_at:at_least:{after}",
    ):
        assert found(SYSTEM, where) == [], where


def test_the_recycle_bin_masks_titles(company: Company) -> None:
    account = make(ACCOUNT, owner=company.li, name=NAME)
    delete_records(SYSTEM, object_type(ACCOUNT), [account], source=TEST)
    client = browser(company.li)
    assert NAME in client.get("/settings/bin/?object=account").content.decode()
    set_field_right(Role.objects.get(key="sales"), ACCOUNT, "name", Right.MASKED)
    assert NAME not in client.get("/settings/bin/?object=account").content.decode()


def test_nothing_reaches_further_than_seeing(company: Company) -> None:
    role = Role.objects.get(key="sales")
    theirs = make(ACCOUNT, owner=company.zhou)
    for action in (Action.CHANGE, Action.DELETE, Action.EXPORT, Action.TRANSFER, Action.REVEAL):
        set_right(role, ACCOUNT, action, Level.ALL)
        access = Access.for_user(company.li)
        assert not records(access, object_type(ACCOUNT), action).filter(pk=theirs).exists(), action


def test_custom_yes_or_no_filters_and_sorts(company: Company) -> None:
    row = add_custom_field(
        object_type(ACCOUNT), {"label": "重点", "kind": "boolean", "filterable": True}
    )
    build_index.call(row.pk)
    yes, no, none = make_all(ACCOUNT, [{row.key: True}, {row.key: False}, {row.key: None}])
    assert found(SYSTEM, f"{row.key}:equals:true") == [yes]
    assert no in found(SYSTEM, f"{row.key}:equals:false")
    account, seen, cursor = object_type(ACCOUNT), [], None
    for _page in range(4):
        page = run_list(
            SYSTEM, ListQuery(object_type=account, sort=row.key, limit=1, cursor=cursor)
        )
        seen += [one.id for one in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted([yes, no, none])


def test_custom_lists_of_values_filter(company: Company) -> None:
    account = object_type(ACCOUNT)
    made = [
        add_custom_field(
            account, {"label": f"多{kind}", "kind": kind, "filterable": True, **options}
        )
        for kind, options in (
            ("tags", {}),
            (
                "multi_choice",
                {"choices": [{"key": "a", "label": "甲"}, {"key": "b", "label": "乙"}]},
            ),
            ("phones", {}),
            ("resident_id", {}),
        )
    ]
    tags, choices, phones, secret = (row.key for row in made)
    one = make(
        ACCOUNT,
        **{tags: ["重点"], choices: ["a"], phones: ["13800138000"], secret: "11010519491231002X"},
    )
    make(ACCOUNT, seed=2, **{tags: ["其他"], choices: ["b"], phones: [], secret: ""})
    for row in made:
        assert build_index.call(row.pk)
        row.refresh_from_db()
        assert row.index_ready and not account.field(row.key).sortable
    assert found(SYSTEM, f"{tags}:any_of:重点") == [one]
    assert found(SYSTEM, f"{choices}:any_of:a") == [one]
    assert found(SYSTEM, f"{phones}:any_of:13800138000") == [one]
    assert found(Access.system("test"), f"{secret}:equals:11010519491231002X") == [one]


def test_custom_links_filter_by_what_they_lead_to(company: Company) -> None:
    account = object_type(ACCOUNT)
    link = add_custom_field(
        account, {"label": "介绍人", "kind": "reference", "target": "contact", "filterable": True}
    ).key
    person = make("contact", name="王介绍", owner=company.li)
    one = make(ACCOUNT, **{link: person})
    make(ACCOUNT, seed=2)
    assert found(SYSTEM, f"{link}.name:equals:王介绍") == [one]
    assert found(SYSTEM, f"{link}:equals:{person}") == [one]


def test_custom_colleagues_filter_by_oneself(company: Company) -> None:
    key = add_custom_field(
        object_type(ACCOUNT), {"label": "助理", "kind": "user", "filterable": True}
    ).key
    mine = make(ACCOUNT, owner=company.li, **{key: company.li.pk})
    make(ACCOUNT, owner=company.li, seed=2)
    assert found(Access.for_user(company.li), f"{key}:is_me") == [mine]


@pytest.mark.parametrize("value", ["abc", float("nan"), 10**40, True])
@pytest.mark.parametrize("sort", ["updated_at", "name", "x_rank", "owner"])
def test_a_forged_page_mark_is_refused_with_a_sentence(
    company: Company, value: object, sort: str
) -> None:
    account = object_type(ACCOUNT)
    row = add_custom_field(
        account, {"label": "等次", "key": "x_rank", "kind": "integer", "filterable": True}
    )
    build_index.call(row.pk)
    make(ACCOUNT, x_rank=1)
    mark = base64.urlsafe_b64encode(json.dumps([sort, value, 10**30, 0]).encode()).decode()
    try:
        run_list(SYSTEM, ListQuery(object_type=account, sort=sort, cursor=mark.rstrip("=")))
    except FilterProblem as problem:
        assert problem.code in {"cursor", "sort"}


def test_secret_values_of_any_kind_read_back_in_history(company: Company) -> None:
    account = object_type(ACCOUNT)
    given = {
        "money": "1200.50",
        "datetime": "2026-01-02 10:30",
        "phones": ["13800138000", "13800138001"],
        "boolean": True,
        "integer": 5,
    }
    values = {}
    for kind, raw in given.items():
        made = add_custom_field(
            account, {"label": f"密{kind}", "kind": kind, "sensitivity": "secret"}
        )
        values[made.key] = raw
    record = make(ACCOUNT, **values)
    [line] = history(SYSTEM, account, record)
    texts = {one.name: one.after for one in line.fields}
    for name, raw in values.items():
        field = account.field(name)
        assert texts[name] == field.kind.text(field.kind.clean(raw, field), field)


def test_pages_stand_when_counting_takes_too_long(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keqiao.records import query

    account = make(ACCOUNT, owner=company.qian)
    make("contact", owner=company.qian, account=account)
    monkeypatch.setattr(query, "capped_count", lambda *_given, **_more: (None, False))
    client: Client = browser(company.qian)
    for address in ("/", "/accounts/", f"/accounts/{account}/", f"/accounts/{account}/delete/"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert ">None" not in answer.content.decode(), address


def test_a_save_tells_nothing_of_records_out_of_sight(company: Company) -> None:
    set_right(Role.objects.get(key="sales"), ACCOUNT, Action.CHANGE, Level.ALL)
    theirs = make(ACCOUNT, owner=company.zhou)
    outcome = save_one(Access.for_user(company.li), ACCOUNT, {"name": NAME}, record_id=theirs)
    assert getattr(outcome, "missing", False)
