"""The command box, what was opened lately, and favourites: only what a person may do and see now."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.directory import share_record, unshare_record
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.models import ChangeEntry
from keqiao.records.removal import delete_records
from keqiao.ui import recents
from keqiao.ui.models import Favourite, Recent
from keqiao.ui.navigation import Beginning, register_beginning
from keqiao.ui.navigation import _beginnings as beginnings
from keqiao.ui.object_keys import LetterTaken, register_object_keys
from keqiao.ui.record_commands import RecordCommand, register_record_command
from keqiao.ui.record_commands import _commands as known_commands
from tests.company import SYSTEM, TEST, Company, make

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PART = {"HX-Request": "true"}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def asked(client: Client, text: str, at: str = "/") -> str:
    return client.get("/commands/", {"q": text, "at": at}, headers=PART).content.decode()


def links(page: str) -> list[str]:
    return [one.replace("&amp;", "&") for one in re.findall(r'<a [^>]*href="([^"]*)"', page)]


# --- pages and commands -----------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["客户", "kehu", "kh", "KH", "ke hu", "accounts"])
def test_a_page_is_found_by_chinese_pinyin_initials_and_english(
    company: Company, typed: str
) -> None:
    for text in (typed, f">{typed}"):
        assert "/accounts/" in links(asked(browser(company.li), text)), text


def test_every_type_one_may_create_is_offered_and_no_other(company: Company) -> None:
    for person in (company.li, company.sun):
        access = Access.for_user(person)
        may = {
            f"/{one.path}/new/"
            for one in object_types()
            if access.can(Action.CREATE, one) and Feature.SEARCH in one.features
        }
        shown = {one for one in links(asked(browser(person), "")) if one.endswith("/new/")}
        assert shown == may
    assert not [one for one in links(asked(browser(company.sun), ">new")) if "/new/" in one]


def test_settings_of_the_company_are_for_administrators(company: Company) -> None:
    assert "/settings/roles/" in links(asked(browser(company.qian), "角色"))
    assert "/settings/roles/" not in links(asked(browser(company.li), "角色"))
    assert "/settings/profile/" in links(asked(browser(company.li), ">profile"))


def test_a_prefix_narrows_to_one_object(company: Company) -> None:
    account = make("account", owner=company.li, name="苏州博远精密机械有限公司")
    contact = make("contact", owner=company.li, name="博远明", account=account)
    client = browser(company.li)
    assert links(asked(client, "#博远")) == [f"/accounts/{account}/"]
    assert links(asked(client, "@博远")) == [f"/contacts/{contact}/"]
    assert links(asked(client, "#byjm")) == [f"/accounts/{account}/"]


def test_tasks_have_a_prefix_of_their_own(company: Company) -> None:
    make("account", owner=company.li, name="苏州博远精密机械有限公司")
    task = make("task", owner=company.li, name="给博远寄样品")
    assert links(asked(browser(company.li), "!博远")) == [f"/tasks/{task}/"]


def test_a_phone_tail_finds_its_owner(company: Company) -> None:
    number = make("account", owner=company.li, phone="13800135678")
    assert f"/accounts/{number}/" in links(asked(browser(company.li), "5678"))


def test_a_name_nobody_has_can_be_begun(company: Company) -> None:
    page = asked(browser(company.li), "绝无此名称")
    [address] = [one for one in links(page) if one.startswith("/accounts/new/")]
    form = browser(company.li).get(address).content.decode()
    assert 'value="绝无此名称"' in form


def test_what_is_typed_writes_no_html(company: Company) -> None:
    assert "<script>" not in asked(browser(company.li), "<script>alert(1)</script>")


def test_two_objects_cannot_have_one_letter() -> None:
    with pytest.raises(LetterTaken):
        register_object_keys("nothing", prefix="#")
    with pytest.raises(LetterTaken):
        register_object_keys("nothing", go="h")


# --- this record ------------------------------------------------------------------------------------


def of_this_record(person: User, path: str, text: str = "") -> list[str]:
    return [one for one in links(asked(browser(person), text, path)) if one.startswith(path)]


def test_only_what_one_may_do_with_this_record_is_offered(company: Company) -> None:
    path = f"/accounts/{make('account', owner=company.li)}/"
    everything = {f"{path}edit/", f"{path}transfer/", f"{path}delete/"}
    assert everything <= set(of_this_record(company.wang, path))
    assert f"{path}edit/" in of_this_record(company.li, path)
    assert f"{path}transfer/" not in of_this_record(company.li, path)
    seen = of_this_record(company.sun, path)
    assert f"{path}people/" in seen
    assert not everything & set(seen)
    assert of_this_record(company.zhou, path) == []
    assert of_this_record(company.li, path, "bianji") == [f"{path}edit/"]


@pytest.mark.parametrize("path", ["/accounts/0/", "/nothing/1/", "/accounts/²/", "//", "/a/b/c/"])
def test_an_address_that_is_no_record_offers_nothing_of_it(company: Company, path: str) -> None:
    assert of_this_record(company.li, path) == []


def test_packages_add_commands_and_beginnings(company: Company) -> None:
    path = f"/accounts/{make('account', owner=company.li)}/"
    try:
        register_record_command(
            RecordCommand("visit", "Plan a visit", "map-pin", "visit/", in_dialog=True)
        )
        register_beginning(Beginning("log", "Log a call", "phone", "/calls/new/"))
        page = asked(browser(company.li), "", path)
        assert f'href="{path}visit/" tabindex="-1" data-dialog' in page
        assert 'href="/calls/new/"' in page
        assert 'href="/calls/new/"' in browser(company.li).get("/").content.decode()
    finally:
        known_commands.pop("visit", None)
        beginnings.pop("log", None)


# --- opened lately ----------------------------------------------------------------------------------


def test_the_box_begins_with_what_was_opened_last(company: Company) -> None:
    first, second = (make("account", owner=company.li, seed=seed) for seed in (1, 2))
    client = browser(company.li)
    for number in (first, second):
        client.get(f"/accounts/{number}/")
    client.get(f"/accounts/{first}/?part=panel", headers=PART)
    found = [one for one in links(asked(client, "")) if re.fullmatch(r"/accounts/\d+/", one)]
    assert found == [f"/accounts/{first}/", f"/accounts/{second}/"]
    other = links(asked(browser(company.wang), ""))
    assert not [one for one in other if re.fullmatch(r"/accounts/\d+/", one)]


def test_opening_a_record_is_no_change_of_it(company: Company) -> None:
    number = make("account", owner=company.li)
    before = ChangeEntry.objects.count()
    browser(company.li).get(f"/accounts/{number}/")
    assert (ChangeEntry.objects.count(), Recent.objects.count()) == (before, 1)


def test_what_one_may_not_open_leaves_no_trace(company: Company) -> None:
    number = make("account", owner=company.zhou)
    for address in (f"/accounts/{number}/", f"/accounts/{number}/?part=panel", "/accounts/99999/"):
        assert browser(company.li).get(address, headers=PART).status_code == 404
        assert browser(company.li).get(address).status_code == 404
    assert not Recent.objects.exists()


def test_thirty_are_kept_and_the_oldest_goes(company: Company) -> None:
    access, declared = Access.for_user(company.li), object_type("account")
    for number in range(1, 36):
        recents.note_visit(access, declared, number)
    recents.keep_visits()
    kept = set(Recent.objects.values_list("record_id", flat=True))
    assert kept == set(range(6, 36))


def test_pages_in_quick_succession_are_noted_in_one_go(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []

    class Later:
        def __init__(self, seconds: float, call: Any) -> None:
            assert 0 < seconds <= 60
            self.call = call

        def start(self) -> None:
            started.append(self.call)

    monkeypatch.setattr(recents, "Timer", Later)
    monkeypatch.setattr(recents._Written, "at", float("-inf"))
    monkeypatch.setattr(recents, "PAUSE_SECONDS", 60)
    numbers = [make("account", owner=company.li, seed=seed) for seed in range(4)]
    client = browser(company.li)
    for number in numbers[:3]:
        client.get(f"/accounts/{number}/")
    assert list(Recent.objects.values_list("record_id", flat=True)) == numbers[:1]
    assert len(started) == 1, "one timer for all that wait"
    recents.write_visits()
    assert set(Recent.objects.values_list("record_id", flat=True)) == set(numbers[:3])
    client.get(f"/accounts/{numbers[3]}/")
    found = [one for one in links(asked(client, "")) if re.fullmatch(r"/accounts/\d+/", one)]
    assert found[0] == f"/accounts/{numbers[3]}/", "who asks for what he opened sees all of it"
    monkeypatch.setattr(recents._Written, "timer", None)


def test_what_is_opened_often_stays_in_reach(company: Company) -> None:
    numbers = [make("account", owner=company.li, seed=seed) for seed in range(10)]
    client = browser(company.li)
    for _time in range(3):
        client.get(f"/accounts/{numbers[0]}/")
    for number in numbers[1:]:
        client.get(f"/accounts/{number}/")
    page = asked(client, "")
    assert f"/accounts/{numbers[0]}/" in links(page)
    assert f"/accounts/{numbers[1]}/" not in links(page)


def test_what_one_may_no_longer_see_is_gone_from_memory(company: Company) -> None:
    number, declared = (
        make("account", owner=company.zhou, name="昨日机密公司"),
        object_type("account"),
    )
    share_record(declared, number, company.li, by=company.zhou)
    client = browser(company.li)
    assert client.get(f"/accounts/{number}/").status_code == 200
    assert client.post(f"/accounts/{number}/star/", {"on": "1"}).status_code == 303
    places = ("/commands/?q=", "/commands/?q=昨日", "/favourites/", "/favourites/?part=side")
    shown = [
        place
        for place in places
        if "昨日机密公司" in client.get(place, headers=PART).content.decode()
    ]
    assert "/favourites/" in shown and "/commands/?q=" in shown
    unshare_record(declared, number, company.li.pk)
    for place in places:
        assert "昨日机密公司" not in client.get(place, headers=PART).content.decode(), place


def test_a_deleted_record_is_not_offered(company: Company) -> None:
    number = make("account", owner=company.li, name="已删除公司")
    client = browser(company.li)
    client.get(f"/accounts/{number}/")
    client.post(f"/accounts/{number}/star/", {"on": "1"})
    delete_records(SYSTEM, object_type("account"), [number], source=TEST)
    assert "已删除公司" not in asked(client, "")
    assert "已删除公司" not in client.get("/favourites/").content.decode()


def test_a_busy_database_costs_the_memory_not_the_page(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = make("account", owner=company.li)

    def busy(visit: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(recents, "_write", busy)
    assert browser(company.li).get(f"/accounts/{number}/").status_code == 200
    assert not Recent.objects.exists()


# --- favourites -------------------------------------------------------------------------------------


def test_a_star_is_set_and_taken_and_belongs_to_one_person(company: Company) -> None:
    number = make("account", owner=company.li, name="星标公司")
    mine, boss = browser(company.li), browser(company.wang)
    address = f"/accounts/{number}/star/"
    answer = mine.post(address, {"on": "1"}, headers=PART)
    assert 'aria-pressed="true"' in answer.content.decode()
    assert answer["HX-Trigger"] == "favouritesChanged"
    mine.post(address, {"on": "1"})
    assert Favourite.objects.count() == 1
    assert 'aria-pressed="true"' in mine.get(f"/accounts/{number}/").content.decode()
    assert "星标公司" in mine.get("/favourites/").content.decode()
    assert 'aria-pressed="false"' in boss.get(f"/accounts/{number}/").content.decode()
    assert "星标公司" not in boss.get("/favourites/").content.decode()
    mine.post(address, {"on": "0"})
    assert not Favourite.objects.exists()


def test_a_record_out_of_reach_takes_no_star(company: Company) -> None:
    number = make("account", owner=company.zhou)
    client = browser(company.li)
    assert client.post(f"/accounts/{number}/star/", {"on": "1"}).status_code == 404
    assert client.post("/accounts/999999/star/", {"on": "1"}).status_code == 404
    assert client.get(f"/accounts/{number}/star/").status_code == 405
    assert not Favourite.objects.exists()


def test_there_is_an_end_to_favourites(company: Company) -> None:
    number = make("account", owner=company.li)
    moment = company.li.date_joined - timedelta(days=1)
    Favourite.objects.bulk_create(
        Favourite(user=company.li, object_key="account", record_id=10_000 + one, added_at=moment)
        for one in range(200)
    )
    client = browser(company.li)
    answer = client.post(f"/accounts/{number}/star/", {"on": "1"}, headers=PART)
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    assert Favourite.objects.count() == 200
