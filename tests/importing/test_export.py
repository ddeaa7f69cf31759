"""An export holds the rows and masks its reader may see, is harmless to open and comes back equal."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from keqiao.access.access import Access
from keqiao.access.models import Role
from keqiao.access.rights import Action, Level, Right
from keqiao.access.roles import set_field_right, set_right
from keqiao.catalog.filter import parse_filter
from keqiao.catalog.registry import object_type
from keqiao.customers.account import Account
from keqiao.importing.csv_reader import GUARDED
from keqiao.importing.export import (
    ExportRefused,
    For,
    Format,
    all_columns,
    guarded,
    order_export,
    ordered_export,
    plan_export,
    write_export,
)
from keqiao.importing.models import ExportFile
from keqiao.importing.readers import detect, iter_rows
from keqiao.importing.store import export_path
from keqiao.importing.tasks import enqueue_export, remove_expired
from keqiao.jobs.worker import run_worker
from keqiao.records.models import ChangeEntry
from keqiao.records.query import ListQuery
from keqiao.records.removal import delete_records
from tests.company import SYSTEM, TEST, Company, make, make_all
from tests.importing.helpers import execute, upload_file

NASTY = (
    "=1+1", "=HYPERLINK(\"http://x\",\"y\")", "+SUM(A1)", "-2+3+cmd|' /C calc'!A0", "@SUM(1)",
    "＝1+1", "＋1", "－1+1", "＠x", "'=1+1", "''=x", "+1-1",
)  # fmt: skip
PLAIN = (
    "+8613800138000", "+86 138 0013 8000", "-5", "-1,234.50", "-12.5%", "'引号开头", "苏州=博远", "a@b.cn",
    "+8651262881234;ext=806",
)  # fmt: skip


def query(**changes: Any) -> ListQuery:
    return ListQuery(object_type=object_type("account"), **changes)


def written(path: Path) -> list[list[Any]]:
    if path.suffix == ".xlsx":
        return [list(row) for row in load_workbook(path).active.iter_rows(values_only=True)]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [list(row) for row in csv.reader(file)]


@pytest.mark.parametrize("text", NASTY)
def test_what_looks_like_a_formula_is_guarded_and_comes_back_equal(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert GUARDED.match(guarded(text))


@pytest.mark.parametrize("text", PLAIN)
def test_real_numbers_and_words_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text
    assert not GUARDED.match(text)


@pytest.mark.parametrize("kind", list(Format))
def test_formulas_in_records_reach_no_spreadsheet_as_formulas(
    company: Company, tmp_path: Path, kind: Format
) -> None:
    make_all("account", [{"name": f"客户{n}", "note": text} for n, text in enumerate(NASTY)])
    path = tmp_path / f"a.{kind}"
    export = plan_export(SYSTEM, query(columns=("name", "note", "phone")), kind)
    assert write_export(export, path) == len(NASTY)
    if kind is Format.XLSX:
        for row in load_workbook(path).active.iter_rows(min_row=2):
            assert all(cell.data_type != "f" for cell in row)
        notes = {str(row[1]) for row in written(path)[1:]}
        assert notes == set(NASTY)
    else:
        raw = path.read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf")
        for row in written(path)[1:]:
            assert row[1].startswith("'")
            assert row[2] == "" or row[2][0] not in "=@-"
        found = detect(path, path.name)
        back = {str(cells[1]) for _number, cells in iter_rows(path, found.settings)}
        assert back == set(NASTY)


@pytest.mark.parametrize("kind", list(Format))
def test_exported_list_comes_in_again_as_the_same_records(
    company: Company, tmp_path: Path, kind: Format
) -> None:
    access = Access.for_user(company.qian)
    declared = object_type("account")
    ids = make_all("account", [{} for _ in range(12)], owner=company.li, seed=40)
    fields = [f for f in declared.fields().values() if not f.read_only]
    before = [
        {f.name: f.value(account) for f in fields}
        for account in Account.objects.filter(pk__in=ids).order_by("pk")
    ]
    path = tmp_path / f"列表.{kind}"
    columns = tuple(field.name for field in fields)
    write_export(plan_export(access, query(columns=columns, sort="id"), kind), path)
    delete_records(SYSTEM, declared, ids, source=TEST)
    run = upload_file(access, path)
    assert sorted(run.mapping.values()) == sorted(columns)
    done = execute(run)
    assert (done.created, done.repaired) == (12, 0), done.counts()
    after = [
        {f.name: f.value(account) for f in fields}
        for account in Account.objects.filter(deleted_at=None).order_by("pk")
    ]
    assert after == before


def test_rows_columns_and_masks_are_those_of_the_reader(company: Company, tmp_path: Path) -> None:
    make("account", owner=company.li, seed=1, name="李的客户", note="机密一")
    make("account", owner=company.zhou, seed=2, name="周的客户")
    role = Role.objects.get(key="sales")
    set_field_right(role, "account", "phone", Right.MASKED)
    set_field_right(role, "account", "note", Right.HIDDEN)
    access = Access.for_user(company.li)
    columns = all_columns(access, object_type("account"))
    assert "note" not in columns
    phone = Account.objects.get(name="李的客户").phone
    for audience in For:
        if audience is For.PROGRAMS:
            set_right(role, "account", Action.REVEAL, Level.OWN)
            access = Access.for_user(company.li)
        path = tmp_path / f"{audience}.csv"
        export = plan_export(access, query(columns=(*columns, "note")), Format.CSV, audience)
        assert write_export(export, path) == 1
        text = path.read_text(encoding="utf-8-sig")
        assert "李的客户" in text
        assert "周的客户" not in text
        assert "机密一" not in text
        assert phone not in text
        assert phone[3:] not in text.replace("-", "").replace(" ", "")
        assert "****" in text


def test_filter_and_order_of_the_list_are_kept(company: Company, tmp_path: Path) -> None:
    make_all("account", [{"name": f"甲{n}", "level": "A"} for n in range(3)])
    make_all("account", [{"name": f"乙{n}", "level": "B"} for n in range(3)], seed=20)
    tree = parse_filter({"field": "level", "operator": "equals", "value": "A"})
    path = tmp_path / "a.xlsx"
    export = plan_export(SYSTEM, query(columns=("name",), filter=tree, sort="-created_at"))
    assert write_export(export, path) == 3
    assert {row[0] for row in written(path)[1:]} == {"甲0", "甲1", "甲2"}


def test_lists_longer_than_a_page_are_whole(company: Company, tmp_path: Path) -> None:
    make_all("account", [{"name": f"客户{n:04}"} for n in range(1_203)])
    seen = []
    path = tmp_path / "a.csv"
    export = plan_export(SYSTEM, query(columns=("name",)), Format.CSV)
    assert write_export(export, path, lambda done, total: seen.append(done), 1_203) == 1_203
    assert len({row[0] for row in written(path)[1:]}) == 1_203
    assert seen == [500, 1_000]


def test_every_export_is_one_line_of_the_change_log(company: Company, tmp_path: Path) -> None:
    make("account", owner=company.li)
    access = Access.for_user(company.li)
    write_export(plan_export(access, query(columns=("name", "phone"))), tmp_path / "a.xlsx")
    line = ChangeEntry.objects.get(action="export")
    assert (line.object_key, line.actor_id) == ("account", company.li.pk)
    assert line.after["rows"] == 1
    assert line.after["columns"] == ["name", "phone"]


def test_export_and_raw_export_need_their_rights(company: Company) -> None:
    with pytest.raises(ExportRefused):
        plan_export(Access.for_user(company.sun), query())
    with pytest.raises(ExportRefused):
        plan_export(Access.for_user(company.li), query(), audience=For.PROGRAMS)
    assert plan_export(Access.for_user(company.qian), query(), audience=For.PROGRAMS)


def test_large_export_runs_with_the_rights_of_the_moment(company: Company) -> None:
    make_all("account", [{"name": f"客户{n}"} for n in range(5)], owner=company.li)
    access = Access.for_user(company.li)
    first = order_export(plan_export(access, query(columns=("name", "note"))))
    enqueue_export(first, "导出")
    assert run_worker(once=True) >= 1
    first.refresh_from_db()
    assert (first.ready, first.rows) == (True, 5)
    assert len(written(export_path(first.stored_name))) == 6
    second = order_export(plan_export(access, query(columns=("name", "note"))))
    set_right(Role.objects.get(key="sales"), "account", Action.EXPORT, Level.NONE)
    with pytest.raises(ExportRefused):
        ordered_export(Access.for_user(company.li), second)
    enqueue_export(second, "导出")
    run_worker(once=True)
    second.refresh_from_db()
    assert not second.ready
    assert second.problem
    assert not export_path(second.stored_name).exists()


def test_expired_files_disappear(company: Company) -> None:
    order = order_export(plan_export(SYSTEM, query(columns=("name",))))
    export_path(order.stored_name).write_text("x")
    remove_expired.func()
    assert export_path(order.stored_name).exists()
    ExportFile.objects.update(expires_at=order.created_at)
    remove_expired.func()
    assert not export_path(order.stored_name).exists()
    assert not ExportFile.objects.exists()
