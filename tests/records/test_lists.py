"""Lists: the same rows in the same order on every database, however deep one pages."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from django.db import OperationalError

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.catalog import state
from keqiao.catalog.filter import FilterProblem, parse_filter, parse_where
from keqiao.catalog.registry import object_type
from keqiao.records import counting
from keqiao.records.query import ListQuery, run_list
from tests.company import SYSTEM, Company, make, make_all


def ids(access: Access, key: str = "account", **options: Any) -> list[int]:
    return [
        row.id for row in run_list(access, ListQuery(object_type=object_type(key), **options)).rows
    ]


def walk(sort: str, limit: int = 3) -> tuple[list[int], list[int]]:
    """Page forwards to the end, then backwards to the start."""
    account = object_type("account")
    forwards, cursor, page = [], None, None
    for _page in range(20):
        page = run_list(
            SYSTEM, ListQuery(object_type=account, sort=sort, cursor=cursor, limit=limit)
        )
        forwards.append([row.id for row in page.rows])
        cursor = page.next_cursor
        if cursor is None:
            break
    assert page is not None
    backwards = [forwards[-1]]
    while page.previous_cursor:
        page = run_list(
            SYSTEM,
            ListQuery(object_type=account, sort=sort, cursor=page.previous_cursor, limit=limit),
        )
        backwards.insert(0, [row.id for row in page.rows])
    return list(chain(*forwards)), list(chain(*backwards))


@pytest.mark.parametrize(
    "sort",
    ["name", "-name", "updated_at", "-updated_at", "annual_revenue", "-annual_revenue", "id"],
)
def test_paging_meets_every_row_once_in_both_directions(company: Company, sort: str) -> None:
    rows = [
        {"name": f"公司{number % 4}", "annual_revenue": None if number % 3 else number}
        for number in range(11)
    ]
    made = make_all("account", rows)
    forwards, backwards = walk(sort)
    assert sorted(forwards) == sorted(made)
    assert forwards == backwards


def test_empty_values_come_last_in_both_orders(company: Company) -> None:
    low, none, high = make_all(
        "account", [{"annual_revenue": 5}, {"annual_revenue": None}, {"annual_revenue": 9}]
    )
    assert ids(SYSTEM, sort="annual_revenue") == [low, high, none]
    assert ids(SYSTEM, sort="-annual_revenue") == [high, low, none]


def test_names_sort_by_pinyin(company: Company) -> None:
    wuhan, apple, beijing = make_all(
        "account", [{"name": "武汉光谷"}, {"name": "Apple 中国"}, {"name": "北京知行"}]
    )
    assert ids(SYSTEM, sort="name") == [apple, beijing, wuhan]


def test_rows_inserted_while_paging_neither_double_nor_hide_others(company: Company) -> None:
    account = object_type("account")
    old = make_all("account", [{} for _number in range(6)])
    first = run_list(SYSTEM, ListQuery(object_type=account, sort="id", limit=3))
    make_all("account", [{}, {}], seed=77)
    second = run_list(
        SYSTEM, ListQuery(object_type=account, sort="id", cursor=first.next_cursor, limit=3)
    )
    assert [row.id for row in [*first.rows, *second.rows]] == old


def test_count_stops_at_the_cap(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keqiao.records.counting.COUNT_CAP", 3)
    make_all("account", [{} for _number in range(5)])
    page = run_list(SYSTEM, ListQuery(object_type=object_type("account")))
    assert (page.count, page.count_capped) == (3, True)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "bnVsbA",
        "W10",
        "WyJuYW1lIiwge30sIDEsIDBd",
        "é",
        "A" * 5000,
        "WyItdXBkYXRlZF9hdCIsMSwxLDBd",
    ],
)
def test_a_damaged_page_mark_gets_a_clear_answer(company: Company, cursor: str) -> None:
    with pytest.raises(FilterProblem) as caught:
        ids(SYSTEM, cursor=cursor)
    assert caught.value.code == "cursor"


@pytest.mark.parametrize(
    "sort",
    ["password", "owner__password", "__class__", "a.b", "_connector", "id);--", "note", "-tags", "?",
     "custom", "account.name", "\x00"],
)  # fmt: skip
def test_only_listed_fields_sort(company: Company, sort: str) -> None:
    with pytest.raises(FilterProblem):
        ids(SYSTEM, sort=sort)


def test_region_filter_finds_what_lies_inside(company: Company) -> None:
    inside, city, _outside = make_all(
        "account", [{"region": "320505"}, {"region": "320500"}, {"region": "330106"}]
    )
    assert set(ids(SYSTEM, filter=parse_where(["region:within:320500"]))) == {inside, city}
    assert set(ids(SYSTEM, filter=parse_where(["region:within:江苏"]))) == {inside, city}


def test_filters_combine_and_negate(company: Company) -> None:
    a, b, c = make_all(
        "account",
        [
            {"level": "A", "tags": ["重点"], "employees": 10},
            {"level": "B", "tags": ["展会", "重点"], "employees": 200},
            {"level": "", "tags": [], "employees": None},
        ],
    )

    def found(data: Any) -> set[int]:
        return set(ids(SYSTEM, filter=parse_filter(data)))

    assert found({"field": "level", "operator": "any_of", "value": ["A", "B"]}) == {a, b}
    assert found({"not": {"field": "level", "operator": "equals", "value": "A"}}) == {b, c}
    assert found({"field": "level", "operator": "none_of", "value": "A"}) == {b, c}
    assert found({"field": "level", "operator": "not_equals", "value": "A"}) == {b, c}
    assert found({"field": "level", "operator": "is_empty"}) == {c}
    assert found({"field": "tags", "operator": "any_of", "value": "展会"}) == {b}
    assert found({"field": "tags", "operator": "none_of", "value": "展会"}) == {a, c}
    assert found({"field": "tags", "operator": "is_filled"}) == {a, b}
    assert found({"field": "employees", "operator": "between", "value": "5,10"}) == {a}
    assert found({"field": "employees", "operator": "is_empty"}) == {c}
    assert found({"any": [
        {"field": "level", "operator": "equals", "value": "A"},
        {"all": [{"field": "employees", "operator": "more_than", "value": 100}]},
    ]}) == {a, b}  # fmt: skip
    assert found({"any": []}) == set()
    assert found({"field": "created_at", "operator": "within", "value": "today"}) == {a, b, c}
    assert found({"field": "created_at", "operator": "within", "value": "last_year"}) == set()


def test_phone_filters_ignore_how_the_number_is_written(company: Company) -> None:
    record_id = make("account", phone="0512-6288 1234")
    make("account", seed=5, phone="13800138000")
    assert ids(SYSTEM, filter=parse_where(["phone:equals:（0512）62881234"])) == [record_id]
    assert ids(SYSTEM, filter=parse_where(["phone:contains:6288 12"])) == [record_id]


def test_filter_on_a_linked_record_respects_its_rights(company: Company) -> None:
    mine = make("account", owner=company.li, name="我的客户", level="A")
    theirs = make("account", owner=company.zhou, name="别人的客户", level="A", seed=2)
    near = make("contact", owner=company.li, account=mine)
    make("contact", owner=company.li, account=theirs, seed=3)
    access = Access.for_user(company.li)
    assert ids(access, "contact", filter=parse_where(["account.level:equals:A"])) == [near]


@pytest.mark.parametrize("operator", ["equals", "starts_with", "contains", "is_empty", "is_filled"])
def test_a_masked_field_is_not_filtered_so_it_cannot_be_guessed(
    company: Company, operator: str
) -> None:
    with pytest.raises(FilterProblem) as masked:
        ids(
            Access.for_user(company.sun),
            "contact",
            filter=parse_where([f"phone:{operator}:13800138000"]),
        )
    with pytest.raises(FilterProblem) as hidden:
        ids(Access.for_user(company.sun), "contact", filter=parse_where([f"note:{operator}:x"]))
    with pytest.raises(FilterProblem) as unknown:
        ids(SYSTEM, "contact", filter=parse_where([f"nothing:{operator}:x"]))
    assert masked.value.code == hidden.value.code == unknown.value.code == "unknown_field"


@pytest.mark.parametrize(
    "data",
    [
        "", "[", "null", "[]", "5", '"x"', "{}", '{"field":"name"}', '{"all":5}', '{"all":[],"any":[]}',
        '{"field":"name","operator":"equals","value":"x","extra":1}',
        '{"field":"name","operator":"__class__","value":1}',
        '{"field":"owner__password","operator":"starts_with","value":"x"}',
        '{"field":"_connector","operator":"equals","value":"OR"}',
        '{"field":"name","operator":"is_me"}', '{"field":"name","operator":"equals"}',
        '{"field":"employees","operator":"between","value":"1"}',
        '{"field":"employees","operator":"equals","value":"1e999"}',
        '{"field":"created_at","operator":"within","value":"past_99999_days"}',
        '{"not":' * 40 + '{"field":"name","operator":"is_empty"}' + "}" * 40,
        '{"all":' + "[" * 100_000,
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused(company: Company, data: str) -> None:
    with pytest.raises(FilterProblem):
        ids(SYSTEM, filter=parse_filter(data))


@pytest.mark.parametrize(
    "value", ["'", '"', "\\", "%", "_", ";", "\x00", "\ud800", "😀", "x" * 10_000, "{{7*7}}"]
)
def test_any_value_is_safe_to_look_for(company: Company, value: str) -> None:
    make("account", name="百分之_百%公司")
    account = object_type("account")
    for name, field in account.fields().items():
        for operator in field.kind.operators:
            try:
                tree = parse_filter({"field": name, "operator": operator, "value": value})
                ids(SYSTEM, filter=tree)
            except FilterProblem as problem:
                assert str(problem.message)


def test_wildcards_are_ordinary_characters(company: Company) -> None:
    exact = make("account", name="百分之_百%公司")
    make("account", name="百分之一百个公司", seed=4)
    assert ids(SYSTEM, filter=parse_where(["name:contains:_百%"])) == [exact]


def test_counting_is_given_up_rather_than_the_page(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_arguments: object) -> None:
        raise OperationalError("interrupted")

    monkeypatch.setattr("keqiao.records.counting._count", too_slow)
    made = make_all("account", [{}, {}])
    page = run_list(SYSTEM, ListQuery(object_type=object_type("account"), sort="id", limit=1))
    assert [row.id for row in page.rows] == made[:1]
    assert (page.count, page.count_capped) == (None, False)


def test_a_list_read_whole_is_not_counted_once_more(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    count = counting._count
    monkeypatch.setattr(counting, "_count", lambda *given: (asked.append(given), count(*given))[1])
    make_all("account", [{} for _number in range(4)])
    account = object_type("account")
    whole = run_list(SYSTEM, ListQuery(object_type=account, sort="id", limit=4))
    assert (whole.count, whole.count_capped, asked) == (4, False, [])
    part = run_list(SYSTEM, ListQuery(object_type=account, sort="id", limit=3))
    assert (part.count, len(asked)) == (4, 1)
    last = run_list(
        SYSTEM, ListQuery(object_type=account, sort="id", limit=3, cursor=part.next_cursor)
    )
    assert (last.count, len(last.rows), last.next_cursor) == (4, 1, None)


def test_a_capped_count_holds_for_a_moment_and_for_one_reach_only(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNT_CAP", 2)
    account = object_type("account")
    made = make_all("account", [{} for _number in range(4)], owner=company.li)

    def counted(user: User, **more: Any) -> tuple[int | None, bool]:
        page = run_list(
            Access.for_user(user), ListQuery(object_type=account, limit=1, sort="id", **more)
        )
        return page.count, page.count_capped

    mine = parse_where(["owner:is_me"])
    assert counted(company.li) == (2, True)
    account.model._default_manager.filter(pk__in=made[2:]).update(owner=company.zhou.pk, team=None)
    assert counted(company.li) == (2, True), "held for some seconds"
    assert counted(company.li, filter=mine) == (2, False), "another question"
    assert counted(company.zhou) == (2, False), "somebody else"
    state.bump(state.ACCESS)
    assert counted(company.li) == (2, False), "not beyond a change of rights"
    monkeypatch.setattr(counting, "CAPPED_SECONDS", -1)
    account.model._default_manager.filter(pk__in=made).update(owner=company.li.pk)
    assert counted(company.li) == (2, True)
    account.model._default_manager.filter(pk__in=made[2:]).update(owner=company.zhou.pk, team=None)
    assert counted(company.li) == (2, False), "not beyond its time"


def test_what_took_too_long_to_count_is_not_tried_again_at_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[ListQuery] = []

    def count(access: Access, query: ListQuery) -> tuple[int, bool]:
        tried.append(query)
        raise counting.TooSlow

    monkeypatch.setattr(counting, "_count", count)
    query = ListQuery(object_type=object_type("account"), filter=parse_where(["owner:is_me"]))
    li, zhou = Access.for_user(company.li), Access.for_user(company.zhou)
    assert counting.capped_count(li, query) == (None, False)
    assert counting.capped_count(li, query) == (None, False)
    assert len(tried) == 1
    assert counting.capped_count(zhou, query) == (None, False)
    monkeypatch.setattr(counting, "SLOW_SECONDS", -1)
    counting.forget()
    counting.capped_count(li, query)
    counting.capped_count(li, query)
    assert len(tried) == 4


def test_a_manager_counts_each_customer_once(company: Company) -> None:
    """Own records in the own department lie in two parts of the reach."""
    make_all("account", [{}, {}], owner=company.wang)
    make_all("account", [{}], owner=company.li, seed=30)
    page = run_list(Access.for_user(company.wang), ListQuery(object_type=object_type("account")))
    assert page.count == len(page.rows) == 3


@pytest.mark.parametrize("many", [False, True])
def test_contains_finds_the_same_with_and_without_the_search_index(
    company: Company, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    if many:
        monkeypatch.setattr("keqiao.records.contains.MOST_CANDIDATES", 0)
    wanted = make("account", name="苏州（博远）精密机械有限公司")
    make("account", name="苏州博云精密仪器有限公司", seed=4)
    assert ids(SYSTEM, filter=parse_where(["name:contains:博远）精密"])) == [wanted]
    assert ids(SYSTEM, filter=parse_where(["name:contains:远）精"])) == [wanted]
    assert ids(SYSTEM, filter=parse_where(["name:contains:蘇州"])) == []
