"""The filter builder: what is put together by clicks is the filter the list then shows."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from keqiao.catalog.filter import AllOf, AnyOf, Condition, FilterTree, Not
from keqiao.catalog.operators import WITHOUT_VALUE
from keqiao.ui.filter_form import address_parts, from_tree, read_form, to_tree
from tests.company import Company, make
from tests.ui.test_list_menus import hide
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db


LINE = st.builds(
    Condition, st.sampled_from(["name", "level", "account.name"]),
    st.sampled_from(["equals", "contains"]), st.text("abc甲", min_size=1, max_size=4),
)  # fmt: skip
TREES = st.recursive(
    LINE,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda items: AnyOf(tuple(items))),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: AllOf(tuple(items))),
        inner.map(Not),
    ),
    max_leaves=6,
)


def holds(tree: FilterTree | None, true: set[Condition]) -> bool:
    match tree:
        case None:
            return True
        case Condition():
            return tree in true
        case AllOf(items):
            return all(holds(item, true) for item in items)
        case AnyOf(items):
            return any(holds(item, true) for item in items)
        case Not(item):
            return not holds(item, true)


def leaves(tree: FilterTree) -> list[Condition]:
    match tree:
        case Condition():
            return [tree]
        case AllOf(items) | AnyOf(items):
            return [leaf for item in items for leaf in leaves(item)]
        case Not(item):
            return leaves(item)


@given(TREES, st.data())
def test_form_and_address_mean_what_the_filter_means(tree: FilterTree, data: st.DataObject) -> None:
    form = from_tree(tree)
    again = to_tree(form, WITHOUT_VALUE)
    where, rest = address_parts(again)
    simple = [Condition(*part.split(":", 2)) for part in where]
    for _try in range(4):
        true = {leaf for leaf in leaves(tree) if data.draw(st.booleans())}
        assert holds(tree, true) == holds(again, true)
        assert holds(tree, true) == (all(one in true for one in simple) and holds(rest, true))


def test_a_form_deeper_or_longer_than_allowed_is_cut() -> None:
    nodes = "&".join(f"node={n}:{n - 1}:group" for n in range(1, 9))
    assert max(item.depth for item in read_form(QueryDict(nodes)).walk()) == 4  # type: ignore[union-attr]
    lines = "&".join(f"node={n}:0:line" for n in range(1, 80))
    assert len(read_form(QueryDict(lines)).lines) == 30
    assert read_form(QueryDict("node=x&node=1:9:line&node=-1:0:line&node=2:0:other")).items == []


def test_building_by_clicks_ends_in_the_list_with_that_filter(company: Company) -> None:
    make("account", owner=company.li, name="甲级公司", level="A")
    make("account", owner=company.li, name="乙级公司", level="B", seed=7)
    make("account", owner=company.li, name="丙级公司", level="C", seed=8)
    client = browser(company.li)
    base = "/accounts/filter/builder/?building=1&way-0=all&node=1:0:line&field-1=owner&operator-1=is_me"
    nested = client.get(base + "&do=group:0").content.decode()
    assert 'value="2:0:group"' in nested and 'value="3:2:line"' in nested
    whole = (
        base + "&node=2:0:group&way-2=any&node=3:2:line&field-3=level&operator-3=equals&value-3=A"
        "&node=4:2:line&field-4=level&operator-4=any_of&value-4=B"
    )
    counted = client.get(whole).content.decode()
    assert "符合条件 2 条" in counted
    done = client.get(whole + "&do=apply")
    assert done.status_code == 303
    asked = parse_qs(urlsplit(done["Location"]).query)
    assert asked["where"] == ["owner:is_me"]
    assert set(json.loads(asked["filter"][0])) == {"any"}
    page = client.get(done["Location"]).content.decode()
    assert "甲级公司" in page and "乙级公司" in page and "丙级公司" not in page
    reopened = client.get(
        done["Location"].replace("/accounts/", "/accounts/filter/builder/", 1)
    ).content.decode()
    assert "符合条件 2 条" in reopened and "way-2" in reopened


def test_fields_of_linked_records_can_be_asked_but_hidden_ones_not(company: Company) -> None:
    account = make("account", owner=company.li, name="甲级公司", level="A")
    make("contact", owner=company.li, account=account, name="张三丰")
    client = browser(company.li)
    page = client.get("/contacts/filter/builder/").content.decode()
    assert 'value="account.level"' in page
    whole = (
        "/contacts/filter/builder/?building=1&node=1:0:line&field-1=account.level"
        "&operator-1=equals&value-1=A&do=apply"
    )
    assert "张三丰" in client.get(client.get(whole)["Location"]).content.decode()
    hide(company.li, "level")
    assert 'value="account.level"' not in client.get("/contacts/filter/builder/").content.decode()
    assert client.get(whole).status_code == 200, "refused with a sentence, not applied"
