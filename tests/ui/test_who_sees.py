"""The page that tells who sees a record and why, and the one that tells what a colleague sees."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext

from keqiao.access.directory import deactivate, share_record
from keqiao.access.models import Role, User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.catalog.registry import object_type
from tests.company import Company, make
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db


def text_of(user: User, address: str) -> str:
    answer = browser(user).get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_everybody_who_sees_it_is_named_with_the_reason(company: Company) -> None:
    account = make("account", owner=company.li, name="桥东公司")
    contact = make("contact", owner=company.li, account=account)
    share_record(object_type("account"), account, company.zhou, by=company.li)
    page = text_of(company.li, f"/contacts/{contact}/who/")
    for person in company.everybody:
        assert person.name in page
    assert "「桥东公司」" in page
    assert "「销售经理」" in page
    assert "/sees/" not in page
    assert "/sees/" in text_of(company.qian, f"/contacts/{contact}/who/")
    assert "周销售" not in text_of(company.li, f"/contacts/{contact}/who/?q=李销售")


def test_who_does_not_see_the_record_does_not_learn_who_does(company: Company) -> None:
    account = make("account", owner=company.li)
    assert browser(company.zhou).get(f"/accounts/{account}/who/").status_code == 404
    for person in (company.zhou, company.wang, company.sun):
        address = f"/settings/people/{company.li.pk}/sees/"
        assert browser(person).get(address).status_code == 403


def test_the_customer_above_is_not_named_to_whom_it_is_hidden(company: Company) -> None:
    account = make("account", owner=company.li, name="秘密公司")
    contact = make("contact", owner=company.zhou, account=account)
    assert "秘密公司" not in text_of(company.zhou, f"/contacts/{contact}/who/")
    set_field_right(Role.objects.get(key="auditor"), "contact", "account", Right.HIDDEN)
    assert "秘密公司" not in text_of(company.sun, f"/contacts/{contact}/who/")
    assert "秘密公司" in text_of(company.wang, f"/contacts/{contact}/who/")


def test_field_rights_of_others_are_for_administrators(company: Company) -> None:
    contact = make("contact", owner=company.li)
    words = gettext("masked")
    own = text_of(company.sun, f"/contacts/{contact}/who/")
    assert "「审计」" in own
    assert words in own
    foreign = text_of(company.zhao, f"/contacts/{contact}/who/?person={company.sun.pk}")
    assert "孙审计不能" not in foreign
    told = text_of(company.qian, f"/contacts/{contact}/who/?person={company.sun.pk}")
    assert told.count("「审计」") > text_of(company.qian, f"/contacts/{contact}/who/").count(
        "「审计」"
    )


def test_an_administrator_reads_what_a_colleague_sees(company: Company) -> None:
    for number in range(3):
        make("account", owner=company.li, seed=number + 1)
    make("account", owner=company.zhou, seed=9)
    page = text_of(company.qian, f"/settings/people/{company.li.pk}/sees/")
    assert '<td class="num">3</td>' in page
    assert gettext("own") in page


def test_an_owner_who_left_is_told(company: Company) -> None:
    account = make("account", owner=company.li)
    deactivate(company.li)
    page = text_of(company.wang, f"/accounts/{account}/who/")
    assert "李销售" in page
