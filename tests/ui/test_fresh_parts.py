"""Parts read anew after something was done: one row of a list, the left column of a record's page."""

from __future__ import annotations

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import ensure_standard_roles, set_field_right
from keqiao.activities.verbs import log_follow_up
from tests.company import Company, make

PART = {"HTTP_HX_REQUEST": "true"}
pytestmark = pytest.mark.django_db


def get(user: User, address: str) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    answer = client.get(address, **PART)
    return answer.status_code, answer.content.decode()


def test_one_row_comes_as_its_list_shows_it_also_when_it_fits_no_longer(company: Company) -> None:
    number = make("account", owner=company.li, name="刚跟进的客户", level="A")
    make("account", owner=company.li, seed=2, name="另一家")
    log_follow_up(Access.for_user(company.li), f"account:{number}", type="note", body="谈过了")
    where = "where=last_activity_at:is_empty&columns=level&columns=last_activity_at"
    status, html = get(company.li, f"/accounts/?{where}&part=row&id={number}")
    assert status == 200
    assert html.count("<tr") == 1 and html.count("<td") == 4
    assert "刚跟进的客户" in html and "刚刚" in html and "另一家" not in html
    for other in ("0", "x", "99999", ""):
        assert get(company.li, f"/accounts/?part=row&id={other}")[0] == 404


def test_a_row_is_no_way_round_what_a_person_may_see(company: Company) -> None:
    number = make("account", owner=company.li, phone="0512-6521 1234")
    assert get(company.zhou, f"/accounts/?part=row&id={number}")[0] == 404
    set_field_right(ensure_standard_roles()["sales"], "account", "phone", Right.HIDDEN)
    assert "6521" not in get(company.li, f"/accounts/?columns=phone&part=row&id={number}")[1]


def test_the_left_column_tells_of_what_was_just_done(company: Company) -> None:
    number = make("account", owner=company.li)
    status, before = get(company.li, f"/accounts/{number}/?part=left")
    assert status == 200 and "刚刚" not in before.split("创建")[0]
    log_follow_up(Access.for_user(company.li), f"account:{number}", type="note", body="谈过了")
    after = get(company.li, f"/accounts/{number}/?part=left")[1]
    assert "刚刚" in after.split("创建")[0]
    assert 'class="identity"' in after and "<html" not in after
    assert get(company.zhou, f"/accounts/{number}/?part=left")[0] == 404
