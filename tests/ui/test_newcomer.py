"""A newcomer's first minutes and an administrator's small rescues: no page is a dead end."""

from __future__ import annotations

import pytest
from django.test import Client

from keqiao.access.models import User
from keqiao.access.set_up import issue_token
from keqiao.catalog.registry import object_type
from keqiao.jobs.schedule import sync_schedules
from keqiao.records.drafts import Draft, Source
from keqiao.records.save import save_records
from keqiao.ui.controls import control_html
from tests.company import SYSTEM, Company, make_all

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LONG_ENOUGH = "a sentence nobody guesses"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_a_new_installation_leads_to_its_set_up_and_straight_in(db: None) -> None:
    key, client = issue_token(), Client()
    assert client.get("/")["Location"] == "/set-up/"
    given = {"token": key, "name": "张三", "username": "zhang", "password": LONG_ENOUGH}
    assert client.post("/set-up/", given)["Location"] == "/"
    assert client.get("/").status_code == 200
    assert client.get("/set-up/").status_code == 404
    assert Client().get("/")["Location"].startswith("/auth/login/")


def test_an_address_for_forms_explains_itself_when_opened(company: Company) -> None:
    answer = browser(company.li).get("/accounts/bulk/")
    assert answer.status_code == 405
    assert "<h2>" in answer.content.decode()


def test_an_administrator_gives_a_new_password_and_old_sessions_end(company: Company) -> None:
    theirs, ours = browser(company.li), browser(company.qian)
    page = f"/settings/people/{company.li.pk}/"
    given = {"name": company.li.name, "department": company.li.department_id or ""}
    assert ours.post(page, {**given, "password": "short"}).status_code == 422
    assert theirs.get("/").status_code == 200
    assert ours.post(page, {**given, "password": LONG_ENOUGH}).status_code == 303
    assert theirs.get("/").status_code == 302
    assert User.objects.get(pk=company.li.pk).check_password(LONG_ENOUGH)


def test_a_number_the_system_gives_can_be_looked_for(company: Company) -> None:
    field = object_type("account").fields()["number"]
    assert "readonly" in control_html(field, None, id="f")
    line = browser(company.li).get("/accounts/filter-line/?filter_field=number").content.decode()
    assert 'name="filter_value"' in line
    assert "readonly" not in line


def test_what_the_system_made_says_so(company: Company) -> None:
    draft = Draft(values={"name": "系统带来的公司", "owner": company.li.pk})
    [made] = save_records(SYSTEM, object_type("account"), [draft], source=Source("demo"))
    client = browser(company.li)
    client.post("/preferences/", {"language": "en", "next": "/"})
    page = client.get(f"/accounts/{made.record_id}/").content.decode()  # type: ignore[union-attr]
    assert page.count("<dd>the system</dd>") == 2


@pytest.mark.parametrize("count", [1, 5])
def test_a_list_shows_two_labels_and_counts_the_rest(company: Company, count: int) -> None:
    tags = [f"标签{number}" for number in range(count)]
    make_all("account", [{"name": "标签公司", "tags": tags}], owner=company.li)
    page = browser(company.li).get("/accounts/?columns=tags").content.decode()
    assert page.count('<span class="tag">标签') == min(count, 2)
    assert ("+3" in page) == (count == 5)


def test_the_timetable_and_tokens_speak_in_words(company: Company) -> None:
    sync_schedules()
    client = browser(company.qian)
    client.post("/preferences/", {"language": "en", "next": "/"})
    page = client.get("/jobs/?status=timetable").content.decode()
    assert "every day at " in page
    assert "daily at" not in page
    given = {"name": "warehouse", "days": "90", "scopes": ["*:read"]}
    tokens = client.post("/settings/tokens/", given).content.decode()
    assert '<span class="tag">Everything · read</span>' in tokens
