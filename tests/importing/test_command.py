"""The command-line twin imports like the wizard, and its counts add up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keqiao.access.models import Role
from keqiao.access.rights import Action, Level
from keqiao.access.roles import set_right
from keqiao.customers.account import Account
from keqiao.customers.demo_sample import sample_file
from keqiao.customers.lead import Lead
from keqiao.importing.command import CommandProblem, run_import_command
from tests.company import Company

LIST = "公司,手机,等级\n甲方有限公司,13800138001,A\n乙方有限公司,13800138002,Z\n丙方有限公司,13800138001,B\n"
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "crm-sales" / "accounts.csv"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "名单.csv"
    path.write_text(LIST, encoding="gb18030")
    return path


def test_import_reports_what_it_did(company: Company, file: Path) -> None:
    dry = run_import_command(str(file), "account", dry_run=True)
    assert not Account.objects.exists()
    told = run_import_command(str(file), "account")
    for name in ("rows_read", "created", "updated", "duplicates", "rejected", "repaired"):
        assert told[name] == dry[name]
    assert (told["rows_read"], told["created"], told["duplicates"], told["rejected"]) == (
        3,
        1,
        1,
        1,
    )
    assert {problem["row"] for problem in told["problems"]} == {3, 4}
    assert Account.objects.get().owner_id is None
    json.dumps(told)


def test_mapping_mode_and_key_come_from_the_command(
    company: Company, file: Path, tmp_path: Path
) -> None:
    mapping = tmp_path / "m.json"
    mapping.write_text(json.dumps({"公司": "name", "B": "phone", "等级": None}))
    told = run_import_command(str(file), "account", mapping=str(mapping))
    assert (told["created"], told["duplicates"]) == (2, 1)
    again = run_import_command(
        str(file), "account", mapping=str(mapping), mode="both", key="name", username="qian"
    )
    assert (again["updated"], again["created"]) == (2, 0)
    assert again["rows_read"] == sum(
        again[n] for n in ("created", "updated", "duplicates", "rejected")
    )


def test_sheet_of_the_sample_list_with_dates_in_every_form(
    company: Company, tmp_path: Path
) -> None:
    path = tmp_path / "样表.xlsx"
    sample_file(path, rows=120)
    told = run_import_command(str(path), "lead", sheet="线索")
    assert told["rows_read"] == 12
    assert told["rejected"] == 2  # 2026/2/30, twice
    assert {p["field"] for p in told["problems"]} == {"next_contact_on"}
    assert Lead.objects.exclude(next_contact_on=None).count() == told["created"] == 10


def foreign_list(folder: Path) -> Path:
    """Return the public list where it is at hand, else one of the same make."""
    if REAL.is_file():
        return REAL
    head = "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
    rows = [
        f"Firm {n},retail,19{n + 10},{n * 11.5},{n},Japan,{'Firm 0' if n % 9 == 8 else ''}"
        for n in range(85)
    ]
    path = folder / "accounts.csv"
    path.write_text(head + "\n".join(rows))
    return path


def test_foreign_customer_list_comes_in_with_counts_that_add_up(
    company: Company, tmp_path: Path
) -> None:
    told = run_import_command(str(foreign_list(tmp_path)), "account")
    assert told["rows_read"] == 85
    assert told["rows_read"] == sum(
        told[n] for n in ("created", "updated", "duplicates", "rejected")
    )
    assert told["created"] >= 70
    assert {problem["field"] for problem in told["problems"]} <= {"industry", "parent"}
    assert Account.objects.exclude(parent=None).exists()


@pytest.mark.parametrize(
    "options",
    [
        {"object": "no_such"},
        {"mode": "sideways"},
        {"mapping": {"没有的列": "name"}},
        {"mapping": {"公司": "no_such_field"}},
        {"mode": "update"},
        {"sheet": "表一", "file": "missing.csv"},
        {"username": "nobody"},
        {"mapping": "missing.json"},
    ],
)
def test_wrong_use_is_told_in_a_sentence(
    company: Company, file: Path, options: dict[str, str]
) -> None:
    given = {"file": str(file), "object": "account", **options}
    with pytest.raises(CommandProblem) as problem:
        run_import_command(**given)  # type: ignore[arg-type]
    assert len(problem.value.message) > 10
    assert not Account.objects.exists()


def test_rights_of_the_named_user_hold(company: Company, file: Path) -> None:
    set_right(Role.objects.get(key="sales"), "account", Action.IMPORT, Level.NONE)
    with pytest.raises(CommandProblem):
        run_import_command(str(file), "account", username="li")
    told = run_import_command(str(file), "account", username="qian")
    assert Account.objects.get().owner_id == company.qian.pk
    assert told["created"] == 1
