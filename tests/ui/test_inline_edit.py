"""One value changed where it stands: by the rules of the form, with the version that was read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import ensure_standard_roles, set_field_right
from keqiao.catalog.registry import object_type
from keqiao.records.query import get_record
from tests.company import SYSTEM, Company, make, save_one

PART = {"HTTP_HX_REQUEST": "true"}


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def editor(client: Client, number: int, name: str, path: str = "accounts") -> dict[str, str]:
    html = client.get(f"/{path}/{number}/cell/{name}/", **PART).content.decode()
    found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    assert "<form" in html, html
    return {key: value.replace("&quot;", '"') for key, value in found.items()}


def send(client: Client, number: int, name: str, value: str, **more: str) -> Any:
    given = {**editor(client, number, name), name: value, **more}
    return client.post(f"/accounts/{number}/cell/{name}/", given, **PART)


def stored(number: int) -> Any:
    return get_record(SYSTEM, object_type("account"), number)


def test_a_value_is_saved_and_shown_as_the_list_shows_it(company: Company) -> None:
    number = make("account", owner=company.li, level="C")
    client = signed(company.li)
    answer = send(client, number, "level", "A")
    assert (answer.status_code, stored(number).level) == (200, "A")
    assert 'class="tag' in answer.content.decode()
    version = stored(number).version
    assert send(client, number, "level", "A").status_code == 200
    assert stored(number).version == version  # untouched is not a change


def test_a_wrong_value_comes_back_with_the_message(company: Company) -> None:
    number = make("account", owner=company.li, name="苏州博远精密机械有限公司")
    answer = send(signed(company.li), number, "name", "  ")
    html = answer.content.decode()
    assert answer.status_code == 422 and "cellerr" in html and "aria-invalid" in html
    assert stored(number).name == "苏州博远精密机械有限公司"


def test_two_people_at_one_cell_meet_in_the_dialog(company: Company) -> None:
    number = make("account", owner=company.li, level="C")
    client = signed(company.li)
    begun = editor(client, number, "level")
    save_one(SYSTEM, "account", {"level": "B"}, record_id=number)
    url = f"/accounts/{number}/cell/level/"
    answer = client.post(url, {**begun, "level": "A"}, **PART)
    assert answer.status_code == 409 and stored(number).level == "B"
    html = answer.content.decode()
    again = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    again = {key: value.replace("&quot;", '"') for key, value in again.items()}
    kept = client.post(url, {**again, "keep__level": "theirs"}, **PART)
    assert kept.status_code == 204 and stored(number).level == "B"
    mine = client.post(url, {**again, "keep__level": "mine"}, **PART)
    assert "cellSaved" in json.loads(mine["HX-Trigger"]) and stored(number).level == "A"


def test_changes_of_other_fields_do_not_collide(company: Company) -> None:
    number = make("account", owner=company.li, level="C")
    client = signed(company.li)
    begun = editor(client, number, "level")
    save_one(SYSTEM, "account", {"address": "新地址 1 号"}, record_id=number)
    answer = client.post(f"/accounts/{number}/cell/level/", {**begun, "level": "A"}, **PART)
    assert answer.status_code == 200
    assert (stored(number).level, stored(number).address) == ("A", "新地址 1 号")


def test_rights_of_record_and_field_hold(company: Company) -> None:
    number = make("account", owner=company.li, level="C")
    url = f"/accounts/{number}/cell/level/"
    assert signed(company.zhou).get(url, **PART).status_code == 404
    assert signed(company.zhou).post(url, {"level": "A"}, **PART).status_code == 404
    roles = ensure_standard_roles()
    set_field_right(roles["sales"], "account", "level", Right.READ)
    client = signed(company.li)
    assert "<form" not in client.get(url, **PART).content.decode()
    assert client.post(url, {"level": "A", "version": "1"}, **PART).status_code == 403
    set_field_right(roles["sales"], "account", "level", Right.HIDDEN)
    assert client.get(url, **PART).status_code == 404
    assert client.post(url, {"level": "A"}, **PART).status_code == 404
    assert stored(number).level == "C"


@pytest.mark.parametrize("name", ["created_at", "updated_by", "next_activity_at"])
def test_what_the_system_fills_says_so(company: Company, name: str) -> None:
    number = make("account", owner=company.li)
    html = signed(company.li).get(f"/accounts/{number}/cell/{name}/", **PART).content.decode()
    assert "whynot" in html and "<form" not in html


def test_without_the_script_the_form_opens_at_the_field(company: Company) -> None:
    number = make("account", owner=company.li)
    answer = signed(company.li).get(f"/accounts/{number}/cell/level/")
    assert answer["Location"] == f"/accounts/{number}/edit/?field=level#f-level"


def test_every_kind_has_a_control_in_the_cell(company: Company) -> None:
    client = signed(company.qian)
    for key in ("account", "contact", "lead"):
        declared = object_type(key)
        number = make(key, owner=company.qian)
        for name, field in declared.fields().items():
            if name == "id_number":
                continue  # masked even to administrators
            answer = client.get(f"/{declared.path}/{number}/cell/{name}/", **PART)
            assert answer.status_code == 200, name
            assert ("<form" in answer.content.decode()) != field.read_only, name
