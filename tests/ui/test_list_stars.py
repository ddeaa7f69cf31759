"""The star in the rows of a list: one's own, set and taken where one is, with or without JavaScript."""

from __future__ import annotations

import re

from keqiao.ui.models import Favourite
from tests.company import Company, make
from tests.ui.test_pages import PART, browser


def starred(page: str) -> dict[str, str]:
    found = re.findall(r'formaction="/accounts/(\d+)/star/"[^>]*aria-pressed="(\w+)"', page)
    return dict(found)


def test_a_row_shows_ones_own_star_and_sets_it(company: Company) -> None:
    one = make("account", owner=company.li, name="甲公司")
    two = make("account", owner=company.li, name="乙公司", seed=2)
    client = browser(company.li)
    page = client.get("/accounts/?sort=name").content.decode()
    assert starred(page) == {str(one): "false", str(two): "false"}
    assert '<form id="stars" method="post"' in page
    back = re.search(r'name="next" value="([^"]*)"', page.split('id="stars"')[1])
    assert back is not None and back[1] == "/accounts/?sort=name"
    sent = client.post(f"/accounts/{one}/star/", {"on": "1", "next": back[1]})
    assert sent.status_code == 303 and sent["Location"] == "/accounts/?sort=name"
    assert starred(client.get("/accounts/").content.decode())[str(one)] == "true"
    client.post(f"/accounts/{one}/star/", {"on": "0"}, headers=PART)
    assert not Favourite.objects.exists()


def test_a_star_is_nobody_elses(company: Company) -> None:
    number = make("account", owner=company.li)
    browser(company.li).post(f"/accounts/{number}/star/", {"on": "1"}, headers=PART)
    page = browser(company.wang).get("/accounts/").content.decode()
    assert starred(page) == {str(number): "false"}
    away = browser(company.zhou).post(f"/accounts/{number}/star/", {"on": "1"})
    assert away.status_code == 404
    out = browser(company.li).post(
        f"/accounts/{number}/star/", {"on": "0", "next": "https://elsewhere.example/"}
    )
    assert out["Location"] == f"/accounts/{number}/"
