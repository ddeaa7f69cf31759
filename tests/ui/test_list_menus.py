"""The menus of a list are fetched when opened, work without JavaScript, and respect the rights."""

from __future__ import annotations

import re

from django.test import Client

from keqiao.access.models import FieldRight, Role, User
from keqiao.catalog import state
from keqiao.catalog.registry import object_type
from tests.company import Company, make
from tests.ui.test_pages import PART, browser


def tab_in_force(client: Client, address: str) -> str:
    page = client.get(address).content.decode()
    found = re.search(r'class="tab" href="[^"]*" aria-current="page">([^<]*)', page)
    return found[1].strip() if found else ""


def hide(user: User, field: str) -> None:
    role = Role.objects.create(name="半盲", key="half-blind")
    for line in user.roles.get().rights.all():
        role.rights.create(object_key=line.object_key, action=line.action, level=line.level)
    FieldRight.objects.create(role=role, object_key="account", field=field, right="hidden")
    user.roles.set([role])
    state.bump(state.ACCESS)


def test_a_list_carries_its_menus_closed(company: Company) -> None:
    make("account", owner=company.li)
    page = browser(company.li).get("/accounts/?where=level:equals:A").content.decode()
    for menu in ("filter/", "filter/region/", "columns/"):
        address = f"/accounts/{menu}?where=level%3Aequals%3AA"
        assert page.count(f'hx-get="{address}"') == 1
        assert page.count(f'<a href="{address}"') == 1, "the way without JavaScript"
    assert 'name="filter_field"' not in page and 'name="columns"' not in page


def test_a_quick_filter_keeps_the_rest_of_the_list(company: Company) -> None:
    client = browser(company.li)
    state_text = "where=owner:is_me&where=level:any_of:A&columns=phone&sort=name&search=博远"
    part = client.get(f"/accounts/filter/level/?{state_text}", headers=PART).content.decode()
    assert part.lstrip().startswith('<div class="pop') and "<html" not in part
    added = re.search(r'href="([^"]*)"[^>]*>\s*B', part)
    assert added is not None
    for kept in (
        "owner%3Ais_me",
        "level%3Aany_of%3AA%2CB",
        "columns=phone",
        "sort=name",
        "search=",
    ):
        assert kept in added[1]
    assert part.count('aria-current="true"') == 1, "what is chosen is marked"


def test_a_level_chosen_by_its_tab_is_marked_in_the_menu_and_goes_with_a_click(
    company: Company,
) -> None:
    part = browser(company.li).get("/accounts/filter/level/?where=level:equals:A").content.decode()
    off = re.search(r'href="([^"]*)" aria-current="true"', part)
    assert off is not None and off[1] == "/accounts/"


def test_the_tab_is_current_however_the_filter_was_chosen(company: Company) -> None:
    client = browser(company.li)
    key_ones = tab_in_force(client, "/accounts/?where=level:equals:A")
    assert key_ones and key_ones != tab_in_force(client, "/accounts/")
    assert tab_in_force(client, "/accounts/?where=level:any_of:A") == key_ones
    assert tab_in_force(client, f"/accounts/?where=owner:equals:{company.li.pk}") == tab_in_force(
        client, "/accounts/?where=owner:is_me"
    )
    for other in (
        "where=level:any_of:A,B",
        "where=level:not_equals:A",
        "where=level:equals:A&where=owner:is_me",
        "where=level:equals:A&search=博远",
        f"where=owner:equals:{company.zhou.pk}",
    ):
        assert tab_in_force(client, f"/accounts/?{other}") == "", other


def test_filtering_works_without_javascript(company: Company) -> None:
    client = browser(company.li)
    first = client.get("/accounts/filter/?where=owner:is_me&sort=name").content.decode()
    assert 'action="/accounts/filter/"' in first and 'hx-get="/accounts/"' not in first
    second = client.get("/accounts/filter/?where=owner:is_me&sort=name&filter_field=level")
    assert 'name="filter_operator"' in second.content.decode()
    done = client.get(
        "/accounts/filter/?where=owner:is_me&sort=name"
        "&filter_field=level&filter_operator=equals&filter_value=A"
    )
    assert done.status_code == 303
    assert done["Location"] == "/accounts/?where=owner%3Ais_me&where=level%3Aequals%3AA&sort=name"


def test_menus_offer_no_field_this_person_may_not_read(company: Company) -> None:
    client = browser(company.li)
    assert client.get("/accounts/filter/level/").status_code == 200
    hide(company.li, "level")
    assert client.get("/accounts/filter/level/").status_code == 404
    assert client.get("/accounts/filter/phone/").status_code == 404, "no quick filter"
    for menu in ("filter/", "columns/"):
        page = client.get(f"/accounts/{menu}").content.decode()
        assert 'value="phone"' in page and 'value="level"' not in page
    assert "/accounts/filter/level/" not in client.get("/accounts/").content.decode()


def test_fields_stand_in_the_order_of_the_form(company: Company) -> None:
    client, layout = browser(company.qian), object_type("account").sections()
    in_form = [field.name for _label, fields in layout for field in fields]
    options = r'(?:option value|name="columns" value)="([^"]+)"'
    filters = re.findall(options, client.get("/accounts/filter/", headers=PART).content.decode())
    assert filters[:3] == in_form[:3] and filters.index("owner") > filters.index("name")
    columns = re.findall(options, client.get("/accounts/columns/", headers=PART).content.decode())
    shown = list(object_type("account").list.columns[1:])
    rest = [name for name in in_form if name not in {*shown, "name"}]
    assert columns[: len(shown)] == shown
    assert columns[len(shown) : len(shown) + len(rest)] == rest
    exported = client.get("/accounts/export/", headers=PART).content.decode()
    found = re.findall(options, exported)
    assert [name for name in found if name in rest] == rest
