"""Searching inside a list finds every record that fits, whichever way it is read."""

from __future__ import annotations

from itertools import chain

import pytest
from django.db import connection

from keqiao.access.access import Access
from keqiao.catalog.filter import parse_where
from keqiao.catalog.registry import object_type
from keqiao.records import list_search, query
from keqiao.records.counting import TooSlow
from keqiao.records.list_search import ListSearch
from keqiao.records.query import ListQuery, Page, count_records, matching_records, run_list
from tests.company import SYSTEM, Company, make, make_all

ACCOUNT = "account"
WAYS = ("named", "in order", "surely")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test once with few hits, once with common words, once with those far behind."""
    if request.param != "named":
        monkeypatch.setattr(list_search, "FEW", 0)
    if request.param == "surely":
        read = query._page_rows

        def impatient(access, asked, order, columns):  # type: ignore[no-untyped-def]
            if not asked.search_surely:
                raise TooSlow
            return read(access, asked, order, columns)

        monkeypatch.setattr(query, "_page_rows", impatient)
    return request.param  # type: ignore[no-any-return]


def asked(text: str, **more: object) -> ListQuery:
    return ListQuery(object_type=object_type(ACCOUNT), search=text, **more)  # type: ignore[arg-type]


def found(access: Access, text: str, **more: object) -> list[int]:
    return [row.id for row in run_list(access, asked(text, **more)).rows]


def walk(access: Access, text: str, **more: object) -> list[list[int]]:
    pages, cursor = [], None
    while True:
        page: Page = run_list(access, asked(text, cursor=cursor, **more))
        pages.append([row.id for row in page.rows])
        cursor = page.next_cursor
        if cursor is None:
            return pages


def test_all_hits_are_found_page_by_page_beyond_any_former_limit(
    company: Company, way: str
) -> None:
    wanted = make_all(ACCOUNT, [{"name": f"苏州精密{n}厂"} for n in range(25)])
    make_all(ACCOUNT, [{"name": f"杭州电子{n}厂"} for n in range(25)], seed=500)
    for sort in ("-updated_at", "name", "annual_revenue", "id"):
        pages = walk(SYSTEM, "精密", sort=sort, limit=7)
        assert [len(page) for page in pages] == [7, 7, 7, 4]
        assert sorted(chain(*pages)) == sorted(wanted)
    page = run_list(SYSTEM, asked("精密", limit=5))
    assert (page.count, page.count_capped) == (25, False)
    assert count_records(SYSTEM, asked("精密")) == 25
    assert set(matching_records(SYSTEM, asked("精密")).values_list("pk", flat=True)) == set(wanted)


def test_more_than_three_hundred_hits_are_all_there(company: Company) -> None:
    make_all(ACCOUNT, [{"name": f"苏州精密{n}厂"} for n in range(310)])
    assert run_list(SYSTEM, asked("精密")).count == 310


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("苏州", [0]), ("jmjx", [0]), ("jingmi", [0]), ("5678", [0]), ("13812345678", [0]),
        ("王", [1]), ("wang", [1]), ("苏州 电子", []), ("%", []), ("_", []), ("", [0, 1, 2]),
        ("' OR 1=1", []), ("acme", [2]), ("ACM", [2]), ("😀", []),
    ],
)  # fmt: skip
def test_both_ways_agree_on_what_fits(
    company: Company, way: str, text: str, hits: list[int]
) -> None:
    made = make_all(
        ACCOUNT,
        [
            {"name": "苏州精密机械", "phone": "13812345678", "short_name": "", "former_names": []},
            {"name": "王氏电子", "phone": "", "short_name": "", "former_names": []},
            {"name": "Acme Ltd", "phone": "", "short_name": "", "former_names": []},
        ]
        if "former_names" in object_type(ACCOUNT).fields()
        else [
            {"name": "苏州精密机械", "phone": "13812345678"},
            {"name": "王氏电子", "phone": ""},
            {"name": "Acme Ltd", "phone": ""},
        ],
    )
    assert sorted(found(SYSTEM, text)) == sorted(made[number] for number in hits)


def test_the_reach_of_rights_and_the_filters_hold(company: Company, way: str) -> None:
    mine = make(ACCOUNT, owner=company.li, name="苏州精密甲", level="A")
    make(ACCOUNT, owner=company.li, name="苏州精密乙", level="B", seed=2)
    make(ACCOUNT, owner=company.zhou, name="苏州精密丙", level="A", seed=3)
    li = Access.for_user(company.li)
    tree = parse_where(["level:equals:A"])
    assert found(li, "精密", filter=tree) == [mine]
    page = run_list(li, asked("精密", filter=tree))
    assert page.count == 1
    assert len(found(SYSTEM, "精密", filter=tree)) == 2


def test_a_masked_number_cannot_be_guessed_in_a_list(company: Company, way: str) -> None:
    contact = object_type("contact")
    make("contact", name="赵敏", phone="13912345678", owner=company.li)
    sun = Access.for_user(company.sun)  # reads contacts with masked telephone numbers
    for text, hits in (("赵敏", 1), ("1391234", 0), ("5678", 0)):
        rows = run_list(sun, ListQuery(object_type=contact, search=text)).rows
        assert len(rows) == hits, text
        assert count_records(sun, ListQuery(object_type=contact, search=text)) == hits


def test_common_words_are_read_in_the_order_of_the_list(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Naming half a million hits first would take longer than anybody waits."""
    monkeypatch.setattr(list_search, "FEW", 0)
    make_all(ACCOUNT, [{"name": f"苏州精密{n}厂"} for n in range(30)])
    rows = matching_records(SYSTEM, asked("精密")).order_by("-updated_at", "-pk")[:5]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_hashjoin = off")
    plan = rows.explain()
    assert "account_updated" in plan, plan
    assert "records_searchentry_pkey" in plan or "U0 USING INTEGER PRIMARY KEY" in plan, plan


def test_naming_all_hits_asks_the_index_of_words_once(company: Company) -> None:
    """Asked once for every record it took a minute at a million."""
    if connection.vendor != "sqlite":
        return
    search = ListSearch(SYSTEM, object_type(ACCOUNT), "精密")
    search.named = None  # as with more hits than can be named one by one
    rows = object_type(ACCOUNT).model._default_manager.filter(search.condition(surely=True))
    plan = rows.explain()
    assert "LIST SUBQUERY" in plan, plan
    assert "SCAN records_search VIRTUAL TABLE" in plan, plan
    assert "CORRELATED" not in plan, plan
