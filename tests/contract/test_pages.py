"""What holds for every object type on its pages: they render, cheaply, and lose nothing."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from keqiao.access.models import User
from keqiao.catalog.object_type import Feature, ObjectType
from keqiao.records.models import ChangeEntry
from keqiao.records.query import get_record
from keqiao.ui.list_state import PAGE_SIZE
from tests.company import SYSTEM, Company, make, make_all

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LIST_QUERIES, RECORD_QUERIES, SEARCH_QUERIES = 10, 25, 8
LIST_BYTES = 80 * 1024
FORM = "application/x-www-form-urlencoded"


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def queries_of(client: Client, address: str) -> int:
    """Return how many queries one view of a page costs, once the process is warm."""
    assert client.get(address).status_code == 200, address
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(address).status_code == 200
    return len(found)


def pages_of(declared: ObjectType, number: int) -> list[str]:
    base = f"/{declared.path}/"
    return [
        base, f"{base}new/", f"{base}{number}/", f"{base}{number}/edit/",
        f"{base}{number}/?tab=history", f"{base}{number}/delete/", f"{base}{number}/transfer/",
        f"{base}{number}/people/", f"{base}export/", f"{base}filter-line/", f"{base}pick/",
        f"{base}filter/", f"{base}columns/",
        *(f"{base}filter/{name}/" for name in declared.list.quick_filters),
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_is_there_in_both_languages(
    language: str, declared: ObjectType, company: Company
) -> None:
    number = make(declared.key, owner=company.qian)
    User.objects.filter(pk=company.qian.pk).update(language=language)
    client = browser_of(company.qian)
    for address in pages_of(declared, number):
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(address, headers=headers)
            assert answer.status_code == 200, address
            text = answer.content.decode()
            if "<html" in text:
                assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in text
            # A name of a template variable or a field's label that was never resolved.
            assert "{{" not in text
            assert "{%" not in text
            assert "object at 0x" not in text


def test_an_empty_list_says_what_belongs_here(declared: ObjectType, company: Company) -> None:
    text = browser_of(company.qian).get(f"/{declared.path}/").content.decode()
    assert 'class="empty"' in text
    assert f"/{declared.path}/new/" in text


def test_a_list_costs_the_same_for_few_and_many_rows(
    declared: ObjectType, company: Company
) -> None:
    client = browser_of(company.wang)
    make_all(declared.key, [{}, {}, {}], owner=company.li)
    few = queries_of(client, f"/{declared.path}/")
    make_all(declared.key, [{} for _number in range(PAGE_SIZE + 5)], owner=company.li, seed=500)
    for number in range(6):
        User.objects.create(username=f"more{number}", name=f"同事{number}")
    many = queries_of(client, f"/{declared.path}/")
    # Each way to reach a record is counted by itself, on its own index.
    assert many <= LIST_QUERIES + 2 * len(declared.belongs_to)
    assert many <= few + 1, "one more query for every row, person or page"


def test_a_full_list_is_small(declared: ObjectType, company: Company) -> None:
    rows: list[dict[str, Any]] = [{} for _number in range(PAGE_SIZE)]
    make_all(declared.key, rows, owner=company.li, seed=500)
    answer = browser_of(company.li).get(f"/{declared.path}/")
    assert answer.content.count(b'class="tick" value="') == PAGE_SIZE
    assert len(answer.content) <= LIST_BYTES, f"{len(answer.content) / 1024:.0f} KB"


def test_a_record_costs_the_same_however_much_belongs_to_it(
    declared: ObjectType, company: Company
) -> None:
    client = browser_of(company.wang)
    number = make(declared.key, owner=company.li)
    address = f"/{declared.path}/{number}/"
    alone = queries_of(client, address)
    for seed, related in enumerate(declared.related, start=1):
        rows = [{related.by: number} for _number in range(8)]
        make_all(related.object_key, rows, owner=company.li, seed=seed * 1000)
    together = queries_of(client, address)
    log = queries_of(client, f"{address}?tab=history")
    assert max(together, log) <= RECORD_QUERIES
    assert together <= alone + len(declared.related) * 2


def test_a_search_costs_the_same_for_one_hit_and_many(
    declared: ObjectType, company: Company
) -> None:
    if Feature.SEARCH not in declared.features:
        return
    client = browser_of(company.wang)
    make_all(declared.key, [{declared.title: "博远精密"}], owner=company.li)
    one = queries_of(client, f"/search/?{urlencode({'q': '博远'})}")
    rows = [{declared.title: f"博远精密{number}"} for number in range(15)]
    make_all(declared.key, rows, owner=company.li, seed=700)
    many = queries_of(client, f"/search/?{urlencode({'q': '博远'})}")
    assert many == one
    assert many <= SEARCH_QUERIES


# --- the form as a browser sends it ----------------------------------------------------------------


class FormReader(HTMLParser):
    """Reads what a browser would send for the record's form, untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self.inside = False
        self.select = ""
        self.options: list[tuple[str, bool]] = []
        self.area = ""
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("id") == "record-form"
        if not self.inside or "disabled" in given:
            return
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "input" and name:
            kind = given.get("type")
            if kind not in {"radio", "checkbox"} or "checked" in given:
                self.pairs.append((name, value))
        elif tag == "select":
            self.select, self.options = name, []
        elif tag == "option" and self.select:
            self.options.append((value, "selected" in given))
        elif tag == "textarea":
            self.area, self.text = name, []

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.select:
            chosen = [value for value, on in self.options if on] or [self.options[0][0]]
            self.pairs += [(self.select, value) for value in chosen]
            self.select = ""
        elif tag == "textarea" and self.area:
            # A browser drops the first line break and sends the others as two characters.
            text = "".join(self.text).removeprefix("\n").replace("\n", "\r\n")
            self.pairs.append((self.area, text))
            self.area = ""
        elif tag == "form":
            self.inside = False


def form_of(client: Client, address: str) -> list[tuple[str, str]]:
    reader = FormReader()
    reader.feed(client.get(address).content.decode())
    assert reader.pairs, address
    return reader.pairs


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_form_sent_back_untouched_changes_nothing(
    seed: int, declared: ObjectType, company: Company
) -> None:
    number = make(declared.key, owner=company.qian, seed=seed)
    client = browser_of(company.qian)
    address = f"/{declared.path}/{number}/edit/"
    stored = declared.model._default_manager.filter(pk=number)
    before, lines = stored.values().get(), ChangeEntry.objects.count()
    pairs = form_of(client, address)
    answer = client.post(address, urlencode(pairs), content_type=FORM)
    assert answer.status_code == 303
    assert stored.values().get() == before
    assert ChangeEntry.objects.count() == lines


@pytest.mark.parametrize("seed", [1, 2])
def test_a_form_keeps_every_value_even_when_each_is_sent_as_typed_anew(
    seed: int, declared: ObjectType, company: Company
) -> None:
    """Without the memory of what stood there, every field is written again, and stays the same."""
    number = make(declared.key, owner=company.qian, seed=seed)
    client = browser_of(company.qian)
    address = f"/{declared.path}/{number}/edit/"
    stored = declared.model._default_manager.filter(pk=number)
    before = stored.values().get()
    pairs = [(name, value) for name, value in form_of(client, address) if name != "was"]
    answer = client.post(address, urlencode([*pairs, ("was", "{}")]), content_type=FORM)
    assert answer.status_code == 303, answer.content.decode()
    assert stored.values().get() == before


def test_a_new_record_is_made_by_its_form(declared: ObjectType, company: Company) -> None:
    client = browser_of(company.qian)
    pairs = form_of(client, f"/{declared.path}/new/")
    offered = {name for name, _value in pairs}
    values = dict(pairs) | {declared.title: "表单新建有限公司"}
    for name, field in declared.fields().items():
        if field.required and (field.target or field.kind.key == "any_reference"):
            assert name in offered
            target = field.target or "account"
            number = make(target, owner=company.qian, seed=77)
            values[name] = str(number) if field.target else f"{target}:{number}"
    answer = client.post(f"/{declared.path}/new/", values)
    assert answer.status_code == 303, answer.content.decode()
    record = get_record(SYSTEM, declared, int(answer.headers["Location"].split("/")[2]))
    assert str(declared.title_field().value(record)) == "表单新建有限公司"
