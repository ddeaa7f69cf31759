"""The wizard from upload to undo, as a person goes through it, and who may see whose import."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape
from openpyxl import load_workbook

from keqiao.access.models import User
from keqiao.catalog.registry import object_type
from keqiao.customers.account import Account
from keqiao.importing.export import DIRECT_ROWS
from keqiao.importing.models import ExportFile, ImportRow, ImportRun, RunState
from keqiao.jobs.worker import run_worker
from keqiao.records.models import ChangeEntry
from tests.company import Company, make, make_all

LIST = """客户名称,手机,级别
苏州博远精密机械有限公司,138 0013 8000,A
上海远图科技有限公司,1390013,B
<img src=x onerror=alert(1)>,,特级
客户三号有限公司,,特级
"""


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def send(client: Client, text: str = LIST, name: str = "名单.csv", key: str = "account"):  # type: ignore[no-untyped-def]
    file = SimpleUploadedFile(name, text.encode())
    return client.post("/import/", {"object": key, "file": file})


def begun(client: Client, text: str = LIST) -> ImportRun:
    answer = send(client, text)
    assert answer.status_code == 303, answer.content.decode()[:500]
    return ImportRun.objects.latest("pk")


def checked(client: Client, text: str = LIST) -> ImportRun:
    run = begun(client, text)
    posted = {f"column-{index}": name for index, name in run.mapping.items()}
    answer = client.post(f"/import/{run.pk}/check/", {**posted, "mode": "create"})
    assert answer.status_code == 303
    run_worker(once=True)
    run.refresh_from_db()
    assert run.state == RunState.CHECKED, run.problem
    return run


def test_list_goes_from_upload_to_report_and_back_out(company: Company) -> None:
    client = client_of(company.li)
    assert client.get("/import/?object=account").status_code == 200
    run = begun(client)
    page = client.get(f"/import/{run.pk}/columns/").content.decode()
    assert "客户名称" in page
    assert "138 0013 8000" in page
    posted = {f"column-{index}": name for index, name in run.mapping.items()}
    client.post(f"/import/{run.pk}/check/", {**posted, "mode": "create"})
    page = client.get(f"/import/{run.pk}/").content.decode()
    assert f"/import/{run.pk}/progress/" in page
    run_worker(once=True)
    assert "hx-get" in client.get(f"/import/{run.pk}/progress/").content.decode()
    page = client.get(f"/import/{run.pk}/?show=rejected").content.decode()
    assert "1390013" in page
    assert "<img src=x" not in page
    assert escape("<img src=x onerror=alert(1)>") in page
    assert Account.objects.count() == 0
    client.post(f"/import/{run.pk}/run/")
    run_worker(once=True)
    run.refresh_from_db()
    assert (run.state, run.created, run.rejected) == (RunState.DONE, 1, 3)
    page = client.get(f"/import/{run.pk}/").content.decode()
    assert "errors.xlsx" in page
    errors = client.get(f"/import/{run.pk}/errors.xlsx")
    assert errors.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(errors.streaming_content).startswith(b"PK")
    assert client.get(f"/import/{run.pk}/undo/").status_code == 200
    assert Account.objects.filter(deleted_at=None).count() == 1
    client.post(f"/import/{run.pk}/undo/")
    run_worker(once=True)
    assert Account.objects.filter(deleted_at=None).count() == 0
    assert client.get(f"/import/{run.pk}/").status_code == 200


def test_problem_cells_are_corrected_in_the_table(company: Company) -> None:
    client = client_of(company.li)
    run = checked(client)
    row = ImportRow.objects.get(run=run, number=4)
    url = f"/import/{run.pk}/rows/{row.pk}/"
    column = run.columns[2]["index"]
    part = client.post(
        url, {"column": column, "value": "C", "everywhere": "1", "show": "rejected"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert part.status_code == 200
    run.refresh_from_db()
    assert (run.created, run.rejected) == (3, 1)
    last = ImportRow.objects.get(run=run, number=3)
    assert client.post(f"/import/{run.pk}/rows/{last.pk}/drop/").status_code == 303
    run.refresh_from_db()
    assert (run.rows_read, run.rejected) == (3, 0)
    assert client.post(url, {"column": "77", "value": "x"}).status_code == 404


def test_settings_can_be_chosen_otherwise(company: Company) -> None:
    client = client_of(company.li)
    run = begun(client, "名单,\n客户名称;级别\n甲方有限公司;A\n")
    answer = client.post(
        f"/import/{run.pk}/columns/", {"delimiter": ";", "encoding": "utf-8", "header_row": "2"}
    )
    assert answer.status_code == 200
    run.refresh_from_db()
    assert [column["name"] for column in run.columns] == ["客户名称", "级别"]
    assert sorted(run.mapping.values()) == ["level", "name"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", ""), ("a.exe", "x"), ("a.xlsx", "a,b\n1,2"), ("a.csv", "only,header\n")],
)
def test_unusable_upload_is_told_on_the_same_page(company: Company, name: str, text: str) -> None:
    answer = send(client_of(company.li), text, name)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_missing_choice_is_told_before_the_check(company: Company) -> None:
    client = client_of(company.li)
    run = begun(client)
    answer = client.post(f"/import/{run.pk}/check/", {"mode": "create", "column-1": "phone"})
    assert answer.status_code == 422
    answer = client.post(f"/import/{run.pk}/check/", {"mode": "update", "column-0": "name"})
    assert answer.status_code == 422
    run.refresh_from_db()
    assert run.state == RunState.UPLOADED


def test_imports_and_exports_of_others_do_not_exist(company: Company) -> None:
    run = checked(client_of(company.li))
    row = ImportRow.objects.filter(run=run).first()
    assert row is not None
    other = client_of(company.zhou)
    for address in ("", "columns/", "undo/", "progress/", "go/", "errors.xlsx"):
        assert other.get(f"/import/{run.pk}/{address}").status_code == 404
    for address in (
        "check/",
        "run/",
        f"rows/{row.pk}/",
        f"rows/{row.pk}/drop/",
        "columns/",
        "undo/",
    ):
        assert other.post(f"/import/{run.pk}/{address}").status_code == 404
    run.refresh_from_db()
    assert run.state == RunState.CHECKED
    assert f"/import/{run.pk}/" not in other.get("/import/").content.decode()
    assert client_of(company.qian).get(f"/import/{run.pk}/").status_code == 200
    anonymous = Client()
    assert anonymous.get(f"/import/{run.pk}/").status_code == 302
    assert anonymous.get("/exports/").status_code == 302


def test_person_without_the_right_finds_no_import(company: Company) -> None:
    client = client_of(company.sun)
    assert client.get("/import/").status_code == 403
    assert send(client).status_code == 403
    assert "/import/" not in client.get("/accounts/").content.decode()


def test_small_list_is_sent_at_once_with_what_the_person_sees(company: Company) -> None:
    make("account", owner=company.li, seed=1, name="李的客户有限公司")
    make("account", owner=company.zhou, seed=2, name="周的客户有限公司")
    client = client_of(company.li)
    answer = client.post(
        "/accounts/export/",
        {"go": "1", "format": "csv", "columns": ["name", "phone"], "state": "", "all": "1"},
    )
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "李的客户有限公司" in text
    assert "周的客户" not in text
    assert ChangeEntry.objects.filter(action="export", actor_id=company.li.pk).count() == 1


def test_large_list_is_written_in_the_background_for_its_owner_alone(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DIRECT_ROWS > 3
    monkeypatch.setattr("keqiao.importing.export_views.DIRECT_ROWS", 3)
    make_all("account", [{} for _ in range(5)], owner=company.li)
    client = client_of(company.li)
    answer = client.post(
        "/accounts/export/",
        {"go": "1", "format": "xlsx", "columns": ["name"], "state": "", "all": "1"},
    )
    assert answer.status_code == 303
    assert client.get("/exports/").status_code == 200
    run_worker(once=True)
    order = ExportFile.objects.get()
    assert f"/exports/{order.pk}/" in client.get("/exports/").content.decode()
    got = client.get(f"/exports/{order.pk}/")
    assert b"".join(got.streaming_content).startswith(b"PK")
    for user in (company.zhou, company.qian):
        assert client_of(user).get(f"/exports/{order.pk}/").status_code == 404
    ExportFile.objects.update(expires_at=order.created_at)
    assert client.get(f"/exports/{order.pk}/").status_code == 404


def test_export_without_the_right_is_refused(company: Company) -> None:
    answer = client_of(company.sun).post("/accounts/export/", {"go": "1", "all": "1"})
    assert answer.status_code == 403


def test_job_that_dies_does_not_leave_the_import_busy(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(company.li)
    run = checked(client)
    from keqiao.importing import store

    store.import_path(run.stored_name).unlink()
    client.post(f"/import/{run.pk}/run/")
    run_worker(once=True)
    page = client.get(f"/import/{run.pk}/").content.decode()
    run.refresh_from_db()
    assert run.state == RunState.STOPPED
    assert run.problem in page


def test_empty_list_has_headers_that_come_in_again(company: Company, tmp_path: Path) -> None:
    client = client_of(company.li)
    answer = client.get("/import/template/contacts.xlsx")
    path = tmp_path / "template.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))
    headers = [cell.value for cell in load_workbook(path).worksheets[0][1]]
    answer = send(client, ",".join(headers) + "\n" + ",".join(["1"] * len(headers)), key="contact")
    run = ImportRun.objects.latest("pk")
    fields = [f for f in object_type("contact").fields().values() if not f.read_only]
    assert len(run.mapping) == len(headers) > len(fields) - 3
    assert client_of(company.sun).get("/import/template/contacts.xlsx").status_code == 403


def test_large_correction_is_checked_in_the_background(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keqiao.importing.running.RECHECKED_AT_ONCE", 3)
    client = client_of(company.li)
    run = checked(client, "客户名称,级别\n" + "".join(f"客户{n}号,特级\n" for n in range(5)))
    row = ImportRow.objects.get(run=run, number=2)
    url = f"/import/{run.pk}/rows/{row.pk}/"
    client.post(url, {"column": "1", "value": "A", "everywhere": "1"})
    run.refresh_from_db()
    assert run.state == RunState.CHECKING
    run_worker(once=True)
    run.refresh_from_db()
    assert (run.state, run.created, run.rejected) == (RunState.CHECKED, 5, 0)


def test_pages_are_in_both_languages(company: Company, tmp_path: Path) -> None:
    User.objects.filter(pk=company.li.pk).update(language="en")
    client = client_of(User.objects.get(pk=company.li.pk))
    run = checked(client)
    for address in ("/import/", f"/import/{run.pk}/", f"/import/{run.pk}/columns/", "/exports/"):
        page = client.get(address).content.decode()
        assert 'lang="en"' in page
        assert str(object_type("account").key)
