"""A company's own fields: there at once everywhere, quick when filterable, and safe to take away."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.utils.translation import override

from keqiao.access.access import Access
from keqiao.catalog.custom_fields import (
    KINDS_TO_ADD,
    CustomFieldProblem,
    add_custom_field,
    change_custom_field,
    delete_custom_field,
    restore_custom_field,
    uses_of,
)
from keqiao.catalog.custom_index import build_index, index_name
from keqiao.catalog.filter import FilterProblem, parse_where
from keqiao.catalog.registry import object_type
from keqiao.records import query
from keqiao.records.query import ListQuery, get_record, matching_records, run_list
from keqiao.records.save import DuplicateFound, Rejected, Saved
from tests.company import SYSTEM, Company, make, make_all, sample_values, save_one
from tests.ui.test_pages import browser

ACCOUNT = "account"
SEEDS = count(1, 10)


def add(label: str = "信用评级", kind: str = "integer", **values: Any) -> str:
    return add_custom_field(object_type(ACCOUNT), {"label": label, "kind": kind, **values}).key


def ids(where: str, sort: str = "") -> list[int]:
    query = ListQuery(object_type=object_type(ACCOUNT), filter=parse_where([where]), sort=sort)
    return [row.id for row in run_list(SYSTEM, query).rows]


def test_every_kind_can_be_added_and_keeps_what_is_saved(company: Company) -> None:
    for kind in KINDS_TO_ADD:
        options: dict[str, Any] = (
            {"choices": [{"label": "甲"}, {"label": "乙"}]} if "choice" in kind else {}
        )
        if kind in {"reference", "references"}:
            options["target"] = "contact"
        add(f"自定义{kind}", kind, **options)
    declared = object_type(ACCOUNT)
    custom = {name for name in declared.fields() if name.startswith("x_")}
    assert len(custom) == len(KINDS_TO_ADD)
    values = sample_values(declared)
    record_id = make(ACCOUNT, **values)
    stored = get_record(SYSTEM, declared, record_id)
    for name in custom & values.keys():
        field = declared.field(name)
        assert field.value(stored) == field.kind.clean(values[name], field), name


def test_a_new_field_is_there_from_the_next_request(company: Company) -> None:
    key = add()
    assert key in object_type(ACCOUNT).fields()
    assert key in Access.for_user(company.li).fields(object_type(ACCOUNT)).rights


def test_the_index_of_a_filterable_field_is_used(company: Company) -> None:
    for kind, value in (("integer", 7), ("text", "甲等"), ("date", "2026-05-01")):
        key = add(f"可筛选{kind}", kind, filterable=True)
        make_all(ACCOUNT, [{key: value}, {key: None}], seed=next(SEEDS))
        row_id = object_type(ACCOUNT).field(key).id
        connection.check_constraints()  # else PostgreSQL still owes this transaction its link checks
        build_index.call(row_id)
        query = ListQuery(
            object_type=object_type(ACCOUNT),
            filter=parse_where([f"{key}:equals:{value}"]),
            sort="id",
        )
        found = matching_records(SYSTEM, query)
        assert found.count() == 1
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("SET LOCAL enable_bitmapscan = off")
                cursor.execute("SET LOCAL enable_indexscan = on")
        plan = found.order_by().explain()
        from keqiao.catalog.models import CustomField

        assert index_name(CustomField.objects.get(pk=row_id)) in plan, plan


def test_sorting_by_a_custom_field_pages_through_all(company: Company) -> None:
    key = add("排序值", "integer", filterable=True)
    build_index.call(object_type(ACCOUNT).field(key).id)
    from keqiao.catalog import state

    state.forget_versions()
    a, b, c = make_all(ACCOUNT, [{key: 2}, {key: None}, {key: 1}])
    account = object_type(ACCOUNT)
    seen, cursor = [], None
    for _page in range(4):
        page = run_list(SYSTEM, ListQuery(object_type=account, sort=key, limit=1, cursor=cursor))
        seen += [row.id for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == [c, a, b]


@pytest.mark.parametrize("filterable", [False, True])
def test_sorting_needs_no_index_until_the_list_is_long(
    company: Company, monkeypatch: pytest.MonkeyPatch, *, filterable: bool
) -> None:
    key = add("立即排序", "integer", filterable=filterable)
    a, b, c = make_all(ACCOUNT, [{key: 20}, {key: None}, {key: 3}])
    account = object_type(ACCOUNT)
    assert not account.field(key).sort_ready

    def order(sort: str) -> list[int]:
        return [row.id for row in run_list(SYSTEM, ListQuery(object_type=account, sort=sort)).rows]

    assert order(key) == [c, a, b]
    assert order(f"-{key}") == [a, c, b]
    page = (
        browser(company.qian)
        .get(f"/accounts/?columns=name&columns={key}&sort={key}")
        .content.decode()
    )
    assert f"sort=-{key}" in page
    monkeypatch.setattr(query, "SORTED_WITHOUT_INDEX", 2)
    with pytest.raises(FilterProblem) as caught:
        order(key)
    assert caught.value.code == "sort"
    assert ("索引" in str(caught.value.message)) or ("index" in str(caught.value.message))
    # PostgreSQL makes no index while deferred foreign keys wait for the end of the transaction.
    connection.check_constraints()
    build_index.call(account.field(key).id)
    if filterable:
        assert order(key) == [c, a, b]


def test_money_and_dates_compare_as_such(company: Company) -> None:
    money, day = add("额度", "money", filterable=True), add("到期", "date", filterable=True)
    small, large = make_all(
        ACCOUNT, [{money: "900", day: "2026-01-31"}, {money: "10000", day: "2026-12-01"}]
    )
    assert ids(f"{money}:at_least:1,000") == [large]
    assert ids(f"{money}:less_than:1000") == [small]
    assert ids(f"{day}:at_most:2026-02-01") == [small]


def test_a_field_not_set_up_for_filtering_says_so(company: Company) -> None:
    key = add()
    with pytest.raises(FilterProblem) as caught:
        ids(f"{key}:equals:1")
    assert caught.value.code == "not_filterable"


def test_required_and_unique_hold(company: Company) -> None:
    key = add("合同号", "text", required=True, unique=True)
    assert isinstance(save_one(SYSTEM, ACCOUNT, {"name": "甲公司"}), Rejected)
    assert isinstance(save_one(SYSTEM, ACCOUNT, {"name": "甲公司", key: "HT-1"}), Saved)
    again = save_one(SYSTEM, ACCOUNT, {"name": "乙公司", key: "ht-1"}, allow_duplicates=True)
    assert isinstance(again, DuplicateFound)


def test_deleting_shows_uses_and_can_be_undone(company: Company) -> None:
    from keqiao.catalog.models import CustomField

    key = add()
    record_id = make(ACCOUNT, **{key: 5})
    row = CustomField.objects.get(key=key)
    assert [use.count for use in uses_of(row)] == [1]
    delete_custom_field(row)
    assert key not in object_type(ACCOUNT).fields()
    restore_custom_field(row)
    stored = get_record(SYSTEM, object_type(ACCOUNT), record_id)
    assert object_type(ACCOUNT).field(key).value(stored) == 5


def test_a_choice_in_use_cannot_be_taken_away(company: Company) -> None:
    from keqiao.catalog.models import CustomField

    key = add("意向", "choice", choices=[{"label": "高"}, {"label": "低"}])
    row = CustomField.objects.get(key=key)
    make(ACCOUNT, **{key: row.choices[0]["key"]})
    with pytest.raises(CustomFieldProblem):
        change_custom_field(row, {"label": "意向", "choices": row.choices[1:]})
    renamed = [{**row.choices[0], "label": "很高"}, row.choices[1]]
    changed = change_custom_field(row, {"label": "购买意向", "choices": renamed})
    assert changed.label == "购买意向"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": "Phone"}, "label"),
        ({"label": "x", "kind": "nothing"}, "kind"),
        ({"label": "x", "kind": "choice"}, "choices"),
        ({"label": "x", "kind": "reference", "target": "user; DROP"}, "target"),
        ({"label": "x", "key": "x_a'; DROP TABLE"}, "key"),
        ({"label": "x", "key": "name"}, "key"),
        ({"label": "x", "sensitivity": "none"}, "sensitivity"),
    ],
)
def test_what_makes_no_sense_is_refused(
    company: Company, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(CustomFieldProblem) as caught, override("en"):
        add_custom_field(object_type(ACCOUNT), {"kind": "text", **values})
    assert caught.value.field == field


def test_an_amount_may_be_in_another_currency(company: Company) -> None:
    key = add("外币额度", "money", currency="USD")
    field = object_type(ACCOUNT).field(key)
    stored = get_record(SYSTEM, object_type(ACCOUNT), make(ACCOUNT, **{key: "US$1,200.50"}))
    assert field.value(stored) == 120_050
    assert field.kind.text(120_050, field) == "$1,200.50"
    yen = object_type(ACCOUNT).field(add("日元额度", "money", currency="JPY"))
    assert yen.kind.clean("1200", yen) == 1200
    with pytest.raises(CustomFieldProblem) as caught:
        add("别的", "money", currency="QQQ")
    assert caught.value.field == "currency"
