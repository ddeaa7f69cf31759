"""The foot of a list: sums over all records in reach, masked where the reader may not read."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager

import pytest
from django.db import connection

from keqiao.access.models import FieldRight
from keqiao.access.rights import Right
from keqiao.access.roles import ensure_standard_roles, set_field_right
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.registry import object_type
from keqiao.customers.models import Lead
from keqiao.records.counting import TooSlow
from keqiao.records.query import ListQuery
from keqiao.records.sums import sums_of
from tests.company import SYSTEM, Company, make
from tests.ui.test_pages import PART, browser

COLUMNS = "columns=state&columns=expected_amount"


def figures(html: str) -> list[str]:
    return [one for one in re.findall(r'<td class="n"[^>]*>([^<]*)</td>', html) if one]


def three(company: Company) -> None:
    for seed, amount in enumerate(("1000", "2345.50", "10"), start=1):
        make("lead", owner=company.li, state="new", expected_amount=amount, seed=seed)
    make("lead", owner=company.li, state="new", expected_amount="", seed=8)
    make("lead", owner=company.zhou, state="new", expected_amount="9999", seed=9)


def test_the_foot_adds_up_all_that_fits_and_is_in_reach(company: Company) -> None:
    three(company)
    client = browser(company.li)
    assert (
        f'hx-get="/leads/totals/?{COLUMNS.replace("&", "&amp;")}"'
        in client.get(f"/leads/?{COLUMNS}").content.decode()
    )
    for measure, wanted in (
        ("sum", "3,355.50"), ("average", "1,118.50"), ("lowest", "10.00"), ("highest", "2,345.50"),
    ):  # fmt: skip
        address = f"/leads/totals/?{COLUMNS}&measure={measure}"
        [found] = figures(client.get(address, headers=PART).content.decode())
        assert found.lstrip("¥") == wanted
    few = client.get(
        f"/leads/totals/?{COLUMNS}&where=expected_amount:more_than:100", headers=PART
    ).content.decode()
    assert "3,345.50" in few
    plain = client.get(f"/leads/totals/?{COLUMNS}").content.decode()
    assert "<html" in plain and "3,355.50" in plain, "the way without JavaScript"


def test_whole_departments_are_added_up_once(company: Company) -> None:
    three(company)
    [found] = figures(
        browser(company.wang).get(f"/leads/totals/?{COLUMNS}", headers=PART).content.decode()
    )
    assert found.endswith("3,355.50"), "his own and his people's, each record once"


@pytest.mark.parametrize("right", [Right.MASKED, Right.HIDDEN])
def test_no_sum_of_what_one_may_not_read(company: Company, right: Right) -> None:
    three(company)
    set_field_right(ensure_standard_roles()["sales"], "lead", "expected_amount", right)
    client = browser(company.li)
    assert "/leads/totals/" not in client.get(f"/leads/?{COLUMNS}").content.decode()
    html = client.get(f"/leads/totals/?{COLUMNS}", headers=PART).content.decode()
    assert figures(html) == [] and "3,355" not in html
    assert FieldRight.objects.filter(field="expected_amount").exists()


def test_a_custom_number_is_added_up_too(company: Company) -> None:
    field = add_custom_field(object_type("lead"), {"label": "台数", "kind": "integer"})
    for seed, count in enumerate(("1200", "34"), start=1):
        make("lead", owner=company.li, seed=seed, **{field.key: count})
    address = f"/leads/totals/?columns={field.key}"
    client = browser(company.li)
    assert figures(client.get(address, headers=PART).content.decode()) == ["1,234"]
    average = client.get(f"{address}&measure=average", headers=PART).content.decode()
    assert figures(average) == ["617.0"]


def test_a_list_too_long_to_add_up_says_so_and_is_not_tried_over_and_over(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(company)
    tried = []

    def refuse(milliseconds: int) -> AbstractContextManager[None]:
        tried.append(milliseconds)
        raise TooSlow

    with monkeypatch.context() as patched:
        patched.setattr("keqiao.records.sums.time_limit", refuse)
        client = browser(company.li)
        for _again in range(2):
            html = client.get(f"/leads/totals/?{COLUMNS}", headers=PART).content.decode()
            assert figures(html) == [] and "long=1" in html
        assert len(tried) == 1
        asked = f"/leads/totals/?{COLUMNS}&long=1"
        still = client.get(asked, headers=PART).content.decode()
        assert "long=1" not in still and 'class="tt wide"' in still
        assert tried[1] > 10 * tried[0], "who asks for it is given much longer"
    fits = client.get(f"/leads/totals/?{COLUMNS}&where=state:equals:new", headers=PART)
    assert figures(fits.content.decode()), "another list is tried"


def test_numbers_too_large_to_add_up_are_said_not_an_error(company: Company) -> None:
    three(company)
    Lead.objects.filter(owner=company.li).update(expected_amount=2**62)
    answer = browser(company.li).get(f"/leads/totals/?{COLUMNS}", headers=PART)
    if connection.vendor == "sqlite":
        assert answer.status_code == 422 and figures(answer.content.decode()) == []
    else:
        assert answer.status_code == 200


def test_only_quantities_are_added_up(company: Company) -> None:
    lead = object_type("lead")
    for name in ("owner", "name", "created_at"):
        with pytest.raises(FilterProblem):
            sums_of(SYSTEM, ListQuery(object_type=lead), [lead.field(name)], patience_ms=100)


def test_a_broken_filter_is_said_in_the_foot(company: Company) -> None:
    answer = browser(company.li).get(f"/leads/totals/?{COLUMNS}&where=nothing:equals:1")
    assert answer.status_code == 422
