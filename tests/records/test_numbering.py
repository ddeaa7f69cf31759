"""Numbers are never given twice, whatever becomes of their rule."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client

from keqiao.catalog.models import NumberingRule
from keqiao.records.numbering import change_rule, take_numbers
from keqiao.ui.settings import data
from tests.company import Company
from tests.ui.test_pages import browser

LOOKS = {"prefix": "K", "digits": "4", "date_format": "YYYYMM", "restart": "month"}


@time_machine.travel("2026-11-22 10:00:00+08:00", tick=False)
def test_a_rule_changed_while_a_number_is_taken_repeats_none(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = take_numbers("account", "number", 3)
    rules = data._rules

    def read_then_somebody_saves() -> dict[tuple[str, str], NumberingRule]:
        found = rules()
        first.extend(take_numbers("account", "number", 1))
        return found

    monkeypatch.setattr(data, "_rules", read_then_somebody_saves)
    client: Client = browser(company.qian)
    given = {"rule": "account.number", "prefix": "A", "digits": "6", "restart": "never"}
    assert client.post("/settings/numbering/", {**given, "date_format": ""}).status_code == 303
    assert not set(take_numbers("account", "number", 5)) & set(first)


@time_machine.travel("2026-11-22 10:00:00+08:00", tick=False)
def test_another_way_to_start_again_goes_on_counting(db: None) -> None:
    change_rule("account", "number", **{**LOOKS, "digits": 4})
    given = take_numbers("account", "number", 2)
    change_rule("account", "number", **{**LOOKS, "digits": 4, "restart": "year"})
    assert not set(take_numbers("account", "number", 2)) & set(given)
    with time_machine.travel("2027-01-01 00:30:00+08:00", tick=False):
        assert take_numbers("account", "number", 1) == ["K2027010001"]
