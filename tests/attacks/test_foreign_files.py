"""A3: an import or export file belongs to the person who made it; for others it does not exist."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.directory import deactivate
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.importing.export import Format, order_export, plan_export
from keqiao.importing.models import ExportFile, ImportRow, ImportRun
from keqiao.importing.tasks import enqueue_export
from keqiao.jobs.worker import run_worker
from keqiao.records.query import ListQuery
from tests.attacks.conftest import browser_of
from tests.attacks.database import changed, fingerprint
from tests.attacks.routes import Route, ui_routes
from tests.company import Company, make

LIST = "客户名称,电话\n绝密名单有限公司,13912345678\n第二家有限公司,错误的电话\n"
SECRET = "绝密名单"


@pytest.fixture
def run(company: Company) -> ImportRun:
    """An import of 李销售, checked and waiting for her decision."""
    client = browser_of(company.li)
    file = SimpleUploadedFile("名单.csv", LIST.encode())
    answer = client.post("/import/", {"object": "account", "file": file})
    assert answer.status_code == 303, answer.content.decode()
    run = ImportRun.objects.get()
    chosen = {"column-0": "name", "column-1": "phone", "mode": "create"}
    client.post(f"/import/{run.pk}/check/", chosen)
    run_worker(once=True)
    run.refresh_from_db()
    assert (run.rows_read, run.rejected) == (2, 1)
    assert SECRET in client.get(f"/import/{run.pk}/?show=created").content.decode()
    return run


def import_routes() -> list[Route]:
    return [route for route in ui_routes() if "run_id" in route.slots]


def answers(client: Client, run_id: int, row_id: int) -> list[tuple[str, int, str]]:
    found = []
    sent = {"column": "0", "value": "taken over", "column-0": "name", "mode": "create"}
    for route in import_routes():
        address = route.address({"run_id": run_id, "row_id": row_id})
        for method in (client.get, client.post):
            answer = method(address, sent)
            text = b"".join(answer).decode("utf-8", "replace")
            found.append((address, answer.status_code, text))
    return found


def test_a3_an_import_of_somebody_else_does_not_exist(run: ImportRun, company: Company) -> None:
    row = ImportRow.objects.filter(run=run).first()
    assert row is not None
    assert len(import_routes()) >= 8
    clients = [browser_of(one) for one in (company.zhou, company.wang, company.sun)]
    before = fingerprint()
    for client in clients:
        here, nowhere = answers(client, run.pk, row.pk), answers(client, 99_999, 99_999)
        for (address, status, text), (_other, missing, _text) in zip(here, nowhere, strict=True):
            assert (status, status) == (missing, status), address
            assert status in {404, 405}, address
            assert SECRET not in text
        assert SECRET not in client.get("/exports/").content.decode()
    assert changed(before, fingerprint()) == []


def test_a3_a_row_of_another_import_cannot_be_reached_through_ones_own(
    run: ImportRun, company: Company
) -> None:
    row = ImportRow.objects.filter(run=run).latest("number")
    client = browser_of(company.wang)
    client.post(
        "/import/",
        {"object": "account", "file": SimpleUploadedFile("b.csv", "客户名称\n甲公司\n".encode())},
    )
    mine = ImportRun.objects.exclude(pk=run.pk).get()
    client.post(f"/import/{mine.pk}/check/", {"column-0": "name", "mode": "create"})
    run_worker(once=True)
    before = list(ImportRow.objects.filter(run=run).values())
    for page in ("", "drop/"):
        sent = {"column": "0", "value": "taken over"}
        assert client.post(f"/import/{mine.pk}/rows/{row.pk}/{page}", sent).status_code == 404
    assert list(ImportRow.objects.filter(run=run).values()) == before


def test_a7_an_import_only_fills_columns_its_person_may_write(company: Company) -> None:
    """Whoever knows the name of a field can post it as a mapping; it is not taken."""
    from keqiao.access.rights import Right
    from keqiao.access.roles import ensure_standard_roles, set_field_right

    set_field_right(ensure_standard_roles()["sales"], "account", "note", Right.READ)
    client = browser_of(company.li)
    file = SimpleUploadedFile("b.csv", "客户名称,备注,主人\n新来的有限公司,x,周销售\n".encode())
    client.post("/import/", {"object": "account", "file": file})
    run = ImportRun.objects.get()
    sent = {"column-0": "name", "column-1": "note", "column-2": "created_by", "mode": "create"}
    client.post(f"/import/{run.pk}/check/", sent)
    run.refresh_from_db()
    assert run.mapping == {"0": "name"}


@pytest.mark.parametrize("key", ["account"])
def test_a3_an_export_file_is_its_owner_s_alone(key: str, company: Company) -> None:
    make(key, owner=company.li, name="绝密名单有限公司")
    access = Access.for_user(company.wang)
    query = ListQuery(object_type=object_type(key), columns=("name",))
    order = order_export(plan_export(access, query, Format.CSV))
    enqueue_export(order, "export")
    run_worker(once=True)
    owner = browser_of(company.wang)
    address = f"/exports/{order.pk}/"
    assert SECRET in b"".join(owner.get(address)).decode("utf-8")
    for user in (company.li, company.zhou, company.sun, company.qian):
        other = browser_of(user)
        assert other.get(address).status_code == 404
        assert order.file_name not in other.get("/exports/").content.decode()
    ExportFile.objects.filter(pk=order.pk).update(expires_at=now() - timedelta(seconds=1))
    assert owner.get(address).status_code == 404
    ExportFile.objects.filter(pk=order.pk).update(expires_at=now() + timedelta(hours=1))
    deactivate(company.wang)
    assert owner.get(address).status_code == 302


def test_a3_an_export_reaches_no_further_than_the_list(company: Company) -> None:
    theirs = make("account", owner=company.zhou, name="西南的绝密名单")
    ours = make("account", owner=company.li, seed=9, name="华东的客户")
    client = browser_of(company.wang)
    for address, sent in (
        ("/accounts/export/", {"all": "1", "state": ""}),
        ("/accounts/bulk/", {"action": "export", "ids": f"{theirs},{ours}"}),
        ("/accounts/export/", {"all": "1", "state": "where=name:contains:西南"}),
    ):
        answer = client.post(address, {**sent, "go": "1", "format": "csv", "columns": "name"})
        assert answer.status_code == 200, address
        text = b"".join(answer).decode("utf-8")
        assert ("华东的客户" in text) == ("西南" not in sent.get("state", ""))
        assert SECRET not in text


def test_a7_an_export_leaves_out_what_its_person_may_not_read(company: Company) -> None:
    from keqiao.access.rights import Right
    from keqiao.access.roles import ensure_standard_roles, set_field_right

    role = ensure_standard_roles()["manager"]
    set_field_right(role, "account", "phone", Right.MASKED)
    set_field_right(role, "account", "note", Right.HIDDEN)
    make("account", owner=company.li, phone="13912345678", note="内部备注", more_phones=[])
    sent = {
        "all": "1", "state": "sort=phone", "go": "1", "format": "csv",
        "columns": ["name", "phone", "note", "parent.phone", "owner.password", "owner"],
    }  # fmt: skip
    client = browser_of(company.wang)
    assert client.post("/accounts/export/", sent).status_code == 422
    answer = client.post("/accounts/export/", {**sent, "state": ""})
    text = b"".join(answer).decode("utf-8")
    assert "13912345678" not in text
    assert "139 1234 5678" not in text
    assert "内部备注" not in text
    assert "md5$" not in text


@pytest.mark.parametrize("label", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "\t=1", "＝1+1"])
def test_f3_the_name_of_a_field_is_no_formula_either(label: str, company: Company) -> None:
    from keqiao.catalog.custom_fields import add_custom_field

    field = add_custom_field(object_type("account"), {"label": label, "kind": "text"})
    values: dict[str, Any] = {field.key: "=2+2"}
    make("account", owner=company.li, **values)
    sent = {"all": "1", "go": "1", "format": "csv", "columns": ["name", field.key]}
    answer = browser_of(company.li).post("/accounts/export/", sent)
    lines = list(csv.reader(b"".join(answer).decode("utf-8-sig").splitlines()))
    for cell in (lines[0][1], lines[1][1]):
        assert cell.startswith("'"), cell
