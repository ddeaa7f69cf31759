"""The ready-made lists about people: what was shared with me, and what belongs to somebody who left."""

from __future__ import annotations

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.directory import deactivate, share_record
from keqiao.access.models import User
from keqiao.catalog.filter import FilterProblem, parse_where
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.query import ListQuery, run_list
from tests.company import Company, make


def shown(user: User, key: str, *where: str) -> list[int]:
    query = ListQuery(object_type=object_type(key), filter=parse_where(list(where)))
    return [row.id for row in run_list(Access.for_user(user), query).rows]


def page(user: User, address: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_shared_with_me_is_what_i_was_let_in_to_and_what_belongs_to_it(company: Company) -> None:
    shared = make("account", owner=company.zhou, name="共享的客户")
    contact = make("contact", owner=company.zhou, account=shared, seed=2)
    make("account", owner=company.zhou, seed=3)
    own = make("account", owner=company.li, seed=4)
    share_record(object_type("account"), shared, company.li, by=company.zhou)
    assert shown(company.li, "account", "owner:shared_with_me") == [shared]
    assert shown(company.li, "contact", "owner:shared_with_me") == [contact]
    assert shown(company.li, "contact", "account.owner:shared_with_me") == [contact]
    assert set(shown(company.li, "account")) == {shared, own}
    assert shown(company.zhao, "account", "owner:shared_with_me") == []
    assert "共享的客户" in page(company.li, "/accounts/?where=owner:shared_with_me")


def test_owner_has_left_is_offered_to_those_who_see_more_than_their_own(company: Company) -> None:
    left = make("account", owner=company.zhou, name="没人管的客户")
    make("account", owner=company.li, seed=2)
    assert "owner%3Ahas_left" not in page(company.qian, "/accounts/")  # nobody has left yet
    deactivate(company.zhou)
    assert shown(company.qian, "account", "owner:has_left") == [left]
    assert shown(company.li, "account", "owner:has_left") == []
    assert "owner%3Ahas_left" in page(company.qian, "/accounts/")
    assert "owner%3Ahas_left" not in page(company.li, "/accounts/")
    assert "没人管的客户" in page(company.qian, "/accounts/?where=owner:has_left")


def test_every_owned_type_has_the_views(company: Company) -> None:
    deactivate(company.zhou)
    for declared in object_types():
        html = page(company.qian, f"/{declared.path}/")
        assert "owner%3Ashared_with_me" in html, declared.key
        assert "owner%3Ahas_left" in html, declared.key


def test_only_an_owner_can_have_shared(company: Company) -> None:
    with pytest.raises(FilterProblem):
        shown(company.qian, "account", "created_by:shared_with_me")
    with pytest.raises(FilterProblem):
        shown(company.qian, "account", "level:has_left")
