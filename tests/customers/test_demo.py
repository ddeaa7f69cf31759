"""Invented customers are the same for the same seed, valid where they claim to be, and varied."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from keqiao.base.identifiers import check_uscc
from keqiao.base.phone import parse_phone, phone_regions
from keqiao.base.regions import known
from keqiao.customers.demo import customers, departments, leads, people
from keqiao.customers.demo_sample import sample_file
from keqiao.importing.readers import ReadSettings, detect, iter_rows

UNTIL = datetime(2026, 11, 22)


def test_same_seed_gives_the_same_customers_and_another_seed_others() -> None:
    first, again = (list(customers(300, seed=4, until=UNTIL)) for _ in range(2))
    assert first == again
    assert list(customers(300, seed=5, until=UNTIL)) != first
    assert list(leads(50, seed=4, until=UNTIL)) == list(leads(50, seed=4, until=UNTIL))


def test_codes_phones_and_regions_are_real_forms_and_codes_unique() -> None:
    made = [account for account, _contacts in customers(4_000, seed=1, until=UNTIL)]
    codes = [a["values"]["uscc"] for a in made if a["values"].get("uscc")]
    assert len(codes) == len(set(codes)) > 2_000
    for code in codes[:500]:
        assert check_uscc(code) == code
    away = 0
    for account in made[:1_500]:
        values = account["values"]
        assert known(values["region"])
        if values["phone"]:
            phone = parse_phone(values["phone"])
            served = phone_regions(phone.stored)
            away += bool(served) and not any(
                values["region"][:2] == region[:2] for region in served
            )
    assert 0 < away < 60  # the wrong regions put in on purpose, and no more


def test_distributions_are_those_of_a_real_customer_base() -> None:
    made = list(customers(6_000, seed=2, until=UNTIL))
    accounts = [account for account, _contacts in made]
    regions = Counter(a["values"]["region"][:2] for a in accounts)
    assert regions["44"] > 3 * regions["62"]
    assert regions["32"] > 2 * regions["61"]
    levels = Counter(a["values"]["level"] for a in accounts)
    assert levels["C"] > levels["D"] > levels["B"] > levels["A"] > 100
    names = Counter(a["values"]["name"] for a in accounts)
    assert len(names) > 5_700
    missing = sum(not a["values"]["phone"] for a in accounts) / len(accounts)
    assert 0.02 < missing < 0.05
    contacts = sum(len(people_) for _account, people_ in made) / len(accounts)
    assert 0.6 < contacts < 2
    for account in accounts:
        assert UNTIL - timedelta(days=3 * 365 + 4) < account["created_at"] <= UNTIL + timedelta(1)


def test_staff_has_the_five_personas_in_known_departments() -> None:
    staff = people(12)
    assert [person.username for person in staff[:5]] == ["li", "wang", "zhao", "qian", "sun"]
    keys = {department["key"] for department in departments()}
    assert {person.department for person in staff} <= keys
    assert len(staff) == 17


def test_sample_file_is_untidy_and_its_counts_add_up(tmp_path: Path) -> None:
    path = tmp_path / "样表.xlsx"
    expected = sample_file(path, rows=200, seed=3)
    found = detect(path, path.name)
    assert found.settings.header_row == 4
    rows = list(iter_rows(path, found.settings))
    assert len(rows) == expected.rows_read == 200
    assert expected.duplicates > 3
    assert sum(expected.reasons.values()) == expected.rejected > 5
    numbers = [row[0] for row in rows]
    assert numbers != list(range(5, 205))  # empty rows in between
    phones = {type(row[1][2]) for row in rows}
    assert phones >= {int, str}
    dates = {type(row[1][11]).__name__ for row in rows if len(row[1]) > 11}
    assert {"date", "str"} <= dates
    leads_sheet = detect(path, path.name, asked=ReadSettings(".xlsx", sheet="线索", header_row=1))
    texts = [str(row[5]) for _, row in iter_rows(path, leads_sheet.settings)]
    assert any("民国" in text for text in texts)
    assert "2026/2/30" in texts
    other = tmp_path / "again.xlsx"
    assert sample_file(other, rows=200, seed=3) == expected
