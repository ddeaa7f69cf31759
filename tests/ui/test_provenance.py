"""Beside a field stands who set it, when and from where, as far as the reader may know."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext

from keqiao.access.access import Access
from keqiao.access.models import Role
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.access.tokens import issue_token
from tests.company import Company, make, save_one
from tests.importing.helpers import execute, upload
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}


def test_form_import_and_program_are_told_apart(company: Company) -> None:
    run = upload(
        Access.for_user(company.wang), "客户名称,级别,备注\n甲公司,C,来自名单\n", name="展会.csv"
    )
    record_id = execute(run).rows.get(number=2).record_id
    _token, text = issue_token(company.wang, "ERP 同步", ["account:write"], days=1)
    Client().patch(
        f"/api/v1/accounts/{record_id}",
        {"level": "B"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}", "If-Match": "*"},
    )
    save_one(Access.for_user(company.wang), "account", {"level": "A"}, record_id=record_id)
    client = browser(company.wang)
    page = client.get(f"/accounts/{record_id}/provenance/level/", headers=PART).content.decode()
    words = (gettext("on the form"), "ERP 同步", "展会.csv")
    told = [page.index(word) for word in words]
    assert told == sorted(told)  # newest first
    assert "来自名单" not in page
    alone = client.get(f"/accounts/{record_id}/provenance/level/").content.decode()
    assert "<!doctype html>" in alone
    untouched = client.get(f"/accounts/{record_id}/provenance/website/", headers=PART)
    assert untouched.status_code == 200
    record = client.get(f"/accounts/{record_id}/?tab=details").content.decode()
    assert f'href="/accounts/{record_id}/provenance/level/"' in record
    assert "provenance/updated_at/" not in record


def test_masked_values_stay_masked_and_hidden_fields_do_not_exist(company: Company) -> None:
    contact = make("contact", owner=company.li, phone="13800138000", note="只给自己看")
    save_one(Access.for_user(company.li), "contact", {"phone": "13900139000"}, record_id=contact)
    client = browser(company.sun)  # masked: phone; hidden: note
    page = client.get(f"/contacts/{contact}/provenance/phone/").content.decode()
    assert "李销售" in page
    assert "0138000" not in page.replace(" ", "")
    assert "0139000" not in page.replace(" ", "")
    hidden = client.get(f"/contacts/{contact}/provenance/note/")
    unknown = client.get(f"/contacts/{contact}/provenance/no_such_field/")
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert client.get(f"/contacts/{contact}/provenance/account.name/").status_code == 404
    assert browser(company.zhou).get(f"/contacts/{contact}/provenance/phone/").status_code == 404


def test_a_revealed_value_is_no_source_of_it(company: Company) -> None:
    set_field_right(Role.objects.get(key="manager"), "contact", "phone", Right.MASKED)
    contact = make("contact", owner=company.li, phone="13800138000")
    client = browser(company.wang)
    assert client.post(f"/contacts/{contact}/reveal/", {"field": "phone"}).status_code == 200
    page = client.get(f"/contacts/{contact}/provenance/phone/", headers=PART).content.decode()
    assert page.count('class="ev"') == 1


def test_the_controls_cost_the_record_page_no_query(company: Company) -> None:
    record_id = make("account", owner=company.li)
    client = browser(company.li)
    client.get(f"/accounts/{record_id}/?tab=details")
    with CaptureQueriesContext(connection) as found:
        client.get(f"/accounts/{record_id}/?tab=details")
    assert not [one for one in found if "records_changeentry" in one["sql"]]
