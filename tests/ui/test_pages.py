"""Lists, records and forms in the browser of a salesperson: what is shown, saved, asked and refused."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from keqiao.access.access import Access
from keqiao.access.models import Collaborator, User
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.jobs.models import Job
from keqiao.jobs.worker import run_worker
from keqiao.records.models import ChangeEntry
from keqiao.ui.models import Recent
from tests.company import Company, make, make_all, save_one

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PART = {"HX-Request": "true"}
PAGE_BYTES = 80_000


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def queries_for(client: Client, address: str, **headers: str) -> int:
    client.get(address, headers=headers)  # shared state and compiled templates are warm
    with CaptureQueriesContext(connection) as found:
        assert client.get(address, headers=headers).status_code == 200
    return len(found)


@pytest.fixture
def fifty(company: Company) -> list[int]:
    rows: list[dict[str, Any]] = [
        {"name": f"苏州博远精密机械制造{number}有限公司", "phone": f"138001380{number:02}"}
        for number in range(60)
    ]
    return make_all("account", rows, owner=company.li)


# --- lists ------------------------------------------------------------------------------------------


def test_a_list_of_fifty_is_small_and_asks_little(company: Company, fifty: list[int]) -> None:
    client = browser(company.li)
    answer = client.get("/accounts/")
    assert answer.content.count(b"<tr>") == 51
    assert len(answer.content) <= PAGE_BYTES
    assert queries_for(client, "/accounts/") <= 10


def test_a_record_and_a_search_ask_little(company: Company, fifty: list[int]) -> None:
    client = browser(company.li)
    make_all("contact", [{"account": fifty[0]} for _ in range(5)], owner=company.li)
    assert queries_for(client, f"/accounts/{fifty[0]}/") <= 25
    assert queries_for(client, "/search/?q=博远") <= 8
    assert queries_for(client, "/commands/?q=博远", **PART) <= 8


def test_a_card_shows_three_of_what_belongs_to_a_record_and_how_many_there_are(
    company: Company,
) -> None:
    number = make("account", owner=company.li)
    client, cards = browser(company.li), re.compile(r'class="assoc"[^>]*>\s*<h2>[^<]* <b>([^<]*)<')
    for more, count in ((2, "2"), (2, "4"), (14, "18")):
        rows: list[dict[str, Any]] = [{"account": number} for _number in range(more)]
        make_all("contact", rows, owner=company.li, seed=int(count) * 100)
        page = client.get(f"/accounts/{number}/").content.decode()
        assert cards.findall(page)[0] == count
        card = page.partition('class="assoc"')[2].partition("</section>")[0]
        assert card.count("<li>") == min(int(count), 3)
        assert (f"/contacts/?where=account:equals:{number}" in card) is (int(count) > 3)


@pytest.mark.django_db(transaction=True)
def test_a_visit_is_noted_without_making_later_writes_less_safe(company: Company) -> None:
    number = make("account", owner=company.li)
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous = FULL")
        client = browser(company.li)
        for _time in range(2):
            client.get(f"/accounts/{number}/")
        assert Recent.objects.get().times == 2
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone()[0] == 2  # FULL: an accepted save survives a power cut
        cursor.execute("PRAGMA synchronous = OFF")


def test_the_number_of_queries_does_not_grow_with_rows(company: Company, fifty: list[int]) -> None:
    client = browser(company.li)
    one = queries_for(client, "/accounts/?where=name:equals:苏州博远精密机械制造1有限公司")
    assert queries_for(client, "/accounts/") <= one + 1  # a list beyond one page is counted


def test_a_fragment_is_the_changed_part_and_caches_know(company: Company, fifty: list[int]) -> None:
    client = browser(company.li)
    whole, part = client.get("/accounts/"), client.get("/accounts/", headers=PART)
    assert b"<!doctype html>" in whole.content and b"<!doctype" not in part.content
    assert b'id="rows"' in part.content
    assert "HX-Request" in whole["Vary"] and "no-store" in whole["Cache-Control"]


def test_more_rows_follow_without_repeating_any(company: Company, fifty: list[int]) -> None:
    client = browser(company.li)
    first = client.get("/accounts/").content.decode()
    more = re.search(r'hx-get="([^"]*cursor=[^"]*)"', first)
    assert more is not None
    rest = client.get(more[1].replace("&amp;", "&"), headers=PART).content.decode()
    numbers = [re.findall(r'class="tick" value="(\d+)"', text) for text in (first, rest)]
    assert len(numbers[0]) == 50 and len(numbers[1]) == 10
    assert not set(numbers[0]) & set(numbers[1])


def test_a_broken_filter_is_explained(company: Company) -> None:
    answer = browser(company.li).get("/accounts/?where=level:between:1,2")
    assert answer.status_code == 422
    assert 'class="empty"' in answer.content.decode()


def test_the_filter_editor_adds_a_condition(company: Company, fifty: list[int]) -> None:
    answer = browser(company.li).get(
        "/accounts/?filter_field=region&filter_operator=within&filter_value=江苏&filter_value__pick=320000|江苏",
        headers=PART,
    )
    assert answer["HX-Push-Url"] == "/accounts/?where=region%3Awithin%3A320000"


def test_the_filter_editor_takes_a_period_or_a_day(company: Company, fifty: list[int]) -> None:
    client = browser(company.li)
    for operator, given, wanted in (
        ("within", "filter_value=past_7_days&filter_value=", "within%3Apast_7_days"),
        ("at_least", "filter_value=&filter_value=2026-01-31", "at_least%3A2026-01-31"),
    ):
        address = f"/accounts/?filter_field=created_at&filter_operator={operator}&{given}"
        answer = client.get(address, headers=PART)
        assert answer.status_code == 200
        assert answer["HX-Push-Url"] == f"/accounts/?where=created_at%3A{wanted}"


def test_values_of_a_record_cannot_write_html(company: Company) -> None:
    make("account", owner=company.li, name="<img src=x onerror=alert(1)>公司")
    page = browser(company.li).get("/accounts/").content.decode()
    assert "<img src=x" not in page and "&lt;img src=x" in page


# --- forms ------------------------------------------------------------------------------------------


def filled(client: Client, address: str, **typed: str) -> dict[str, Any]:
    """Return what a browser would send back from the form at `address`, with some fields typed."""
    page = client.get(address).content.decode()
    was = re.search(r'name="was" value="([^"]*)"', page)
    version = re.search(r'name="version" value="([^"]*)"', page)
    assert was is not None
    sent = json.loads(was[1].replace("&quot;", '"'))
    data = {name: value for name, value in sent.items() if value not in ("false", "")}
    data["was"] = was[1].replace("&quot;", '"')
    if version:
        data["version"] = version[1]
    return {**data, **typed}


def test_creating_needs_only_what_is_required(company: Company) -> None:
    client = browser(company.li)
    answer = client.post("/accounts/new/", {"name": "无锡凯桥阀门有限公司", "was": "{}"})
    assert answer.status_code == 303
    record = object_type("account").model._default_manager.get()
    assert (record.name, record.owner_id) == ("无锡凯桥阀门有限公司", company.li.pk)
    assert answer["Location"] == f"/accounts/{record.pk}/"


def test_a_refused_form_keeps_what_was_typed_and_says_why(company: Company) -> None:
    answer = browser(company.li).post(
        "/accounts/new/", {"name": "甲公司", "phone": "12", "was": "{}"}, headers=PART
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and "<!doctype" not in page
    assert 'value="12"' in page and page.count('class="err"') == 1 and 'aria-invalid="true"' in page


def test_an_untouched_field_does_not_overwrite_a_colleague(company: Company) -> None:
    number = make("account", owner=company.li, employees="10", legal_person="王芳")
    client = browser(company.li)
    data = filled(client, f"/accounts/{number}/edit/", legal_person="赵敏")
    save_one(Access.for_user(company.wang), "account", {"employees": 99}, record_id=number)
    answer = client.post(f"/accounts/{number}/edit/", data)
    record = object_type("account").model._default_manager.get(pk=number)
    assert answer.status_code == 303
    assert (record.legal_person, record.employees) == ("赵敏", 99)


def test_two_people_on_one_field_are_asked_and_lose_nothing(company: Company) -> None:
    number = make("account", owner=company.li, employees="10")
    client, address = browser(company.li), f"/accounts/{number}/edit/"
    data = filled(client, address, employees="11")
    save_one(Access.for_user(company.wang), "account", {"employees": 99}, record_id=number)
    asked = client.post(address, data, headers=PART)
    assert asked.status_code == 409 and asked["HX-Retarget"] == "#dialog"
    page = asked.content.decode()
    assert "王经理" in page and ">11<" in page and ">99<" in page
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    again = {**data, "version": version[1], "conflict": "1", "keep__employees": "mine"}
    assert client.post(address, again).status_code == 303
    assert object_type("account").model._default_manager.get(pk=number).employees == 11


def test_their_value_stays_when_chosen(company: Company) -> None:
    number = make("account", owner=company.li, employees="10")
    client, address = browser(company.li), f"/accounts/{number}/edit/"
    data = filled(client, address, employees="11", legal_person="赵敏")
    save_one(Access.for_user(company.wang), "account", {"employees": 99}, record_id=number)
    again = {**data, "version": "2", "conflict": "1", "keep__employees": "theirs"}
    assert client.post(address, again).status_code == 303
    record = object_type("account").model._default_manager.get(pk=number)
    assert (record.employees, record.legal_person) == (99, "赵敏")


def test_a_possible_duplicate_is_shown_and_may_be_saved_all_the_same(company: Company) -> None:
    make("account", owner=company.li, name="无锡凯桥阀门有限公司", phone="13800138000")
    client, data = browser(company.li), {"name": "无锡凯桥阀门有限公司", "was": "{}"}
    asked = client.post("/accounts/new/", data)
    assert asked.status_code == 422 and "allow_duplicates" in asked.content.decode()
    assert client.post("/accounts/new/", {**data, "allow_duplicates": "1"}).status_code == 303


def test_masked_values_are_not_in_the_form_or_the_page(company: Company) -> None:
    number = make("contact", owner=company.li, phone="13812345678", note="绝密")
    client = browser(company.sun)
    for address in (f"/contacts/{number}/", "/contacts/", f"/contacts/{number}/?tab=history"):
        page = client.get(address).content.decode()
        assert "12345678" not in page and "1234 5678" not in page and "绝密" not in page
    assert client.get(f"/contacts/{number}/edit/").status_code == 403


# --- questions ----------------------------------------------------------------------------------------


def test_deleting_goes_to_the_recycle_bin_and_back(company: Company) -> None:
    number = make("account", owner=company.li, name="无锡凯桥阀门有限公司")
    client = browser(company.li)
    assert client.get(f"/accounts/{number}/delete/").status_code == 200
    assert client.post(f"/accounts/{number}/delete/", {"reason": "倒闭"}).status_code == 303
    assert client.get(f"/accounts/{number}/").status_code == 404
    assert "无锡凯桥" in client.get("/settings/bin/?object=account").content.decode()
    client.post("/settings/bin/", {"object": "account", "ids": str(number)})
    assert client.get(f"/accounts/{number}/").status_code == 200


def test_sharing_lets_a_colleague_in_until_it_ends(company: Company) -> None:
    number = make("account", owner=company.li)
    mine, other = browser(company.li), browser(company.zhou)
    assert other.get(f"/accounts/{number}/").status_code == 404
    mine.post(
        f"/accounts/{number}/people/",
        {"person": "周销售", "person__pick": f"{company.zhou.pk}|周销售"},
    )
    assert other.get(f"/accounts/{number}/").status_code == 200
    assert ChangeEntry.objects.filter(action="share", record_id=number).exists()
    Collaborator.objects.update(expires_at=now() - timedelta(seconds=1))
    assert other.get(f"/accounts/{number}/").status_code == 404


def test_many_records_change_in_the_background_with_the_rights_of_who_asked(
    company: Company,
) -> None:
    mine = make_all("account", [{"level": "C"}, {"level": "C"}], owner=company.li)
    foreign = make("account", owner=company.zhou, seed=77, level="C")
    client = browser(company.li)
    answer = client.post(
        "/accounts/bulk/",
        {
            "action": "edit",
            "ids": ",".join(map(str, [*mine, foreign])),
            "field": "level",
            "value": "A",
            "go": "1",
        },
        headers=PART,
    )
    assert answer.status_code == 200 and Job.objects.filter(actor_id=company.li.pk).count() == 1
    run_worker(once=True)
    levels = dict(object_type("account").model._default_manager.values_list("pk", "level"))
    assert [levels[number] for number in (*mine, foreign)] == ["A", "A", "C"]


# --- the frame ------------------------------------------------------------------------------------------


def test_a_fragment_of_an_ended_session_leads_to_the_sign_in(db: None) -> None:
    answer = Client().get(
        "/accounts/", headers={**PART, "HX-Current-URL": "http://testserver/accounts/"}
    )
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/auth/login/?next=")


def test_preferences_are_kept_and_nonsense_is_not(company: Company) -> None:
    client = browser(company.li)
    client.post(
        "/preferences/", {"theme": "dark", "density": "tiny", "nav": "narrow"}, headers=PART
    )
    company.li.refresh_from_db()
    assert (company.li.theme, company.li.density) == ("dark", "comfortable")
    page = client.get("/").content.decode()
    assert 'data-theme="dark"' in page and 'data-nav="narrow"' in page


def test_english_pages_have_no_chinese_words_of_ours(company: Company) -> None:
    company.li.language = "en"
    company.li.save(update_fields=["language"])
    page = browser(company.li).get("/accounts/new/").content.decode()
    assert 'lang="en"' in page and "Save and add another" in page
    words = set(re.findall(r"[\u4e00-\u9fff]+", page))
    assert words <= {"中文", "李销售", "李"}


def test_settings_of_the_company_are_for_administrators(company: Company) -> None:
    salesperson, administrator = browser(company.li), browser(company.qian)
    for part in ("fields", "roles", "people", "numbering"):
        assert salesperson.get(f"/settings/{part}/").status_code == 403
        assert administrator.get(f"/settings/{part}/").status_code == 200


def test_a_field_made_in_the_settings_is_on_the_form_at_once(company: Company) -> None:
    administrator = browser(company.qian)
    made = administrator.post(
        "/settings/fields/new/",
        {
            "object": "account",
            "label": "信用评级",
            "kind": "choice",
            "choices": "优 | green\n良",
            "sensitivity": "internal",
        },
    )
    assert made.status_code == 303
    page = browser(company.li).get("/accounts/new/").content.decode()
    assert "信用评级" in page and ">优</label>" in page


# --- masked values and background work ------------------------------------------------------------------


def test_a_masked_value_is_shown_to_who_may_and_that_is_written_down(company: Company) -> None:
    number = make("contact", owner=company.li, id_number="320506199003074517")
    address, asked = f"/contacts/{number}/reveal/", {"field": "id_number"}
    boss, reader = browser(company.wang), browser(company.sun)
    assert "320506199003074517" not in boss.get(f"/contacts/{number}/").content.decode()
    assert "320506199003074517" in boss.post(address, asked, headers=PART).content.decode()
    entry = ChangeEntry.objects.get(action="reveal")
    assert (entry.record_id, entry.actor_id, entry.after) == (
        number,
        company.wang.pk,
        {"id_number": None},
    )
    assert reader.post(address, asked, headers=PART).status_code == 404
    assert boss.post(address, {"field": "name"}, headers=PART).status_code == 404
    assert boss.post(address, {"field": "nothing"}, headers=PART).status_code == 404
    assert ChangeEntry.objects.filter(action="reveal").count() == 1


def test_background_work_is_seen_by_who_asked_and_by_administrators(company: Company) -> None:
    number = make("account", owner=company.li)
    client = browser(company.li)
    client.post(
        "/accounts/bulk/", {"action": "delete", "ids": str(number), "go": "1"}, headers=PART
    )
    job = Job.objects.get(actor_id=company.li.pk)
    assert client.get(f"/jobs/{job.pk}/").status_code == 200
    assert browser(company.zhou).get(f"/jobs/{job.pk}/").status_code == 404
    assert browser(company.qian).get(f"/jobs/{job.pk}/").status_code == 200
    client.post(f"/jobs/{job.pk}/cancel/")
    run_worker(once=True)
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert client.get(f"/accounts/{number}/").status_code == 200
