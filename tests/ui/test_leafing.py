"""Leafing over the list one came from: the very neighbours the list shows, within one's reach."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from keqiao.access.models import User
from tests.company import Company, make_all


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, number: int, state: str) -> Any:
    answer = client.get(f"/accounts/{number}/neighbours/?{state}")
    return answer.json() if answer.status_code == 200 else answer.status_code


@pytest.mark.parametrize("sort", ["name", "-created_at", "level", "-level", "id"])
def test_it_walks_the_list_as_it_is_shown(company: Company, sort: str) -> None:
    levels = ["A", None, "B", "A", None, "C"]
    ids = make_all("account", [{"level": one} for one in levels], owner=company.li)
    make_all("account", [{"level": "A"}], owner=company.zhou, seed=50)
    client = signed(company.li)
    page = client.get(f"/accounts/?sort={sort}").content.decode()
    shown = sorted(ids, key=lambda one: page.index(f'value="{one}" name="tick"'))
    for place, number in enumerate(shown):
        told = ask(client, number, f"sort={sort}")
        assert told["previous"] == (shown[place - 1] if place else None)
        assert told["next"] == (shown[place + 1] if place + 1 < len(shown) else None)
        assert told["text"] == f"{place + 1} / 6"


def test_a_record_outside_the_list_or_out_of_reach_has_no_place(company: Company) -> None:
    own, other = make_all("account", [{"level": "A"}, {"level": "B"}], owner=company.li)
    [foreign] = make_all("account", [{"level": "A"}], owner=company.zhou, seed=9)
    client = signed(company.li)
    assert ask(client, own, "where=level:equals:A")["text"] == "1 / 1"
    assert ask(client, other, "where=level:equals:A") == 204
    assert ask(client, foreign, "") == 404
    assert ask(client, own, "where=nothing:equals:1") == 204
    assert ask(client, own, "sort=nothing") == 204
