"""The columns of a list: which, in what order, how wide; kept in its address and in views."""

from __future__ import annotations

import re

from keqiao.ui.models import SavedView
from tests.company import Company, make
from tests.ui.test_list_menus import hide
from tests.ui.test_pages import PART, browser
from tests.ui.test_saved_views import keep


def heads(page: str) -> list[str]:
    return re.findall(r'<th scope="col" data-f="([^"]*)"', page)


def chosen(part: str) -> list[str]:
    return re.findall(r'name="columns" value="([^"]*)" checked', part)


def test_order_and_widths_stand_in_the_address_and_in_every_link(company: Company) -> None:
    make("account", owner=company.li, level="A")
    client = browser(company.li)
    address = "/accounts/?columns=phone&columns=level&columns=owner&width.phone=90&width.name=300"
    page = client.get(address).content.decode()
    assert heads(page) == ["name", "phone", "level", "owner"]
    assert '<col><col width="300"><col width="90"><col><col></colgroup>' in page
    assert 'data-f="phone" class="w"' in page and 'data-f="name" class="tt w"' in page
    assert page.count('<td class="w"') == 1 and page.count('<td class="tt w"') == 1
    sorting = re.search(r'data-f="level"[^>]*><a href="([^"]*)"', page)
    assert sorting is not None
    for kept in ("columns=phone&amp;columns=level", "width.phone=90", "width.name=300"):
        assert kept in sorting[1]


def test_what_is_no_width_is_left_out(company: Company) -> None:
    make("account", owner=company.li)
    client = browser(company.li)
    for wrong in ("", "-5", "9" * 400, "1e3", "120px", "٣٠٠", "<b>"):
        page = client.get("/accounts/", {"width.phone": wrong})
        assert page.status_code == 200 and "<colgroup>" not in page.content.decode()
    narrow = client.get("/accounts/?width.phone=1&width.level=99999").content.decode()
    assert 'width="48"' in narrow and 'width="800"' in narrow
    unknown = client.get('/accounts/?width.nothing=90&width."><script>=90')
    assert unknown.status_code == 200 and '"><script>' not in unknown.content.decode()


def test_columns_are_put_in_order_without_javascript(company: Company) -> None:
    make("account", owner=company.li)
    client = browser(company.li)
    page = client.get("/accounts/columns/?columns=phone&columns=level&sort=name").content.decode()
    assert chosen(page)[:2] == ["phone", "level"] and 'hx-get="/accounts/columns/"' not in page
    order = re.findall(r'name="order" value="([^"]*)"', page)
    form = {"order": order, "columns": ["phone", "level"], "sort": "name", "width.level": "120"}
    moved = client.get("/accounts/columns/", {**form, "move": "up:level"}).content.decode()
    assert chosen(moved)[:2] == ["level", "phone"]
    assert re.search(r'name="width.level"[^>]*value="120"', moved)
    assert 'name="sort" value="name"' in moved
    order = re.findall(r'name="order" value="([^"]*)"', moved)
    done = client.get(
        "/accounts/columns/",
        {**form, "order": order, "columns": ["level", "phone"], "do": "apply"},
    )
    assert done.status_code == 303
    assert done["Location"] == "/accounts/?columns=level&columns=phone&width.level=120&sort=name"
    assert heads(client.get(done["Location"]).content.decode()) == ["name", "level", "phone"]


def test_the_chooser_stays_open_while_columns_are_moved(company: Company) -> None:
    client = browser(company.li)
    part = client.get("/accounts/columns/?columns=phone", headers=PART).content.decode()
    assert 'hx-get="/accounts/columns/"' in part and 'hx-target="closest .pop"' in part
    order = re.findall(r'name="order" value="([^"]*)"', part)
    unticked = client.get(
        "/accounts/columns/", {"order": order, "move": f"down:{order[1]}"}, headers=PART
    ).content.decode()
    assert chosen(unticked) == [], "what was unticked stays so while the order changes"
    assert re.findall(r'name="order" value="([^"]*)"', unticked)[1] == order[2]


def test_a_view_keeps_order_and_widths_and_leaves_out_what_is_hidden(company: Company) -> None:
    make("account", owner=company.li)
    client = browser(company.li)
    address = keep(client, "columns=phone&columns=level&width.level=120&width.phone=90")
    page = client.get(address).content.decode()
    assert heads(page) == ["name", "phone", "level"]
    assert '<col width="90"><col width="120">' in page
    narrower = client.get(f"{address}&changed=1&columns=phone&columns=level&width.level=60")
    assert f'href="{address}"' in narrower.content.decode(), "other widths are a change"
    hide(company.li, "phone")
    page = client.get(address).content.decode()
    assert heads(page) == ["name", "level"] and 'width="90"' not in page
    row = SavedView.objects.get()
    assert row.widths == {"level": 120, "phone": 90}


def test_a_field_of_a_linked_record_becomes_a_column(company: Company) -> None:
    account = make("account", owner=company.li, level="A")
    make("contact", owner=company.li, account=account)
    client = browser(company.li)
    menu = client.get("/contacts/columns/").content.decode()
    assert '<option value="account.level">' in menu
    # The empty choice goes along with the form and means nothing.
    plain = client.get("/contacts/?columns=phone&columns=").content.decode()
    assert heads(plain) == ["name", "phone"]
    form = {"do": "apply", "columns": ["phone", "account.level"], "order": ["phone"]}
    form["columns"].append("")
    chosen_list = client.get("/contacts/columns/", form, follow=True)
    assert chosen_list.redirect_chain[-1][0] == "/contacts/?columns=phone&columns=account.level"
    page = chosen_list.content.decode()
    assert heads(page) == ["name", "phone", "account.level"]
    again = client.get("/contacts/columns/?columns=phone&columns=account.level").content.decode()
    assert '<option value="account.level">' not in again
    assert chosen(again) == ["phone", "account.level"]


def test_a_hidden_field_of_a_linked_record_is_not_offered(company: Company) -> None:
    hide(company.li, "level")
    menu = browser(company.li).get("/contacts/columns/").content.decode()
    assert "account.level" not in menu and '<option value="account.region">' in menu
